import assert from 'node:assert/strict'
import type { FinishReason } from '../../lib/types/chunk.ts'
import { callPart, candidate, decode, ENDPOINT, failure, finish, thought, words } from '../helpers/gemini-stream.ts'

describe('Gemini: a stream by its finish reason', () => {
  const reasons: [reason: unknown, finish: FinishReason][] = [
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['BLOCKLIST', 'content_filter'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['SPII', 'content_filter'],
    ['IMAGE_SAFETY', 'content_filter'],
    ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
    ['IMAGE_RECITATION', 'content_filter'],
    ['MODEL_ARMOR', 'content_filter'],
    ['ESCALATION', 'content_filter'],
    [1, 'stop'],
    [2, 'length'],
    [3, 'content_filter'],
    [4, 'content_filter'],
  ]
  for (const [reason, expected] of reasons) {
    it(`that ends with ${reason} after some text is '${expected}'`, () => {
      assert.deepEqual(decode([words('a', { finishReason: reason })]).told.at(-1), finish(expected))
    })
  }

  const broken = [
    ...['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'MALFORMED_RESPONSE'],
    ...['MISSING_THOUGHT_SIGNATURE', 'LANGUAGE', 'OTHER', 'NO_IMAGE', 'IMAGE_OTHER', 'PUP_LIMITED_DISABLED'],
    ...['FINISH_REASON_UNSPECIFIED', 'CONTINUATION', 'FAKE_ENUM', 'constructor', 0, 5, 99],
  ]
  for (const reason of broken) {
    it(`that ends with ${reason} has failed, whatever came before, and quotes no words of the model`, () => {
      const end = candidate(undefined, { finishReason: reason, finishMessage: 'print(' })
      const image = { inlineData: { mimeType: 'image/png', data: 'AAAA' } }
      for (const before of [[], [thought('Hm')], [words('a')], [candidate([callPart('a')])], [candidate([image])]]) {
        assert.throws(() => decode([...before, end]), failure('broken-end', 502))
        assert.throws(() => decode([...before, end]), /^(?!.*print)/)
      }
    })
  }

  it('goes by the ends that the config adds', () => {
    const own = { ...ENDPOINT, finishReasons: { FAKE_ENUM: 'stop' as const } }
    assert.deepEqual(decode([words('a', { finishReason: 'FAKE_ENUM' })], undefined, own).told.at(-1), finish('stop'))
  })
})
