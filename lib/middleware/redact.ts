import { UpstreamError } from '../errors.ts'

/** A shorter secret would blank out innocent text. */
const SHORTEST_SECRET = 6

/** The failure without the secrets of the attempt, should the provider have quoted one in its message. */
export function redacted(failure: UpstreamError, secrets: readonly (string | undefined)[]): UpstreamError {
  let message = failure.api.message
  for (const secret of secrets) {
    if (secret !== undefined && secret.length >= SHORTEST_SECRET) message = message.replaceAll(secret, '***')
  }
  if (message === failure.api.message) return failure
  const { kind, api, cause, status, headers, shouldRetry } = failure
  return new UpstreamError(
    kind,
    { ...api, message },
    { cause, headers, ...(status !== undefined && { status }), ...(shouldRetry !== undefined && { shouldRetry }) },
  )
}
