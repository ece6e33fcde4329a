import assert from 'node:assert/strict'
import { openai } from '../../lib/providers/openai.ts'
import type { ApiError } from '../../lib/types/provider.ts'
import { chunk, decode, events, failure, hasFields, told } from '../helpers/openai-family.ts'

describe('openai: errors in a stream', () => {
  const cases: [string, string | undefined, unknown, number, Partial<ApiError>][] = [
    ['a bare text', undefined, { error: 'it broke' }, 500, { message: 'it broke', retryable: true }],
    [
      'an error event of any shape',
      'error',
      { message: 'gone', type: 'overloaded_error' },
      503,
      { message: 'gone', code: 'overloaded' },
    ],
    ['an error event that is text', 'error', 'gone', 500, { message: 'gone' }],
    [
      'a flat error object',
      undefined,
      { object: 'error', message: 'slow', type: 'rate_limited', code: '1300' },
      429,
      { type: 'rate_limit_error', code: 'rate_limit_exceeded', retryable: true },
    ],
    [
      'an error beside choices',
      undefined,
      { error: { message: 'x', code: 502 }, choices: [{ index: 0, delta: {}, finish_reason: 'error' }] },
      502,
      { code: null },
    ],
    [
      "Groq's short form",
      undefined,
      { choices: [], x_groq: { id: 'r', error: 'over capacity' } },
      500,
      { message: 'over capacity' },
    ],
    ['a status in the body', 'error', { error: { message: 'x', status_code: 429 } }, 429, {}],
    ['true', undefined, { error: true }, 500, { message: 'The provider reported an error (status 500).' }],
    [
      'quota',
      undefined,
      { error: { message: 'x', code: 'insufficient_quota' } },
      429,
      { type: 'insufficient_quota', retryable: false },
    ],
    ['rate limit', undefined, { error: { message: 'x', code: 'rate_limit_exceeded' } }, 429, { retryable: true }],
    ['authentication', undefined, { error: { message: 'x', type: 'authentication_error' } }, 401, {}],
    ['key', undefined, { error: { message: 'x', type: 'invalid_request_error', code: 'invalid_api_key' } }, 401, {}],
    ['permission', undefined, { error: { message: 'x', type: 'permission_error' } }, 403, {}],
    [
      'not found',
      undefined,
      { error: { message: 'x', type: 'invalid_request_error', code: 'model_not_found' } },
      404,
      {},
    ],
    ['invalid', undefined, { error: { message: 'x', type: 'invalid_request_error' } }, 400, { retryable: false }],
    [
      'context',
      undefined,
      { error: { message: 'x', code: 'context_length_exceeded' } },
      400,
      { code: 'context_length_exceeded' },
    ],
    [
      'overload',
      undefined,
      { error: { message: 'x', type: 'service_unavailable_error', code: 'server_is_overloaded' } },
      503,
      { code: 'server_is_overloaded' },
    ],
    ['timeout', undefined, { error: { message: 'x', type: 'timeout' } }, 504, { type: 'timeout_error' }],
    ['a finish reason', undefined, chunk({}, 'error'), 502, { code: 'upstream_unfinished', retryable: true }],
  ]
  for (const [name, event, frame, status, expected] of cases) {
    it(`${name} stands for ${status}`, () => {
      const error = failure(() => decode(openai, [{ event, data: JSON.stringify(frame) }]))
      assert.equal(error.status, status)
      hasFields(error, expected)
    })
  }

  it('null errors are none', () => {
    assert.equal(told(decode(openai, events(chunk({ content: 'a' }, null, { error: null })))).content, 'a')
  })
})

describe('openai: error bodies', () => {
  const body = (error: unknown): string => JSON.stringify({ error })
  const neutral = (status: number) => `The provider reported an error (status ${status}).`
  const cases: [string, number, string, Partial<ApiError>][] = [
    [
      'message, param and code are kept',
      400,
      body({ message: 'Bad', type: 'invalid_request_error', param: 'temperature', code: 'decimal_above_max_value' }),
      {
        status: 400,
        message: 'Bad',
        type: 'invalid_request_error',
        param: 'temperature',
        code: 'decimal_above_max_value',
        retryable: false,
      },
    ],
    [
      'a missing type and code are filled',
      401,
      body({ message: 'No key', type: null, code: null }),
      { status: 401, type: 'authentication_error', code: 'invalid_api_key', retryable: false },
    ],
    [
      "OpenAI's own type of a rate limit is kept",
      429,
      body({ message: 'Slow', type: 'tokens', code: 'rate_limit_exceeded' }),
      { status: 429, type: 'tokens', code: 'rate_limit_exceeded', retryable: true },
    ],
    [
      'slow_down',
      429,
      body({ message: 'Slow', type: 'rate_limit_error', code: 'slow_down' }),
      { status: 429, code: 'slow_down', retryable: true },
    ],
    [
      'no credit is no rate limit',
      429,
      body({ message: 'Pay', type: 'insufficient_quota', code: 'insufficient_quota' }),
      { status: 429, type: 'insufficient_quota', code: 'insufficient_quota', retryable: false },
    ],
    [
      'nor is a used-up balance',
      429,
      body({ message: 'Pay', type: 'x', code: 'credit_balance_exhausted' }),
      { type: 'insufficient_quota', code: 'credit_balance_exhausted', retryable: false },
    ],
    [
      'nor a hard limit',
      429,
      body({ message: 'Pay', code: 'billing_hard_limit_reached' }),
      { type: 'insufficient_quota', code: 'billing_hard_limit_reached', retryable: false },
    ],
    [
      'an unknown model',
      404,
      body({ message: 'No', type: 'invalid_request_error', code: 'model_not_found' }),
      { status: 404, code: 'model_not_found', retryable: false },
    ],
    [
      'the context by code',
      400,
      body({ message: 'Long', code: 'context_length_exceeded' }),
      { status: 400, code: 'context_length_exceeded', retryable: false },
    ],
    [
      'the context by text',
      413,
      body({ message: "This model's maximum context length is 8192 tokens." }),
      { status: 400, code: 'context_length_exceeded', type: 'invalid_request_error' },
    ],
    [
      'overload',
      503,
      body({ message: 'Busy', type: 'service_unavailable_error', code: 'server_is_overloaded' }),
      { status: 503, retryable: true, code: 'server_is_overloaded' },
    ],
    [
      'an error that is text',
      500,
      JSON.stringify({ error: 'it broke' }),
      { status: 500, message: 'it broke', type: 'server_error', retryable: true },
    ],
    ['a list', 400, JSON.stringify([{ error: { message: 'x' } }]), { message: 'x' }],
    ['plain text', 500, 'upstream connect error\n', { message: 'upstream connect error' }],
    [
      'HTML is not passed on',
      502,
      '<!DOCTYPE html><html>secret</html>',
      { status: 502, message: neutral(502), retryable: true },
    ],
    ['HTML after white space', 503, '\n <html>', { status: 503, message: neutral(503) }],
    ['an empty body', 500, '', { message: neutral(500) }],
    ['JSON that says nothing', 403, '{}', { message: neutral(403), type: 'permission_error' }],
    ['null', 500, 'null', { message: neutral(500) }],
    ['a numeric code', 400, body({ message: 'x', code: 1234 }), { code: '1234' }],
    ['a code that repeats the status', 429, body({ message: 'x', code: 429 }), { code: 'rate_limit_exceeded' }],
    [
      'the wait that the text tells',
      429,
      body({ message: 'Please try again in 2m59.56s.', code: 'rate_limit_exceeded' }),
      { retryAfter: 179_560 },
    ],
    ['a wait in milliseconds', 429, body({ message: 'Please try again in 120ms.' }), { retryAfter: 120 }],
    [
      'a masked key stays masked',
      401,
      body({ message: 'Incorrect API key provided: sk-proj-********abcd.' }),
      { message: 'Incorrect API key provided: sk-proj-********abcd.' },
    ],
    [
      'a key in full is cut',
      401,
      body({ message: 'Incorrect API key provided: sk-proj-1234567890abcdefghij.' }),
      { message: 'Incorrect API key provided: sk-p***.' },
    ],
    [
      'a key without a form of its own too',
      401,
      body({ message: 'Bad key 0123456789abcdef0123456789abcdef given' }),
      { message: 'Bad key 0123*** given' },
    ],
    [
      'account ids are cut',
      429,
      body({ message: 'Limit in organization org-abcdefghijklmnop on tokens' }),
      { message: 'Limit in organization org-*** on tokens' },
    ],
  ]
  for (const [name, status, text, expected] of cases) {
    it(name, () => {
      const error = openai.error(status, text)
      hasFields(error, expected)
    })
  }

  it('long messages are cut', () => assert.equal(openai.error(500, 'x'.repeat(60_000)).message.length, 2000))
})
