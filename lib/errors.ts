import type { ApiError } from './types/provider.ts'

/**
 * Why an attempt failed:
 * - `request`: this target cannot serve the request, nothing was sent
 * - `connect`: no response came (refused, DNS, TLS, reset before headers)
 * - `timeout`: one of the deadlines passed
 * - `status`: the response was not a 200
 * - `truncated`: the stream ended or broke before its native terminal
 * - `malformed`: the response could not be read, or exceeded a limit
 * - `in-band`: an error came inside a 200 stream
 * - `broken-end`: the provider ended its answer with a reason that is no end: it is broken, or nobody knows the word
 * - `unusable`: the answer came whole, and is empty or not in the form that was asked for; the config's `fail_on` says which
 * - `skipped`: the target's circuit is open, nothing was sent
 */
export type FailureKind =
  | 'request'
  | 'connect'
  | 'timeout'
  | 'status'
  | 'truncated'
  | 'malformed'
  | 'in-band'
  | 'broken-end'
  | 'unusable'
  | 'skipped'

/** The request cannot be served as it is. Goes to the client as `error` if no target is left. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly api: ApiError

  constructor(message: string, options: { param?: string; code?: string; status?: number } = {}) {
    super(message)
    this.api = {
      status: options.status ?? 400,
      message,
      type: 'invalid_request_error',
      param: options.param ?? null,
      code: options.code ?? null,
      retryable: false,
    }
  }
}

/** One attempt failed. `api` is what the client sees if no other attempt follows. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError'
  readonly kind: FailureKind
  readonly api: ApiError
  /** The status that the provider itself sent; undefined if there was no response. */
  readonly status: number | undefined
  /** The provider's headers that may go back to the client (see middleware/attempt/response/response-headers.ts). */
  readonly headers: Readonly<Record<string, string>>
  /** The provider's own word on whether a retry makes sense; undefined if it said nothing. */
  readonly shouldRetry: boolean | undefined
  /** Whether it brought no content within its first_chunk_timeout. */
  readonly silent: boolean

  constructor(
    kind: FailureKind,
    api: ApiError,
    options: {
      cause?: unknown
      status?: number | undefined
      headers?: Readonly<Record<string, string>>
      shouldRetry?: boolean | undefined
      silent?: boolean
    } = {},
  ) {
    super(api.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.kind = kind
    this.api = api
    this.status = options.status
    this.headers = options.headers ?? {}
    this.shouldRetry = options.shouldRetry
    this.silent = options.silent ?? false
  }
}

/** The same failure with another error for the client. */
export function withApi(
  { kind, cause, status, headers, shouldRetry, silent }: UpstreamError,
  api: ApiError,
): UpstreamError {
  return new UpstreamError(kind, api, { cause, status, headers, shouldRetry, silent })
}

/** A failure of the transport or the stream itself, which another attempt may well not meet. */
export function streamFailure(kind: keyof typeof STREAM_CODES, message: string, cause?: unknown): UpstreamError {
  return new UpstreamError(
    kind,
    {
      status: kind === 'timeout' ? 504 : 502,
      message,
      type: kind === 'timeout' ? 'timeout_error' : 'server_error',
      param: null,
      code: STREAM_CODES[kind],
      retryable: true,
    },
    cause === undefined ? {} : { cause },
  )
}

const STREAM_CODES = {
  connect: 'upstream_unreachable',
  truncated: 'upstream_stream_truncated',
  malformed: 'upstream_response_malformed',
  'broken-end': 'upstream_unfinished',
  timeout: 'upstream_timeout',
} as const

/** A word that a provider may have for a reason; anything longer or wilder could be a piece of the answer. */
const REASON = /^[\w.:/-]{1,64}$/

/** The failure of an answer that ended with `reason`, the provider's own word, which is none of its ends. */
export function brokenEnd(reason: string): UpstreamError {
  const word = REASON.test(reason) ? `'${reason}'` : 'a reason that cannot be shown'
  return streamFailure('broken-end', `The provider ended its answer with ${word}.`)
}

/** An error that the provider sent inside its stream. `api.status` is the HTTP status it stands for. */
export function inBandFailure(api: ApiError): UpstreamError {
  return new UpstreamError('in-band', api)
}

/** An answer that came whole and cannot be used. `message` says why. */
export function unusableAnswer(message: string): UpstreamError {
  const details = { type: 'server_error', code: 'upstream_answer_unusable', retryable: true }
  return new UpstreamError('unusable', apiError(502, message, details))
}

/** Parses one event's JSON. Throws a `malformed` UpstreamError. */
export function parseJson<T>(text: string): T {
  try {
    return JSON.parse(text) as T
  } catch (cause) {
    throw streamFailure('malformed', 'The provider sent an event that is not valid JSON.', cause)
  }
}

/** The classes of error and how OpenAI names them; `wire` sources: openai-openapi `Error`, openai-node `core/error.ts`. */
const CLASSES: Record<number, { status?: number; type: string; code: string | null; retryable: boolean }> = {
  400: { type: 'invalid_request_error', code: null, retryable: false },
  401: { type: 'authentication_error', code: 'invalid_api_key', retryable: false },
  402: { type: 'insufficient_quota', code: 'insufficient_quota', retryable: false },
  403: { type: 'permission_error', code: null, retryable: false },
  404: { type: 'invalid_request_error', code: 'model_not_found', retryable: false },
  408: { status: 504, type: 'timeout_error', code: 'upstream_timeout', retryable: true },
  409: { type: 'conflict_error', code: null, retryable: true },
  413: { type: 'invalid_request_error', code: 'request_too_large', retryable: false },
  422: { type: 'invalid_request_error', code: null, retryable: false },
  424: { status: 502, type: 'server_error', code: null, retryable: true },
  429: { type: 'rate_limit_error', code: 'rate_limit_exceeded', retryable: true },
  498: { status: 503, type: 'server_error', code: 'overloaded', retryable: true },
  500: { type: 'server_error', code: null, retryable: true },
  501: { type: 'server_error', code: null, retryable: false },
  503: { type: 'server_error', code: 'overloaded', retryable: true },
  504: { type: 'timeout_error', code: 'upstream_timeout', retryable: true },
  529: { status: 503, type: 'server_error', code: 'overloaded', retryable: true },
}

const NAMES_MODEL = /\b(models?|deployments?|inference profile|engine)\b/i

/** What is known from the status alone. Statuses that mean nothing to a client become 502. Details win over it. */
export function apiError(status: number, message: string, details: Partial<ApiError> = {}): ApiError {
  const known = CLASSES[status] ?? otherStatus(status)
  return {
    status: known.status ?? status,
    message,
    type: known.type,
    param: null,
    // A wrong path is a 404, too.
    code: status === 404 && !NAMES_MODEL.test(message) ? null : known.code,
    retryable: known.retryable,
    ...details,
  }
}

function otherStatus(status: number): { status: number; type: string; code: null; retryable: boolean } {
  if (status >= 400 && status < 500) return { status, type: 'invalid_request_error', code: null, retryable: false }
  return { status: 502, type: 'server_error', code: null, retryable: status >= 500 }
}

/** OpenAI's error envelope; all four keys are required by its specification. */
export function envelope(error: ApiError): {
  error: { message: string; type: string; param: string | null; code: string | null }
} {
  return { error: { message: error.message, type: error.type, param: error.param, code: error.code } }
}
