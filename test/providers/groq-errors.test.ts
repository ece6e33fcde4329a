import { groq } from '../../lib/providers/groq.ts'
import type { ApiError } from '../../lib/types/provider.ts'
import { hasFields } from '../helpers/openai-family.ts'

describe('groq: error bodies', () => {
  const cases: [string, number, unknown, Partial<ApiError>][] = [
    [
      'a call that the model got wrong is worth another try',
      400,
      { message: 'x', type: 'invalid_request_error', code: 'tool_use_failed', failed_generation: 'y' },
      { status: 400, code: 'tool_use_failed', retryable: true },
    ],
    [
      'JSON that it got wrong is not',
      400,
      { message: 'x', type: 'invalid_request_error', code: 'json_validate_failed' },
      { status: 400, retryable: false },
    ],
    [
      'a model',
      404,
      { message: 'x', type: 'invalid_request_error', code: 'model_not_found' },
      { status: 404, code: 'model_not_found' },
    ],
    [
      'a request over the limit of a minute',
      413,
      { message: 'Request too large', type: 'tokens', code: 'rate_limit_exceeded' },
      { status: 413, retryable: false },
    ],
    [
      'a limit',
      429,
      { message: 'Please try again in 7.66s.', type: 'tokens', code: 'rate_limit_exceeded' },
      { status: 429, type: 'tokens', retryAfter: 7660, retryable: true },
    ],
    [
      'flex without capacity',
      498,
      { message: 'x', code: 'capacity_exceeded' },
      { status: 503, code: 'capacity_exceeded', retryable: true },
    ],
    ['a cancelled request', 499, { message: 'x' }, { status: 499, retryable: false }],
    ['a failed dependency', 424, { message: 'x' }, { status: 502, retryable: true }],
    ['a server error', 502, { message: 'x' }, { status: 502, retryable: true }],
  ]
  for (const [name, status, error, expected] of cases) {
    it(name, () => {
      const read = groq.error(status, JSON.stringify({ error }))
      hasFields(read, expected)
    })
  }
})
