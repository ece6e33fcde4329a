import type { IncomingHttpHeaders } from 'node:http'

/**
 * The provider's headers that may go back to the client: how long to wait, rate limits, request ids. Cookies, account
 * names and everything about the connection stay here. `x-request-id` is ours, so the provider's has another name.
 */
const RETURNED =
  /^(retry-after|retry-after-ms|(x-|anthropic-)?(ratelimit|tokenlimit)(-.+)?|x-request-id|request-id|apim-request-id|x-amzn-requestid|mistral-correlation-id)$/

export function returnedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const result: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && RETURNED.test(name)) result[RENAMED[name] ?? name] = String(value)
  }
  return result
}

const RENAMED: Readonly<Record<string, string>> = { 'x-request-id': 'x-streamgate-provider-request-id' }

/** Under which of the returned headers providers tell the id of a response. */
const REQUEST_IDS = [
  ...['x-streamgate-provider-request-id', 'request-id', 'apim-request-id', 'x-amzn-requestid'],
  'mistral-correlation-id',
]

export function providerRequestId(returned: Readonly<Record<string, string>>): string | undefined {
  const name = REQUEST_IDS.find((each) => returned[each] !== undefined)
  return name === undefined ? undefined : returned[name]?.slice(0, 256)
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

/** What of the metadata the config names, for the provider's own field; texts alone, since that field has no other. */
export function forwardedMetadata(
  metadata: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): { metadata?: Record<string, string> } {
  const told = keys.flatMap((key): [string, string][] => {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined
    return typeof value === 'string' ? [[key, value]] : []
  })
  return told.length === 0 ? {} : { metadata: Object.fromEntries(told) }
}

/** What a header may hold of a parameter's name, which can be the client's own invention. */
const PARAM_NAME = /^[\w.-]{1,64}$/
const MAX_PARAM_NAMES = 20

/** Tells the client which parameters the provider was not told. */
export function droppedHeader(names: readonly string[] = [], legacy = false): Record<string, string> {
  // The old format's clients did not ask for it: it has no room for parallel calls.
  const told = names.filter((name) => PARAM_NAME.test(name) && !(legacy && name === 'parallel_tool_calls'))
  if (told.length === 0) return {}
  return { 'x-streamgate-dropped-params': [...new Set(told)].sort().slice(0, MAX_PARAM_NAMES).join(', ') }
}

/** The token of `Authorization: Bearer …`. The portkey-ai SDK sends the key alone. */
export function bearerToken(headers: IncomingHttpHeaders): string | undefined {
  return /^(?:Bearer +|(?!Bearer))(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
}
