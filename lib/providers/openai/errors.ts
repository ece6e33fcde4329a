import { apiError, inBandFailure } from '../../errors.ts'
import type { ApiError, WireEvent } from '../../types/provider.ts'
import { type ErrorFields, errorFields, isErrorBody, isTold, parsedBody } from '../error-body.ts'
import { isObject, object } from '../json.ts'
import { conceal, waitIn } from './error-text.ts'

/** Reads a non-2xx body of the family, in any of its forms. HTML is never passed on. */
export function readError(status: number, body: string): ApiError {
  return describe(status, errorFields(parsedBody(body)))
}

/** The error that an event of a stream carries, if it does. */
export function readStreamError(event: Pick<WireEvent, 'event'>, frame: unknown): ApiError | undefined {
  const error = errorIn(event, Array.isArray(frame) ? frame[0] : frame)
  return error === undefined ? undefined : streamError(error)
}

/**
 * Throws if a value in place of another dialect's event is an error in a form of this family's, as relays send it. What has a
 * type of its own is an event, unless the type is an error's.
 */
export function raiseForeignError(frame: unknown): void {
  const { type, object: kind } = object(frame)
  if (type !== undefined && !/error/i.test(`${type} ${kind}`)) return
  const error = readStreamError({ event: undefined }, frame)
  if (error !== undefined) throw inBandFailure(error)
}

/** The error that stands in a choice, in place of its end or beside it; undefined if it is none. */
export function choiceError(error: unknown): ApiError | undefined {
  return isTold(error) ? streamError({ error }) : undefined
}

/** The error that an object with an `error`, or the error itself, tells, if it is known to be one. */
export function streamError(error: unknown): ApiError {
  const fields = errorFields(error)
  return describe(fields.status ?? likelyStatus(fields), fields)
}

function errorIn(event: Pick<WireEvent, 'event'>, frame: unknown): unknown {
  if (event.event === 'error') return frame
  if (!isObject(frame)) return undefined
  if (isTold(frame.error) || frame.object === 'error' || isErrorBody(frame)) return frame
  // Groq, when it cuts a stream.
  const groq = object(frame.x_groq)
  return groq.error ? groq : undefined
}

/** The status guessed from type and code. Source: the table in @ai-sdk/openai's openai-stream-error.ts, with additions. */
const LIKELY: readonly (readonly [RegExp, number])[] = [
  [/quota|rate_?limit|credit_balance|billing/, 429],
  [/authentication|api_key|unauthorized/, 401],
  [/permission|forbidden/, 403],
  // The Responses API's codes for images, and for what its policies refuse.
  [/image|policy|data_residency/, 400],
  [/not_?found/, 404],
  [/invalid|bad_request|context_length|content_filter/, 400],
  [/overload|unavailable|capacity/, 503],
  [/timeout/, 504],
]

function likelyStatus({ code, type }: ErrorFields): number {
  const name = `${code} ${type}`.toLowerCase()
  return LIKELY.find(([pattern]) => pattern.test(name))?.[1] ?? 500
}

const NO_CREDIT: Partial<ApiError> = { type: 'insufficient_quota', retryable: false }
const NO_MODEL: Partial<ApiError> = { status: 404, code: 'model_not_found' }
const TOO_LONG: Partial<ApiError> = { status: 400, code: 'context_length_exceeded' }

/** Meanings of a code (or, failing that, a type) beyond the status it came with. */
const MEANINGS = new Map<string, Partial<ApiError>>([
  ['insufficient_quota', NO_CREDIT],
  ['credit_balance_exhausted', NO_CREDIT],
  ['billing_hard_limit_reached', NO_CREDIT],
  // Together
  ['credit_limit', { ...NO_CREDIT, code: 'insufficient_quota' }],
  ['model_not_available', NO_MODEL],
  ['model_not_found', NO_MODEL],
  ['DeploymentNotFound', NO_MODEL],
  ['unknown_model', NO_MODEL],
  ['invalid_model', NO_MODEL],
  ['context_length_exceeded', TOO_LONG],
  ['content_filter', { status: 400, code: 'content_filter' }],
  // The model wrote a bad call; the next try may be a good one.
  ['tool_use_failed', { retryable: true }],
])

/** Statuses and words of providers without a code for a prompt that is too long. */
const MAY_BE_TOO_LONG = [400, 403, 413, 422]
const TOO_LONG_TEXT = /context (length|window)|max_new_tokens|prompt is too long/i

/** Types that OpenAI's clients know; others give way to the type of the status. */
const KNOWN_TYPE = /_error$|^(tokens|requests|insufficient_quota)$/

function describe(status: number, fields: ErrorFields): ApiError {
  const { code, type } = fields
  const message = fields.message || `The provider reported an error (status ${status}).`
  const tooLong = MAY_BE_TOO_LONG.includes(status) && TOO_LONG_TEXT.test(message) ? TOO_LONG : undefined
  const meaning = MEANINGS.get(code) ?? MEANINGS.get(type) ?? tooLong
  const error = apiError(meaning?.status ?? status, conceal(message, status), { param: fields.param || null })
  if (KNOWN_TYPE.test(type)) error.type = type
  // A number that only repeats the status says less than ours, and so does any number where OpenAI has its own word.
  const number = status >= 429 ? /^\d+$/ : /^\d{3}$/
  if (code !== '' && !number.test(code)) error.code = code
  Object.assign(error, meaning, { status: error.status })
  const retryAfter = waitIn(message)
  if (error.retryable && retryAfter !== undefined) error.retryAfter = retryAfter
  return error
}
