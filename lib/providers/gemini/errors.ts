import { apiError } from '../../errors.ts'
import type { ApiError } from '../../types/provider.ts'
import { errorFields, parsedBody } from '../error-body.ts'
import { type Json, list, object, text } from '../json.ts'

/** The body of a non-2xx answer: `{error}`, or the same in an array. */
export function httpError(status: number, body: string): ApiError {
  return describe(parsedBody(body), status)
}

/** An error in place of an event. Its `code` may be null: then its `status` names the class. */
export function streamError(error: unknown): ApiError {
  const { code, status } = object(error)
  const given = typeof code === 'number' && code >= 400 && code < 600 ? code : HTTP_STATUS.get(text(status))
  return describe({ error }, given ?? 500)
}

/** Source: google/rpc/code.proto. */
const HTTP_STATUS = new Map<string, number>([
  ['INVALID_ARGUMENT', 400],
  ['FAILED_PRECONDITION', 400],
  ['OUT_OF_RANGE', 400],
  ['UNAUTHENTICATED', 401],
  ['PERMISSION_DENIED', 403],
  ['NOT_FOUND', 404],
  ['ABORTED', 409],
  ['ALREADY_EXISTS', 409],
  ['RESOURCE_EXHAUSTED', 429],
  ['CANCELLED', 499],
  ['INTERNAL', 500],
  ['UNKNOWN', 500],
  ['DATA_LOSS', 500],
  ['UNIMPLEMENTED', 501],
  ['UNAVAILABLE', 503],
  ['DEADLINE_EXCEEDED', 504],
])

function describe(body: unknown, status: number): ApiError {
  const { details } = object(object(Array.isArray(body) ? body[0] : body).error)
  const words =
    errorFields(typeof body === 'string' ? undefined : body).message || `Gemini answered with status ${status}.`
  const facts = list(details).map(object)
  if (facts.some((fact) => fact.reason === 'API_KEY_INVALID')) return apiError(401, words)
  if (status === 400 && /exceeds the maximum number of tokens/i.test(words)) {
    return apiError(400, words, { code: 'context_length_exceeded' })
  }
  if (status === 429 && facts.some(isDailyQuota)) {
    return apiError(429, words, { type: 'insufficient_quota', code: 'insufficient_quota', retryable: false })
  }
  const retryAfter = facts.map((fact) => milliseconds(fact.retryDelay)).find((delay) => delay !== undefined)
  return apiError(status, words, retryAfter === undefined ? {} : { retryAfter })
}

/** A quota that is filled again the next day: `quotaId` is such as `GenerateRequestsPerDayPerProjectPerModel-FreeTier`. */
function isDailyQuota(fact: Json): boolean {
  return list(fact.violations).some((violation) => /PerDay/.test(text(object(violation).quotaId)))
}

/** A protobuf Duration in JSON: seconds with a fraction, such as `34.4s`. */
function milliseconds(duration: unknown): number | undefined {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(text(duration))?.[1]
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000)
}
