import type { IncomingHttpHeaders } from 'node:http'

/** The client's headers that the config names, for the provider. */
export function forwardedHeaders(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  const result: Record<string, string> = {}
  for (const name of names) {
    // The names come from a config, and every object inherits a `constructor`.
    if (Object.hasOwn(headers, name)) result[name] = String(headers[name])
  }
  return result
}

/** The client's own key: the token of `Authorization: Bearer …` (the portkey-ai SDK sends the key alone), else `x-api-key`. */
export function clientKeyOf({ authorization = '', 'x-api-key': key }: IncomingHttpHeaders): string | undefined {
  const token = /^(?:Bearer +|(?!Bearer))(\S+) *$/i.exec(authorization)?.[1]
  return token ?? (typeof key === 'string' && /^\S+$/.test(key) ? key : undefined)
}
