import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import type { Provider } from '../../lib/types/provider.ts'
import { decode, eventsOf, type Recording, recordings, told, usageOf } from './openai-family.ts'

interface Frame {
  choices?: { index: number; delta?: Delta; finish_reason?: string | null }[]
  usage?: { prompt_tokens: number; completion_tokens: number } | null
  x_groq?: { usage?: Frame['usage'] }
}
interface Delta {
  content?: string | null | { text?: string; thinking?: { text: string }[] }[]
  reasoning?: string | null
  reasoning_content?: string | null
  refusal?: string | null
  tool_calls?: { function: { name?: string; arguments?: string | null } }[] | null
}

/** Runs the provider's decoder over all that was recorded of it, against a reading that knows these files only. */
export function describeRecordings(provider: Provider, folder: string): void {
  const streams = recordings(folder, '.sse')
  const failed = streams.filter(({ text }) => text.includes('event: error'))

  describe(`recorded streams of ${folder}`, () => {
    before(function () {
      if (streams.length === 0) this.skip()
    })

    it('are there', () => assert(streams.length > 0))

    for (const recording of streams.filter((each) => !failed.includes(each))) {
      it(`are told in full: ${recording.file}`, () => checkWhole(provider, recording))
      it(`are told as unfinished when they are cut: ${recording.file}`, () => {
        const wire = eventsOf(recording.text).slice(0, -1)
        assert(!decode(provider, wire).some((init) => init.end))
      })
    }
    for (const { file, text } of failed) {
      it(`fail with the error they carry: ${file}`, () => {
        assert.throws(
          () => decode(provider, eventsOf(text)),
          (error) => error instanceof UpstreamError && error.kind === 'in-band' && error.api.code === 'tool_use_failed',
        )
      })
    }
  })

  describe(`recorded error bodies of ${folder}`, () => {
    before(function () {
      if (streams.length === 0) this.skip()
    })
    for (const { file, status, text } of recordings(folder, '.error.json')) {
      it(`are read: ${file}`, () => {
        const error = provider.error(status, text)
        assert(error.status >= 400 && error.status <= 599)
        assert(error.message.length > 5 && !error.message.includes('{'), error.message)
        assert.match(error.type, /_error$|^insufficient_quota$/)
        assert.equal(error.retryable, error.code === 'tool_use_failed' || status === 429 || status >= 500)
      })
    }
  })
}

function checkWhole(provider: Provider, { text }: Recording): void {
  const wire = eventsOf(text)
  const inits = decode(provider, wire)
  const frames = wire.filter(({ data }) => data.trim() !== '[DONE]').map(({ data }) => JSON.parse(data) as Frame)
  assert.equal(inits.filter((init) => init.end).length, 1)
  assert.equal(inits.at(-1)?.end, true)
  assert.notEqual(inits.find((init) => init.id)?.id, undefined)
  assert(inits.every((init) => init.vendor === undefined))

  const indexes = new Set(frames.flatMap((frame) => frame.choices ?? []).map(({ index }) => index))
  for (const index of indexes) {
    const choices = frames.flatMap((frame) => frame.choices ?? []).filter((choice) => choice.index === index)
    const deltas = choices.map(({ delta = {} }) => delta)
    const actual = told(inits, index)
    assert.equal(actual.content, deltas.map(textIn).join(''))
    assert.equal(actual.reasoning, deltas.map(thoughtsIn).join(''))
    assert.equal(actual.refusal, deltas.map((delta) => delta.refusal ?? '').join(''))
    const pieces = deltas.flatMap((delta) => delta.tool_calls ?? [])
    assert.equal(
      actual.calls.map((call) => call.arguments).join(''),
      pieces.map((piece) => piece.function.arguments ?? '').join(''),
    )
    const names = new Set(pieces.flatMap((piece) => piece.function.name || []))
    assert.deepEqual(new Set(actual.calls.map((call) => call.name)), names)
    const reason = choices.findLast((choice) => choice.finish_reason)?.finish_reason
    assert.equal(actual.finish, reason === 'eos' ? 'stop' : (reason ?? undefined))
  }

  const usage = frames.findLast((frame) => frame.usage ?? frame.x_groq?.usage)
  assert.equal(usageOf(inits)?.prompt_tokens, (usage?.usage ?? usage?.x_groq?.usage)?.prompt_tokens)
  assert.equal(usageOf(inits)?.completion_tokens, (usage?.usage ?? usage?.x_groq?.usage)?.completion_tokens)
}

function textIn({ content }: Delta): string {
  return Array.isArray(content) ? content.map((part) => part.text ?? '').join('') : (content ?? '')
}

function thoughtsIn({ content, reasoning, reasoning_content }: Delta): string {
  const parts = Array.isArray(content) ? content.flatMap((part) => part.thinking ?? []) : []
  return parts.map((part) => part.text).join('') + (reasoning_content ?? reasoning ?? '')
}
