import assert from 'node:assert/strict'
import { DONE, errorFrame, sseEncoder } from '../../../lib/dialects/chat-completions/sse-encoder.ts'
import { commentFrame } from '../../../lib/dialects/comment-frame.ts'
import { apiError } from '../../../lib/errors.ts'
import type { Chunk, ChunkDelta } from '../../../lib/types/chunk.ts'

const BASE = { id: 'i', object: 'chat.completion.chunk' as const, created: 1, model: 'm' }
const chunk = (content: string): Chunk => ({
  ...BASE,
  choices: [{ index: 0, delta: { content }, logprobs: null, finish_reason: null }],
})
const USAGE = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
const LAST: Chunk = { ...BASE, choices: [], usage: USAGE }

/** Reads a frame as a client does. */
function read(frame: string): Chunk {
  assert.match(frame, /^data: [^\r\n]*\n\n$/)
  return JSON.parse(frame.slice('data: '.length)) as Chunk
}

describe('the SSE encoder', () => {
  for (const usageKey of [true, false]) {
    describe(usageKey ? 'for a client that asked for usage' : 'for a client that did not ask for usage', () => {
      const { chunk: encode } = sseEncoder(chunk('first'), usageKey)

      it('puts a chunk into one frame, with all its fields', () => {
        const told = {
          ...chunk('a\r\nb\u2028"é🦢'),
          service_tier: 'flex',
          system_fingerprint: 'fp',
          x_vendor: [1, null],
        }
        assert.deepEqual(read(encode(told)), usageKey ? { ...told, usage: null } : told)
      })

      it('tells thoughts and text apart, in any order', () => {
        const at = (index: number, delta: ChunkDelta): Chunk => ({
          ...BASE,
          choices: [{ index, delta, logprobs: null, finish_reason: null }],
        })
        const thought = (reasoning_content: string) => ({ reasoning_content })
        const told = [
          ...[at(0, thought('Hm "a"')), at(0, thought('so')), at(0, { content: 'a' }), at(0, thought('then'))],
          ...[at(1, thought('Hm')), at(0, { ...thought('both'), content: 'b' }), at(0, { content: null })],
        ]
        assert.deepEqual(
          told.map((each) => read(encode(each)).choices),
          told.map(({ choices }) => choices),
        )
      })

      it('keeps what a choice has beside a piece of text', () => {
        const choice = { index: 1, delta: { content: 'a' }, logprobs: null, finish_reason: null }
        for (const more of [
          { x_vendor: 1 },
          { delta: { content: 'a', x_vendor: 1 } },
          { finish_reason: 'stop' as const },
        ]) {
          const told: Chunk = { ...BASE, choices: [{ ...choice, ...more }] }
          assert.deepEqual(read(encode(told)).choices, told.choices)
        }
      })

      it('has the index, the tier and the fingerprint of each chunk, also where they change', () => {
        const at = (index: number, more: Partial<Chunk> = {}): Chunk => {
          return {
            ...BASE,
            ...more,
            choices: [{ index, delta: { content: 'a' }, logprobs: null, finish_reason: null }],
          }
        }
        const flex = { service_tier: 'flex' }
        const told = [
          at(0),
          at(1),
          at(1, flex),
          at(1, { ...flex, system_fingerprint: 'fp' }),
          at(0, flex),
          at(0),
          at(0),
        ]
        for (const each of told) assert.deepEqual(read(encode(each)), usageKey ? { ...each, usage: null } : each)
      })

      it('looks at a chunk anew, though it be the same object', () => {
        const reused = chunk('a')
        for (const tier of ['flex', 'default']) {
          reused.service_tier = tier
          assert.equal(read(encode(reused)).service_tier, tier)
        }
      })

      it('tells any text as it is', () => {
        const texts = [
          '',
          ' ',
          '"',
          '\\',
          'a"b',
          '\u0000',
          '\u001f',
          '\u007f',
          '\u2028',
          'é',
          '漢',
          '🦢',
          '\ud83e',
          '\udda2',
          'a\ud83eb',
        ]
        for (const each of [...texts, ...texts.map((text) => text.padEnd(30, '.'))]) {
          assert.equal(read(encode(chunk(each))).choices[0]?.delta.content, each)
          // Half a character cannot be written but as an escape.
          assert.ok(encode(chunk(each)).isWellFormed())
        }
      })

      it('has usage beside a piece of text', () => {
        const told = { ...chunk('a'), usage: USAGE }
        assert.deepEqual(read(encode(told)), told)
      })

      it('has the usage in the frame of the usage', () => {
        assert.deepEqual(read(encode(LAST)), LAST)
      })

      it('has each key once', () => {
        for (const each of [chunk('a'), LAST]) {
          for (const key of ['id', 'object', 'created', 'model', 'choices', 'usage']) {
            const times = encode(each).split(`"${key}":`).length - 1
            assert.equal(times, key === 'usage' && !usageKey && each !== LAST ? 0 : 1, key)
          }
        }
      })

      it('leaves out what is undefined', () => {
        const told: Chunk = { ...chunk('a'), x_vendor: undefined }
        assert.equal('x_vendor' in read(encode(told)), false)
      })
    })
  }

  it('keeps the id, time and model of the first chunk', () => {
    const frame = read(sseEncoder(chunk('a'), false).chunk({ ...chunk('b'), id: 'other', created: 2, model: 'other' }))
    assert.deepEqual([frame.id, frame.created, frame.model], ['i', 1, 'm'])
  })

  it('escapes what stands in the envelope', () => {
    const odd = { ...chunk('a'), id: '"}\n\n', model: 'a\nb' }
    assert.deepEqual(read(sseEncoder(odd, true).chunk(odd)), { ...odd, usage: null })
  })

  it('ends a whole answer with [DONE]', () => {
    assert.equal(DONE, 'data: [DONE]\n\n')
  })

  it('ends a lost answer with an error in OpenAI’s envelope', () => {
    const error = { message: 'line\nbreak', type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' }
    assert.equal(errorFrame(apiError(429, 'line\nbreak', { retryAfter: 1 })), `data: ${JSON.stringify({ error })}\n\n`)
  })

  it('makes one comment of any text', () => {
    assert.equal(commentFrame('restart'), ': restart\n\n')
    assert.equal(commentFrame('a\r\n\r\ndata: [DONE]\n\nb\rc'), ': a data: [DONE] b c\n\n')
  })
})
