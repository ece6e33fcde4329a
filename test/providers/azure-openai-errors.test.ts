import { azureOpenai } from '../../lib/providers/azure-openai.ts'
import type { ApiError } from '../../lib/types/provider.ts'
import { hasFields } from '../helpers/openai-family.ts'

describe('azure-openai: error bodies', () => {
  const cases: [string, number, unknown, Partial<ApiError>][] = [
    [
      'a blocked prompt',
      400,
      {
        error: {
          message: 'The response was filtered',
          type: null,
          param: 'prompt',
          code: 'content_filter',
          status: 400,
          innererror: { code: 'ResponsibleAIPolicyViolation', content_filter_result: {} },
        },
      },
      { status: 400, type: 'invalid_request_error', code: 'content_filter', param: 'prompt', retryable: false },
    ],
    [
      'a blocked prompt, told inside only',
      400,
      { error: { message: 'x', code: 'BadRequest', innererror: { code: 'ResponsibleAIPolicyViolation' } } },
      { code: 'content_filter' },
    ],
    [
      'a missing deployment',
      404,
      { error: { code: 'DeploymentNotFound', message: 'The API deployment does not exist.' } },
      { status: 404, code: 'model_not_found', type: 'invalid_request_error', retryable: false },
    ],
    ['a wrong path', 404, { error: { code: '404', message: 'Resource not found' } }, { code: null }],
    [
      "the gateway's limit",
      429,
      { statusCode: 429, message: 'Rate limit is exceeded. Try again in 5 seconds.' },
      { status: 429, message: 'Rate limit is exceeded. Try again in 5 seconds.', retryAfter: 5000, retryable: true },
    ],
    [
      'a limit with a number',
      429,
      { error: { code: '429', message: 'Requests have exceeded the limit. Please retry after 20 seconds.' } },
      { code: 'rate_limit_exceeded', type: 'rate_limit_error', retryAfter: 20_000, retryable: true },
    ],
    ['no capacity', 429, { error: { code: 'NoCapacity', message: 'x' } }, { code: 'NoCapacity', retryable: true }],
    ['a key', 401, { error: { code: '401', message: 'Access denied' } }, { status: 401, code: 'invalid_api_key' }],
    ['a timeout', 408, { error: { code: 'Timeout', message: 'x' } }, { status: 504, retryable: true }],
    ['a failed dependency', 424, { error: { message: 'x' } }, { status: 502, retryable: true }],
    [
      "a hosted model's complaint",
      422,
      {
        error: {
          code: 'Invalid input',
          status: 422,
          message: 'invalid input error',
          details: [{ loc: ['body', 'tool_choice'], msg: 'Input should be a valid string' }],
        },
      },
      {
        status: 422,
        param: 'tool_choice',
        message: 'invalid input error; tool_choice: Input should be a valid string',
      },
    ],
  ]
  for (const [name, status, body, expected] of cases) {
    it(name, () => {
      const error = azureOpenai.error(status, JSON.stringify(body))
      hasFields(error, expected)
    })
  }
})
