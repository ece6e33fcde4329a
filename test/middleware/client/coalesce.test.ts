import assert from 'node:assert/strict'
import { coalescer } from '../../../lib/middleware/client/coalesce.ts'
import type { Chunk, ChunkChoice, ChunkDelta } from '../../../lib/types/chunk.ts'

const LONG = 2_147_483_647

const chunkOf = (delta: ChunkDelta, choice: Partial<ChunkChoice> = {}, more: Partial<Chunk> = {}): Chunk => ({
  ...{ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' },
  choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...choice }],
  ...more,
})
const say = (content: string) => chunkOf({ content })
const think = (reasoning_content: string) => chunkOf({ reasoning_content })

/** What of these goes out, and in which pieces, until the flush that stands for the answer's end. */
function pieces(chunks: Chunk[], chars = LONG): Chunk[] {
  const out: Chunk[] = []
  const joining = coalescer({ ms: LONG, chars }, (chunk) => out.push(chunk))
  for (const chunk of chunks) joining.add(chunk)
  joining.flush()
  joining.stop()
  return out
}

const texts = (chunks: Chunk[]) => chunks.map(({ choices }) => choices.map(({ delta }) => delta.content ?? delta).at(0))

describe('coalescer', () => {
  it('lets the first piece through and joins the next ones', () => {
    assert.deepEqual(pieces(['a', 'b', 'c', 'd'].map(say)), [say('a'), say('bcd')])
  })

  it('joins no more than so many characters', () => {
    assert.deepEqual(texts(pieces(['a', 'bc', 'd', 'efgh', 'i'].map(say), 3)), ['a', 'bcd', 'efgh', 'i'])
  })

  it('joins reasoning, and keeps it apart from the answer, in its order', () => {
    const chunks = [think('a'), think('b'), think('c'), say('d'), say('e'), think('f'), say('g')]
    const expected = [think('a'), think('bc'), say('de'), think('f'), say('g')]
    assert.deepEqual(pieces(chunks), expected)
  })

  const call = { index: 0, id: 'x', type: 'function' as const, function: { name: 'f', arguments: '{}' } }
  const logprobs = { content: [], refusal: null }
  const others: [what: string, chunk: Chunk][] = [
    ['a tool call', chunkOf({ tool_calls: [call] })],
    ['a piece of a call of the old form', chunkOf({ function_call: { arguments: '{' } })],
    ['a finish reason', chunkOf({}, { finish_reason: 'stop' })],
    ['text with a finish reason', chunkOf({ content: 'x' }, { finish_reason: 'stop' })],
    ['text with log probabilities', chunkOf({ content: 'x' }, { logprobs })],
    ['text with a role', chunkOf({ role: 'assistant', content: 'x' })],
    ['a refusal', chunkOf({ refusal: 'x' })],
    ['both kinds of text at once', chunkOf({ reasoning_content: 'x', content: 'x' })],
    ['an empty text', chunkOf({ content: '' })],
    ['no text', chunkOf({ content: null })],
    ['an annotation', chunkOf({ annotations: [] })],
    ['usage', chunkOf({ content: 'x' }, {}, { usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } })],
    ['usage alone', { ...say(''), choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }],
    ["a provider's own field", chunkOf({ content: 'x' }, {}, { vendor: 1 })],
    ["a provider's own field of the choice", chunkOf({ content: 'x' }, { vendor: 1 })],
    ['two choices', { ...say('x'), choices: [...say('x').choices, ...say('y').choices] }],
  ]
  for (const [what, other] of others) {
    it(`passes ${what} on as it is, behind what was held`, () => {
      const out = pieces([say('a'), say('b'), say('c'), other, say('d'), say('e')])
      assert.deepEqual(out, [say('a'), say('bc'), other, say('de')])
    })
  }

  const ends: [what: string, chunk: Chunk][] = [
    ['another choice', chunkOf({ content: 'x' }, { index: 1 })],
    ['another tier', chunkOf({ content: 'x' }, {}, { service_tier: 'flex' })],
    ['another fingerprint', chunkOf({ content: 'x' }, {}, { system_fingerprint: 'fp' })],
  ]
  for (const [what, other] of ends) {
    it(`joins no text of ${what}`, () => {
      assert.deepEqual(pieces([say('a'), say('b'), other, say('c')]), [say('a'), say('b'), other, say('c')])
    })
  }

  it('lets the next piece through at once behind a flush', () => {
    const out: Chunk[] = []
    const joining = coalescer({ ms: LONG, chars: LONG }, (chunk) => out.push(chunk))
    for (const text of ['a', 'b']) joining.add(say(text))
    joining.flush()
    joining.add(say('c'))
    assert.deepEqual(texts(out), ['a', 'b', 'c'])
    joining.stop()
  })

  it('emits nothing once it was stopped', () => {
    const out: Chunk[] = []
    const joining = coalescer({ ms: LONG, chars: LONG }, (chunk) => out.push(chunk))
    for (const text of ['a', 'b']) joining.add(say(text))
    joining.stop()
    joining.flush()
    assert.deepEqual(texts(out), ['a'])
  })
})
