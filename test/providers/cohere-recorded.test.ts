import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { UpstreamError } from '../../lib/errors.ts'
import { cohere } from '../../lib/providers/cohere.ts'
import { readSseEvent } from '../../lib/transforms/framing/grammar/sse-event.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { ChunkInit, Endpoint, ToolCallDelta, WireEvent } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const folder = new URL('../../../shared/corpus/cohere/', import.meta.url)
const files = existsSync(folder) ? readdirSync(folder) : []
const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8')

const request: ChatRequest = { model: 'command-a-03-2025', messages: [{ role: 'user', content: 'Hi' }] }

function eventsOf(file: string): WireEvent[] {
  const text = read(file).replaceAll('\r\n', '\n')
  if (file.endsWith('.sse')) return text.split('\n\n').flatMap((lines) => readSseEvent(lines) ?? [])
  const lines = text.split('\n')
  return lines.filter((line) => line.trim() !== '').map((data) => ({ event: undefined, data }))
}

function decode(file: string): ChunkInit[] {
  const api_version = file.endsWith('.sse') ? 'v2' : 'v1'
  const endpoint: Endpoint = {
    apiKey: 'key',
    customHost: undefined,
    fields: { api_version },
    strict: true,
    fetchMedia: noMedia,
  }
  const decoder = cohere.decoder(request, endpoint)
  return eventsOf(file).flatMap((event) => [...decoder.decode(event)])
}

/** The JSON of each event, without the types that the decoder knows. */
function raw(file: string): { [field: string]: never }[] {
  return eventsOf(file)
    .filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => JSON.parse(data))
}

function joinCalls(
  inits: readonly ChunkInit[],
): Map<string | number, Required<Pick<ToolCallDelta, 'name' | 'arguments'>>> {
  const calls = new Map<string | number, { name: string; arguments: string }>()
  for (const piece of inits.flatMap((init) => init.toolCalls ?? [])) {
    const call = calls.get(piece.key) ?? { name: '', arguments: '' }
    calls.set(piece.key, { name: call.name + (piece.name ?? ''), arguments: call.arguments + (piece.arguments ?? '') })
  }
  return calls
}

const streams = files.filter((file) => /\.(sse|jsonl)$/.test(file))

describe('recorded streams of Cohere', () => {
  before(function () {
    if (streams.length === 0) this.skip()
  })

  it('are there', () => assert(streams.length > 0))

  for (const file of streams.filter((file) => !read(file).includes('"finish_reason":"ERROR"'))) {
    it(`are told to the end: ${file}`, () => {
      const inits = decode(file)
      const ends = inits.filter((init) => init.end)
      assert.equal(ends.length, 1)
      assert.equal(inits.at(-1), ends[0])
      assert.notEqual(ends[0]?.finish, undefined)
      assert((ends[0]?.usage?.completion_tokens ?? 0) > 0)
      assert.notEqual(inits.find((init) => init.id)?.id, undefined)
      const calls = joinCalls(inits)
      for (const call of calls.values()) {
        assert.notEqual(call.name, '')
        assert.doesNotThrow(() => JSON.parse(call.arguments || '{}'))
      }
      assert(calls.size > 0 || inits.some((init) => init.content))
    })
  }

  for (const file of streams.filter((file) => file.endsWith('.jsonl'))) {
    it(`say what the last event of v1 repeats: ${file}`, () => {
      const inits = decode(file)
      const { response } = raw(file).at(-1) ?? {}
      const { text, tool_calls = [] } = response as unknown as {
        text: string
        tool_calls?: { name: string; parameters: unknown }[]
      }
      const told = inits.map((init) => init.content || init.reasoning || '').join('')
      assert.equal(told, text)
      assert.deepEqual(
        [...joinCalls(inits).values()].map((call) => ({ name: call.name, parameters: JSON.parse(call.arguments) })),
        tool_calls,
      )
    })
  }

  for (const file of streams.filter((file) => read(file).includes('"finish_reason":"ERROR"'))) {
    it(`are told as the error they end with: ${file}`, () => {
      assert.throws(
        () => decode(file),
        (error) => error instanceof UpstreamError && error.kind === 'in-band',
      )
    })
  }

  for (const file of files.filter((file) => file.endsWith('.error.json'))) {
    it(`have error bodies that can be read: ${file}`, () => {
      const body = read(file)
      const error = cohere.error(400, body)
      assert.equal(error.message, (JSON.parse(body) as { message: string }).message)
      assert.equal(error.code, body.includes('TOO_MANY_TOKENS') ? 'context_length_exceeded' : null)
    })
  }
})
