import { apiError } from '../../errors.ts'
import type { ApiError } from '../../types/provider.ts'
import { errorFields, parsedBody } from '../error-body.ts'
import { type Json, object, text } from '../json.ts'

/** Source: platform.claude.com, api/errors. */
const STATUS = new Map([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['conflict_error', 409],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['api_error', 500],
  ['timeout_error', 504],
  ['overloaded_error', 529],
])

const TOO_LONG = /prompt is too long|exceeds? (the )?context (limit|window)/i

/** A cap on money answers 429 like a rate limit, and an empty account 400, but waiting or another request does not help. */
const SPENT = /spend(ing)? (limit|cap)|usage limit|credit balance is too low/i

/** Reads the body of a response that is not a 200. */
export function anthropicError(status: number, body: string): ApiError {
  const parsed = parsedBody(body)
  const type = text(object(object(parsed).error).type)
  return explain(status >= 400 ? status : (STATUS.get(type) ?? 502), parsed)
}

/** Reads an `error` event. The status is the one that the same error has as a response. */
export function eventError(event: Json): ApiError {
  return explain(STATUS.get(text(object(event.error).type)) ?? 500, event)
}

function explain(status: number, body: unknown): ApiError {
  const error = object(object(body).error)
  const message = errorFields(typeof body === 'string' ? undefined : body).message || `Anthropic answered ${status}.`
  if (TOO_LONG.test(message)) return apiError(400, message, { code: 'context_length_exceeded' })
  if ((status === 429 || status === 400) && SPENT.test(message)) {
    return apiError(429, message, { type: 'insufficient_quota', code: 'insufficient_quota', retryable: false })
  }
  const code = text(object(error.details).error_code)
  return apiError(status, message, [400, 404, 409].includes(status) && code ? { code } : {})
}
