import type { ResolvedTarget } from '../../config.ts'
import { apiError, RequestError, streamFailure, UpstreamError } from '../../errors.ts'
import type { Options } from '../../options.ts'
import type { ApiError } from '../../types/provider.ts'
import type { AtWork } from './attempt-record.ts'
import type { DeadlineName } from './deadlines.ts'
import { sendableFailure } from './request/provider-faults.ts'

/** The failure of an attempt whose deadline passed while this was at work. */
export function timedOut(atWork: AtWork, name: DeadlineName, ms: number): UpstreamError {
  const passed = `${name} of ${Math.round(ms)} ms passed.`
  if (atWork === 'credentials') return requestFailure(apiError(504, `The credentials did not come: ${passed}`))
  // Fetching the client's images can take that long.
  if (atWork === 'request') {
    const message = `The request could not be prepared for the provider: ${passed}`
    return requestFailure(apiError(504, message, { retryable: false }))
  }
  const slow =
    atWork === 'transforms'
      ? 'The answer was whole, but did not come out of its transforms in time'
      : 'The provider was too slow'
  const { api } = streamFailure('timeout', `${slow}: ${passed}`)
  return new UpstreamError('timeout', api, { silent: name === 'first_chunk_timeout' })
}

/** A target that cannot serve the request, or whose translation throws, is a failed target and no more. */
export function asFailure(
  thrown: unknown,
  { name, provider }: ResolvedTarget,
  { logger }: Options,
  atWork: AtWork,
): UpstreamError {
  if (thrown instanceof UpstreamError) return sendableFailure(provider.name, thrown, logger)
  if (thrown instanceof RequestError) return new UpstreamError('request', thrown.api, { cause: thrown })
  if (atWork === 'credentials') {
    logger?.error(thrown)
    return requestFailure(apiError(500, `The credentials of the target ${name} could not be had.`), thrown)
  }
  const encoding = atWork === 'request'
  // A walk over nested lists and objects that used up the stack: a body that another parser read may be of any depth.
  if (encoding && thrown instanceof RangeError)
    return requestFailure(apiError(400, 'The request is nested too deep to be translated.'), thrown)
  logger?.error(thrown)
  // A client can write what no translation takes, such as half of a surrogate pair: that must not count against the provider.
  if (encoding)
    return requestFailure(apiError(500, 'The request could not be translated.', { retryable: false }), thrown)
  return streamFailure('malformed', 'The answer could not be processed.', thrown)
}

function requestFailure(api: ApiError, cause?: unknown): UpstreamError {
  return new UpstreamError('request', api, { cause })
}
