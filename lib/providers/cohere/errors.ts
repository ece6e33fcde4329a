import { apiError, inBandFailure, type UpstreamError } from '../../errors.ts'
import type { ApiError } from '../../types/provider.ts'
import { errorFields, parsedBody } from '../error-body.ts'
import { type Json, object, text } from '../json.ts'
import { raiseForeignError } from '../openai/errors.ts'

/** Longest part of a body that is not JSON to go into a message, in characters. */
const EXCERPT = 500

/** Reads a non-2xx body: `{"message"}`, newer models add `error_type`. Source: docs.cohere.com, errors page. */
export function readError(status: number, body: string): ApiError {
  const parsed = parsedBody(body)
  const words = typeof parsed === 'string' ? parsed.slice(0, EXCERPT) : errorFields(parsed).message
  return classified(status, words || `Cohere answered with status ${status}.`, text(object(parsed).error_type))
}

/** An error inside a 200 stream. Cohere has no event for it: `finish_reason`, `error` and `error_type` of the last one. */
export function streamError(reason: string, message: string, errorType: string): UpstreamError {
  const status = reason === 'TIMEOUT' ? 504 : isTooLong(message, errorType) ? 400 : 500
  return inBandFailure(
    classified(status, message || `Cohere ended its stream with ${reason || 'an error'}.`, errorType),
  )
}

/** The event. Throws if it is an `error` by name or type, or an error's body in place of an event. */
export function eventIn(name: string | undefined, value: unknown): Json {
  const event = object(value)
  const isBody = event.type === undefined && event.event_type === undefined && text(event.message) !== ''
  if (isBody || name === 'error' || event.type === 'error') {
    throw streamError('', errorFields(event).message, text(event.error_type))
  }
  if (event.event_type === undefined) raiseForeignError(value)
  return event
}

function classified(status: number, message: string, errorType: string): ApiError {
  if (status === 400 && isTooLong(message, errorType)) {
    return apiError(400, message, { code: 'context_length_exceeded' })
  }
  // 498 is Cohere's "invalid token"; elsewhere it means overload.
  if (status === 498) return apiError(401, message)
  if (status === 429 && /calls ?\/ ?month/i.test(message)) {
    return apiError(429, message, { type: 'insufficient_quota', code: 'insufficient_quota', retryable: false })
  }
  const error = apiError(status, message)
  return { ...error, code: error.code ?? (errorType || null) }
}

function isTooLong(message: string, errorType: string): boolean {
  return errorType === 'TOO_MANY_TOKENS' || /^too many tokens/i.test(message)
}
