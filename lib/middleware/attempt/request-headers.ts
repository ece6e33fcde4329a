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

/** The token of `Authorization: Bearer …`. The portkey-ai SDK sends the key alone. */
export function bearerToken(headers: IncomingHttpHeaders): string | undefined {
  return /^(?:Bearer +|(?!Bearer))(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
}
