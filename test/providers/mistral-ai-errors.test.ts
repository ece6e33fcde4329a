import { mistralAi } from '../../lib/providers/mistral-ai.ts'
import type { ApiError } from '../../lib/types/provider.ts'
import { hasFields } from '../helpers/openai-family.ts'

describe('mistral-ai: error bodies', () => {
  const cases: [string, number, unknown, Partial<ApiError>][] = [
    [
      'a limit',
      429,
      {
        object: 'error',
        message: 'Rate limit exceeded',
        type: 'rate_limited',
        param: null,
        code: '1300',
        raw_status_code: 429,
      },
      {
        status: 429,
        message: 'Rate limit exceeded',
        type: 'rate_limit_error',
        code: 'rate_limit_exceeded',
        retryable: true,
      },
    ],
    [
      'a limit of the gateway',
      429,
      { message: 'Requests rate limit exceeded' },
      { code: 'rate_limit_exceeded', retryable: true },
    ],
    [
      'a model',
      400,
      { object: 'error', message: 'Invalid model: x', type: 'invalid_model', param: null, code: '1500' },
      { status: 404, type: 'invalid_request_error', code: 'model_not_found', retryable: false },
    ],
    ['a key', 401, { detail: 'Unauthorized' }, { status: 401, message: 'Unauthorized', type: 'authentication_error' }],
    [
      'a key at the gateway',
      401,
      { message: 'Unauthorized', request_id: 'r' },
      { status: 401, message: 'Unauthorized' },
    ],
    [
      'what it cannot process',
      422,
      { detail: [{ loc: ['body', 'messages', 0], msg: 'Field required', type: 'missing' }] },
      {
        status: 400,
        message: 'messages.0: Field required',
        param: 'messages.0',
        type: 'invalid_request_error',
        retryable: false,
      },
    ],
    [
      'the same, inside',
      422,
      {
        object: 'error',
        message: { detail: [{ loc: ['body', 'n'], msg: 'Too many' }] },
        type: 'invalid_request_error',
      },
      { status: 400, message: 'n: Too many' },
    ],
    ['a message that is an object', 400, { object: 'error', message: { why: 'x' } }, { message: '{"why":"x"}' }],
    [
      'a prompt too long',
      400,
      {
        object: 'error',
        message: 'Prompt contains 33000 tokens, too large for model with 32768 maximum context length',
        type: 'invalid_request_error',
        code: '3051',
      },
      { status: 400, code: 'context_length_exceeded' },
    ],
    [
      'a failure',
      500,
      { object: 'error', message: 'Service unavailable.', type: 'internal_server_error', code: '1000' },
      { status: 500, retryable: true },
    ],
  ]
  for (const [name, status, body, expected] of cases) {
    it(name, () => {
      const error = mistralAi.error(status, JSON.stringify(body))
      hasFields(error, expected)
    })
  }
})
