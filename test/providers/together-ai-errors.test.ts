import { togetherAi } from '../../lib/providers/together-ai.ts'
import type { ApiError } from '../../lib/types/provider.ts'
import { hasFields } from '../helpers/openai-family.ts'

describe('together-ai: error bodies', () => {
  const tooLong = { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded', retryable: false }
  const cases: [string, number, unknown, Partial<ApiError>][] = [
    [
      'the usual form',
      401,
      {
        id: '8b',
        error: { message: 'Invalid key', type: 'invalid_request_error', param: null, code: 'invalid_api_key' },
      },
      { status: 401, message: 'Invalid key', code: 'invalid_api_key' },
    ],
    [
      'the older form',
      500,
      { error: 'it broke', request_id: 'r' },
      { status: 500, message: 'it broke', retryable: true },
    ],
    [
      "the gateway's form",
      429,
      { message: 'Slow down', type: 'rate_limit' },
      { status: 429, message: 'Slow down', type: 'rate_limit_error', retryable: true },
    ],
    [
      'a context too long, by text',
      400,
      {
        error: {
          message: '`inputs` tokens + `max_new_tokens` must be <= 4097',
          type: 'invalid_request_error',
          param: 'max_tokens',
          code: null,
        },
      },
      { ...tooLong, param: 'max_tokens' },
    ],
    ['a context too long, as Together documents it', 403, { error: { message: 'Bad Request' } }, tooLong],
    [
      'a context too long, in words',
      403,
      { error: { message: 'Input token count + max_tokens must be less than the context length' } },
      tooLong,
    ],
    [
      'a model that is not ours',
      403,
      { error: { message: 'You may not use this model' } },
      { status: 403, type: 'permission_error' },
    ],
    ['a limit of tokens', 429, { error: { message: 'Too many tokens a minute' } }, { status: 429, retryable: true }],
    [
      'spent money, by its code',
      402,
      { error: { message: 'Credit limit exceeded', code: 'credit_limit' } },
      { status: 402, type: 'insufficient_quota', code: 'insufficient_quota', retryable: false },
    ],
    [
      'a model that is not there, by its code',
      404,
      { error: { message: 'Unable to access it', code: 'model_not_available' } },
      { status: 404, code: 'model_not_found', retryable: false },
    ],
    ['spent money', 402, { error: { message: 'x' } }, { status: 402, code: 'insufficient_quota', retryable: false }],
    [
      'a model',
      404,
      { error: { message: 'Unable to access model x', type: 'invalid_request_error', code: null } },
      { status: 404, code: 'model_not_found' },
    ],
    ['overload', 503, { error: { message: 'x' } }, { status: 503, code: 'overloaded', retryable: true }],
    ['overload by another number', 529, { error: { message: 'x' } }, { status: 503, retryable: true }],
    ['a gateway timeout', 524, { error: { message: 'x' } }, { status: 502, retryable: true }],
  ]
  for (const [name, status, body, expected] of cases) {
    it(name, () => {
      const error = togetherAi.error(status, JSON.stringify(body))
      hasFields(error, expected)
    })
  }
})
