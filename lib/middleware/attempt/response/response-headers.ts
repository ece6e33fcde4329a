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

/** Those of the returned headers that hold the provider's id of a response. */
const REQUEST_IDS = [
  ...['x-streamgate-provider-request-id', 'request-id', 'apim-request-id', 'x-amzn-requestid'],
  'mistral-correlation-id',
]

export function providerRequestId(returned: Readonly<Record<string, string>>): string | undefined {
  const name = REQUEST_IDS.find((each) => returned[each] !== undefined)
  return name === undefined ? undefined : returned[name]?.slice(0, 256)
}

/** A parameter's name that may stand in a header: the client can invent any. */
const PARAM_NAME = /^[\w.-]{1,64}$/
const MAX_PARAM_NAMES = 20

/** The header that names the parameters which were not sent to the provider. */
export function droppedHeader(names: readonly string[] = [], legacy = false): Record<string, string> {
  // Clients of the old format did not ask for it: that format has no room for parallel calls.
  const dropped = names.filter((name) => PARAM_NAME.test(name) && !(legacy && name === 'parallel_tool_calls'))
  if (dropped.length === 0) return {}
  return { 'x-streamgate-dropped-params': [...new Set(dropped)].sort().slice(0, MAX_PARAM_NAMES).join(', ') }
}

/** The header that names what was changed so that the provider takes the conversation. The names are ours. */
export function adjustedHeader(kinds: readonly string[] = []): Record<string, string> {
  return kinds.length === 0 ? {} : { 'x-streamgate-adjusted': kinds.join(', ') }
}
