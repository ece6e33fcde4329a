import type { ApiError } from '../../types/provider.ts'
import type { Failure } from '../dialect.ts'

/** Anthropic's error envelope. */
export interface ErrorEnvelope {
  type: 'error'
  error: { type: string; message: string; details?: { error_code: string } }
  request_id?: string
}

export function errorEnvelope({ status, message, code }: ApiError, requestId?: string): ErrorEnvelope {
  return {
    type: 'error',
    error: {
      type: typeOf(status),
      message,
      ...(code !== null && OF_THREADS.test(code) && { details: { error_code: code } }),
    },
    ...(requestId !== undefined && { request_id: requestId }),
  }
}

/** Anthropic's SDKs read these in the details, and send a conversation again as a whole. */
const OF_THREADS = /^thread_/

/** The answer to a request of which nothing was sent. Clients know 529 as the word for an overload. */
export function failureOf(error: ApiError, requestId: string): Failure {
  return { status: error.status === 503 ? 529 : error.status, body: errorEnvelope(error, requestId) }
}

/** Source: platform.claude.com, api/errors. */
const TYPES = new Map([
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [408, 'timeout_error'],
  [409, 'conflict_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [503, 'overloaded_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
])

function typeOf(status: number): string {
  return TYPES.get(status) ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
}
