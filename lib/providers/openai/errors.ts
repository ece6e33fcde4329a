import { apiError } from '../../errors.ts'
import type { ApiError, WireEvent } from '../../types/provider.ts'
import { isObject, type Json, list, object, objects, text } from '../json.ts'
import { conceal, waitIn } from './error-text.ts'
import { jsonText } from './fields.ts'

/**
 * A non-2xx body of the family, in any of its forms: `{error:{…}}`, `{error:"…"}`, Mistral's flat object and its
 * `{detail:…}`, the Azure gateway's `{statusCode,message}`, plain text. HTML is never passed on.
 */
export function readError(status: number, body: string): ApiError {
  return describe(status, fieldsOf(parse(body)))
}

/** The error that an event of a stream carries, if it does. */
export function readStreamError(event: WireEvent, frame: unknown): ApiError | undefined {
  const error = errorIn(event, frame)
  if (error === undefined) return undefined
  return streamError(error)
}

/** The error that stands in a choice, in place of its end or beside it. */
export function choiceError(error: unknown): ApiError {
  return streamError({ error })
}

function streamError(error: unknown): ApiError {
  const fields = fieldsOf(error)
  return describe(fields.status ?? likelyStatus(fields), fields)
}

function errorIn(event: WireEvent, frame: unknown): unknown {
  if (event.event === 'error') return frame
  if (!isObject(frame)) return undefined
  if (frame.error || frame.object === 'error' || isErrorBody(frame)) return frame
  // Groq, when it cuts a stream.
  const groq = object(frame.x_groq)
  return groq.error ? groq : undefined
}

/** Whether this is an error's whole body, without an `error` around it. */
function isErrorBody({ id, choices, message, detail }: Json): boolean {
  return id === undefined && choices === undefined && (text(message) !== '' || detail !== undefined)
}

interface ErrorFields {
  /** Empty where the body has none. */
  message: string
  type: string
  code: string
  param: string
  /** The HTTP status that the body itself names. */
  status?: number | undefined
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body.trimStart().startsWith('<') ? undefined : body.trim()
  }
}

function fieldsOf(value: unknown): ErrorFields {
  const outer = Array.isArray(value) ? value[0] : value
  if (!isObject(outer)) return { message: text(outer), type: '', code: '', param: '' }
  const error = isObject(outer.error) ? outer.error : outer
  const inner = isObject(error.error) ? error.error : error
  const nested = object(inner.message)
  const rejected = rejections(inner.detail ?? inner.details ?? nested.detail)
  const message = text(inner.message) || text(error.error) || text(outer.error) || text(outer.detail)
  const innerError = object(inner.innererror)
  return {
    message: [message, ...rejected.map(({ text }) => text)].filter(Boolean).join('; ') || jsonText(inner.message) || '',
    type: text(inner.type),
    code: innerError.code === 'ResponsibleAIPolicyViolation' ? 'content_filter' : codeText(inner.code),
    param: text(inner.param) || rejected[0]?.param || '',
    status: [inner, error, outer].flatMap(statuses).find((status) => status !== undefined),
  }
}

/** Compatible servers send numbers where OpenAI sends names. */
function codeText(value: unknown): string {
  return typeof value === 'number' ? String(value) : text(value)
}

/** FastAPI's list of what was wrong where, which Mistral and models hosted on Azure answer with. */
function rejections(value: unknown): { text: string; param: string }[] {
  return objects(value)
    .slice(0, 5)
    .map(({ loc, msg }) => {
      const steps = list(loc).map(codeText)
      const param = steps.filter((step) => step !== '' && step !== 'body').join('.')
      return { param, text: `${param}: ${text(msg) || 'invalid'}` }
    })
}

function statuses(fields: Json): (number | undefined)[] {
  return [fields.status_code, fields.statusCode, fields.raw_status_code, fields.status, fields.code].map((value) => {
    const status = Number(codeText(value))
    return Number.isInteger(status) && status >= 400 && status <= 599 ? status : undefined
  })
}

/** The status guessed from type and code. Source: the table in @ai-sdk/openai's openai-stream-error.ts, with additions. */
const LIKELY: readonly (readonly [RegExp, number])[] = [
  [/quota|rate_?limit|credit_balance|billing/, 429],
  [/authentication|api_key|unauthorized/, 401],
  [/permission|forbidden/, 403],
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
