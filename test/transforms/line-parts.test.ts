import assert from 'node:assert/strict'
import fc from 'fast-check'
import { makeChunk } from '../../lib/chunk.ts'
import { lineParts } from '../../lib/transforms/line-parts.ts'
import type { TokenLogprob } from '../../lib/types/chunk.ts'
import type { ChunkInit } from '../../lib/types/provider.ts'

const KB = 1024
const ENVELOPE = { id: `chatcmpl-${'x'.repeat(40)}`, object: 'chat.completion.chunk' as const, created: 1, model: 'm' }

/** The longest line that the parts make, in bytes. */
const longest = (parts: readonly ChunkInit[]): number =>
  Math.max(
    ...parts.map(({ index = 0, reasoning, toolCalls: _, logprobs = null, ...delta }) => {
      const chunk = makeChunk(ENVELOPE, index, { ...delta, ...(reasoning && { reasoning_content: reasoning }) })
      chunk.choices[0].logprobs = logprobs
      return Buffer.byteLength(`data: ${JSON.stringify(chunk)}`)
    }),
  )
const joined = (texts: readonly unknown[]): string => texts.filter((text) => typeof text === 'string').join('')
const token = (text: string, alternatives = 0): TokenLogprob => {
  const own = { token: text, logprob: -0.123456789, bytes: [...Buffer.from(text)] }
  return { ...own, top_logprobs: Array.from({ length: alternatives }, () => own) }
}

describe('a piece of an answer, in parts that fit a line', () => {
  it('is itself, if it is short', () => {
    const init: ChunkInit = { content: 'a', reasoning: 'b', toolCalls: [{ key: 0, name: 'f' }], finish: 'stop' }
    assert.equal(lineParts(init)[0], init)
    assert.equal(lineParts(init).length, 1)
  })

  const LONG: Record<string, ChunkInit> = {
    'text that is escaped': { content: '\u0001'.repeat(100 * KB) },
    text: { content: 'é"😀'.repeat(50 * KB) },
    reasoning: { reasoning: '考'.repeat(200 * KB) },
    'a refusal': { refusal: 'n"o'.repeat(100 * KB) },
    sound: { audio: { id: 'a', data: 'AAAA'.repeat(100 * KB), expires_at: 9 } },
    'a transcript': { audio: { id: 'a', transcript: 'é'.repeat(100 * KB) } },
    'a transcript beside its sound': { audio: { transcript: 'ab'.repeat(100 * KB), data: 'AAAA'.repeat(50 * KB) } },
    'many tokens': { content: 'ab'.repeat(3000), logprobs: { content: Array(3000).fill(token('ab')), refusal: null } },
    'many tokens of a refusal': { refusal: 'n', logprobs: { content: null, refusal: Array(3000).fill(token('n')) } },
    'tokens with alternatives': { content: 'a', logprobs: { content: Array(500).fill(token('è', 20)), refusal: null } },
    'tokens beside a long text': {
      content: '\u0001'.repeat(20 * KB),
      logprobs: { content: Array(500).fill(token('è', 20)), refusal: null },
    },
  }
  for (const [name, init] of Object.entries(LONG)) {
    it(`loses nothing of ${name}, and makes no long line`, () => {
      const parts = lineParts({ index: 2, ...init })
      assert.ok(longest(parts) < 64 * KB, `${longest(parts)}`)
      for (const field of ['content', 'reasoning', 'refusal'] as const) {
        assert.equal(joined(parts.map((part) => part[field])), init[field] ?? '')
      }
      for (const field of ['data', 'transcript']) {
        assert.equal(joined(parts.map((part) => part.audio?.[field])), init.audio?.[field] ?? '')
      }
      for (const field of ['content', 'refusal'] as const) {
        assert.deepEqual(
          parts.flatMap((part) => part.logprobs?.[field] ?? []),
          init.logprobs?.[field] ?? [],
        )
      }
      assert.ok(parts.every(({ index }) => index === 2))
    })
  }

  it('has its envelope and its end once, first, and its calls last', () => {
    const toolCalls = [{ key: 0, name: 'f', arguments: '{}' }]
    const [first, ...rest] = lineParts({ id: 'x', content: 'x'.repeat(20_001), toolCalls, finish: 'tool_calls' })
    assert.deepEqual([first?.id, first?.finish, first?.toolCalls], ['x', 'tool_calls', undefined])
    assert.deepEqual(
      rest.map(({ id, finish, toolCalls }) => [id, finish, toolCalls]),
      [
        [undefined, undefined, undefined],
        [undefined, undefined, toolCalls],
      ],
    )
  })

  it('of sound can each be played on its own', () => {
    for (const { audio } of lineParts({ audio: { data: Buffer.alloc(50_000).toString('base64') } })) {
      assert.equal(String(audio?.data).length % 4, 0)
    }
  })

  it('keeps empty log probabilities, which say that there are none', () => {
    const logprobs = { content: [], refusal: null }
    assert.deepEqual(lineParts({ content: 'a', logprobs }), [{ content: 'a', logprobs }])
  })

  it('takes tokens without bytes', () => {
    const bare = { token: 'a', logprob: -1, bytes: null }
    const content = Array(2000).fill({ ...bare, top_logprobs: [bare] })
    const parts = lineParts({ content: 'a', logprobs: { content, refusal: null } })
    assert.ok(longest(parts) < 64 * KB)
    assert.equal(parts.flatMap(({ logprobs }) => logprobs?.content ?? []).length, content.length)
  })

  it('whatever is told together', () => {
    // Any character: fast-check's own unit for that makes a table of all of them.
    const unit = fc.integer({ min: 0, max: 0x10_f7ff }).map((n) => String.fromCodePoint(n < 0xd800 ? n : n + 0x800))
    const text = fc.string({ unit, maxLength: 30 }).map((some) => some.repeat(1000))
    const told = fc.record({ content: text, reasoning: text, refusal: text }, { requiredKeys: [] })
    fc.assert(
      fc.property(told, (init) => {
        const parts = lineParts(init)
        for (const field of ['content', 'reasoning', 'refusal'] as const) {
          assert.equal(joined(parts.map((part) => part[field])), init[field] ?? '')
        }
      }),
      { numRuns: 50 },
    )
  })
})
