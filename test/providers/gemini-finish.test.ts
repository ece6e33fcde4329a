import assert from 'node:assert/strict'
import type { FinishReason } from '../../lib/types/chunk.ts'
import { callPart, candidate, decode, failure, finish, thought, words } from '../helpers/gemini-stream.ts'

describe('Gemini: a stream by its finish reason', () => {
  const reasons: [reason: unknown, finish: FinishReason][] = [
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['CONTINUATION', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['BLOCKLIST', 'content_filter'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['SPII', 'content_filter'],
    ['IMAGE_SAFETY', 'content_filter'],
    ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
    ['IMAGE_RECITATION', 'content_filter'],
    ['LANGUAGE', 'stop'],
    ['OTHER', 'stop'],
    ['NO_IMAGE', 'stop'],
    ['IMAGE_OTHER', 'stop'],
    ['FINISH_REASON_UNSPECIFIED', 'stop'],
    ['MALFORMED_FUNCTION_CALL', 'stop'],
    ['UNEXPECTED_TOOL_CALL', 'stop'],
    ['TOO_MANY_TOOL_CALLS', 'stop'],
    ['MALFORMED_RESPONSE', 'stop'],
    ['FAKE_ENUM', 'stop'],
    ['constructor', 'stop'],
    [1, 'stop'],
    [2, 'length'],
    [3, 'content_filter'],
    [4, 'content_filter'],
    [99, 'stop'],
  ]
  for (const [reason, expected] of reasons) {
    it(`that ends with ${reason} after some text is '${expected}'`, () => {
      assert.deepEqual(decode([words('a', { finishReason: reason })]).told.at(-1), finish(expected))
    })
  }

  for (const reason of [
    'MALFORMED_FUNCTION_CALL',
    'UNEXPECTED_TOOL_CALL',
    'TOO_MANY_TOOL_CALLS',
    'MALFORMED_RESPONSE',
  ]) {
    it(`that ends with ${reason} before any answer has failed`, () => {
      const end = candidate(undefined, { finishReason: reason, finishMessage: 'print(' })
      assert.throws(() => decode([thought('Hm'), end]), failure('in-band', 502))
      assert.throws(() => decode([end]), /print\(/)
      for (const part of [callPart('a'), { inlineData: { mimeType: 'image/png', data: 'AAAA' } }]) {
        assert.equal(decode([candidate([part]), end]).whole, true)
      }
    })
  }
})
