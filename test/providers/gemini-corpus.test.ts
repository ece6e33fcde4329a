import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { UpstreamError } from '../../lib/errors.ts'
import { google } from '../../lib/providers/gemini.ts'
import { jsonArrayGrammar } from '../../lib/transforms/framing/grammar/json-array.ts'
import { readSseEvent } from '../../lib/transforms/framing/grammar/sse-event.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { ChunkInit, Endpoint } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const CORPUS = new URL('../../../shared/corpus/', import.meta.url)
const ENDPOINT: Endpoint = { apiKey: undefined, customHost: undefined, fields: {}, strict: true, fetchMedia: noMedia }

interface Recording {
  file: string
  status: number
}

interface Frame {
  candidates?: {
    content?: { parts?: { text?: string; thought?: boolean; functionCall?: { name?: string } }[] }
    finishReason?: string | number
  }[]
  promptFeedback?: { blockReason?: string }
  usageMetadata?: { totalTokenCount?: number }
}

const read = (file: string) => readFileSync(new URL(file, CORPUS))

function events(file: string): string[] {
  const bytes = read(file)
  if (!file.endsWith('.sse')) {
    const grammar = jsonArrayGrammar(bytes.length)
    const elements: string[] = []
    grammar.cut(bytes, (element) => elements.push(element))
    grammar.end()
    return elements
  }
  return `${bytes}`
    .replaceAll('\r\n', '\n')
    .split('\n\n')
    .flatMap((lines) => readSseEvent(lines)?.data ?? [])
}

function decode(file: string): ChunkInit[] {
  const decoder = google.decoder({ model: 'gemini', messages: [] } satisfies ChatRequest, ENDPOINT)
  return events(file).flatMap((data) => [...decoder.decode({ event: undefined, data })])
}

const FINISH: Record<string, string> = {
  1: 'stop',
  STOP: 'stop',
  MAX_TOKENS: 'length',
}

describe('Gemini: recorded streams', () => {
  if (!existsSync(CORPUS)) {
    it('are not here', function () {
      this.skip()
    })
    return
  }

  const index = JSON.parse(read('index.json').toString()) as Recording[]
  const statuses = new Map(index.map((each) => [each.file, each.status]))
  const files = readdirSync(new URL('gemini/', CORPUS)).map((name) => `gemini/${name}`)
  const streams = files.filter((file) => /\.(?:sse|json)$/.test(file) && !/\.(?:request|error)\.json$/.test(file))

  it('are all here', () => assert.ok(streams.length > 40))

  for (const file of streams) {
    if (/error-mid-stream|finish_reason_other|unknown-finish-enum/.test(file)) {
      it(`${file} fails where its error or its broken end stands`, () => {
        assert.throws(() => decode(file), UpstreamError)
      })
      continue
    }
    it(`${file} tells all of its text, calls, usage and its end`, () => {
      const frames = events(file).map((data) => JSON.parse(data) as Frame)
      const parts = frames.flatMap((frame) => frame.candidates?.[0]?.content?.parts ?? [])
      const inits = decode(file)
      const joined = (key: 'content' | 'reasoning') => inits.map((init) => init[key] ?? '').join('')
      const text = (thought: boolean) =>
        parts
          .filter((part) => (part.thought ?? false) === thought)
          .map((part) => part.text ?? '')
          .join('')
      assert.equal(joined('content').replace(/!\[image\]\([^)]*\)/g, ''), text(false))
      assert.equal(joined('reasoning'), text(true))

      const calls = inits.flatMap((init) => init.toolCalls ?? [])
      const names = parts.flatMap((part) => part.functionCall?.name ?? [])
      assert.deepEqual(
        calls.map((call) => call.name),
        names,
      )
      for (const call of calls) assert.equal(typeof JSON.parse(call.arguments ?? ''), 'object')

      const usage = frames.findLast((frame) => frame.usageMetadata?.totalTokenCount !== undefined)?.usageMetadata
      const told = inits.findLast((init) => init.usage !== undefined)?.usage
      assert.equal(told?.total_tokens, usage?.totalTokenCount)
      if (told) assert.equal(told.total_tokens, told.prompt_tokens + told.completion_tokens)

      const reason = frames.findLast((frame) => frame.candidates?.[0]?.finishReason)?.candidates?.[0]?.finishReason
      const blocked = frames.some((frame) => frame.promptFeedback?.blockReason)
      const finish = blocked
        ? 'content_filter'
        : reason === undefined
          ? undefined
          : (FINISH[reason] ?? 'content_filter')
      const finishes = inits.flatMap((init) => init.finish ?? [])
      assert.equal(finishes.at(-1), finish === 'stop' && calls.length > 0 ? 'tool_calls' : finish)
    })
  }

  for (const file of files.filter((each) => each.endsWith('.error.json'))) {
    it(`${file} keeps its status and message`, () => {
      const body = read(file).toString()
      const status = statuses.get(file) ?? 0
      const error = google.error(status, body)
      assert.deepEqual([error.status, error.message], [status, JSON.parse(body).error.message])
    })
  }
})
