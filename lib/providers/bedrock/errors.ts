import { apiError, inBandFailure } from '../../errors.ts'
import type { ApiError, WireEvent } from '../../types/provider.ts'
import { errorFields, parsedBody } from '../error-body.ts'
import { object, parsedObject, text } from '../json.ts'
import { raiseForeignError } from '../openai/errors.ts'

/**
 * The HTTP status that an exception stands for, which differs here and there from the one that Bedrock sends with it.
 * Source: errors.d.ts of @aws-sdk/client-bedrock-runtime; the credentials' three come from AWS's front door.
 */
const STATUSES = new Map([
  ['validationexception', 400],
  ['unrecognizedclientexception', 401],
  ['expiredtokenexception', 401],
  ['invalidsignatureexception', 401],
  ['accessdeniedexception', 403],
  ['resourcenotfoundexception', 404],
  ['modeltimeoutexception', 408],
  ['conflictexception', 409],
  ['modelerrorexception', 424],
  ['modelstreamerrorexception', 424],
  ['servicequotaexceededexception', 429],
  ['throttlingexception', 429],
  ['internalserverexception', 500],
  ['modelnotreadyexception', 503],
  ['serviceunavailableexception', 503],
])

/** Recorded and documented wordings of a prompt over the model's context. */
const TOO_LONG =
  /too long|too many (total|input)|input tokens exceed|exceeds? (the )?maximum (length|tokens?)|maximum tokens(?! (?:you requested|value))/i

/** A model's name that Bedrock does not know is a mistake of the request's to it. */
const UNKNOWN_MODEL = /model identifier is invalid/i

/** The front door's words for wrong credentials; their status is a plain 403. */
const BAD_CREDENTIALS = /security token|signature|api key|bearer token/i

/** An error by its HTTP response. The exception's name is in the header `x-amzn-errortype`, at times in the body too. */
export function httpError(
  status: number,
  body: string,
  headers: Readonly<Record<string, string | string[] | undefined>> = {},
): ApiError {
  const parsed = parsedBody(body)
  const { __type, code, Message } = object(parsed)
  const words = text(Message) || errorFields(parsed).message
  return toApiError(
    text(headers['x-amzn-errortype']) || text(__type) || text(code),
    status,
    withoutToken(words) || `Bedrock answered with status ${status}.`,
  )
}

/** A signature that does not match is explained with the whole signed text, session token included. */
function withoutToken(message: string): string {
  const at = message.indexOf('The Canonical String')
  return at === -1 ? message : message.slice(0, at).trimEnd()
}

/** Throws if this event is an exception or error inside the stream, or an error's body in place of one. */
export function raiseException({ event, data }: WireEvent): void {
  if (event === undefined) raiseErrorBody(parsedBody(data))
  if (!event?.endsWith('Exception') && !event?.startsWith('exception:')) return
  const name = event.replace(/^exception:/, '')
  const { message, Message, originalMessage } = parsedObject(data)
  const words = text(message) || text(Message) || text(originalMessage)
  throw inBandFailure(toApiError(name, 502, words || 'Bedrock broke off its stream with an error.'))
}

function raiseErrorBody(body: unknown): void {
  const { __type, message, Message } = object(body)
  const words = text(message) || text(Message)
  if (words !== '') throw inBandFailure(toApiError(text(__type), 502, words))
  raiseForeignError(body)
}

/** `name` may carry a namespace before it (`…#`) and a link after it (`:http…`). */
function toApiError(name: string, status: number, message: string): ApiError {
  const plain = name.replace(/[:,].*$/s, '').replace(/^.*#/, '')
  const known = STATUSES.get(plain.toLowerCase())
  const actual = known ?? (status === 403 && BAD_CREDENTIALS.test(message) ? 401 : status)
  if (actual === 400 && TOO_LONG.test(message)) return apiError(400, message, { code: 'context_length_exceeded' })
  // A path that is not there is none, and has no name.
  const isUnknown = actual === 400 && UNKNOWN_MODEL.test(message)
  if (isUnknown || plain.toLowerCase() === 'resourcenotfoundexception')
    return apiError(404, message, { code: 'model_not_found' })
  if (actual === 409) return apiError(409, message, { retryable: false })
  return apiError(actual, message)
}
