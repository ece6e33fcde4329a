import assert from 'node:assert/strict'
import { messages } from '../../../lib/dialects/messages.ts'
import { apiError } from '../../../lib/errors.ts'

describe("an error in Anthropic's envelope", () => {
  const table: [status: number, expected: number, type: string][] = [
    [400, 400, 'invalid_request_error'],
    [401, 401, 'authentication_error'],
    [402, 402, 'billing_error'],
    [403, 403, 'permission_error'],
    [404, 404, 'not_found_error'],
    [409, 409, 'conflict_error'],
    [413, 413, 'request_too_large'],
    [422, 422, 'invalid_request_error'],
    [429, 429, 'rate_limit_error'],
    [500, 500, 'api_error'],
    [502, 502, 'api_error'],
    [503, 529, 'overloaded_error'],
    [529, 529, 'overloaded_error'],
    [408, 504, 'timeout_error'],
    [504, 504, 'timeout_error'],
  ]
  for (const [status, expected, type] of table) {
    it(`of a ${status} is ${expected} ${type}`, () => {
      assert.deepEqual(messages.failure(apiError(status, 'no'), 'r1'), {
        status: expected,
        body: { type: 'error', error: { type, message: 'no' }, request_id: 'r1' },
      })
    })
  }
})
