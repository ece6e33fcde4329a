import type { IncomingHttpHeaders } from 'node:http'

/**
 * The provider's headers that may go back to the client: how long to wait, rate limits, request ids. Cookies, account
 * names and everything about the connection stay here.
 */
const RETURNED =
  /^(retry-after|retry-after-ms|(x-|anthropic-)?(ratelimit|tokenlimit)(-.+)?|x-request-id|request-id|apim-request-id|x-amzn-requestid|mistral-correlation-id)$/

export function returnedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const result: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && RETURNED.test(name)) result[name] = String(value)
  }
  return result
}

/** The client's headers that the config names, for the provider. */
export function forwardedHeaders(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  const result: Record<string, string> = {}
  for (const name of names) {
    // Of its own: the names come from a config, and every object has a `constructor`.
    if (Object.hasOwn(headers, name)) result[name] = String(headers[name])
  }
  return result
}

/** The token of `Authorization: Bearer …`. */
export function bearerToken(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
}
