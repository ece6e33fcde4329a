import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/**
 * Why a request for the playground is refused; undefined if it is not. `host` is the address that the server listens on.
 *
 * A web page elsewhere can have its own name point to this machine (DNS rebinding), and would then be of the same origin: so
 * the Host must be one that such a page cannot have. And it can send requests from where it is, though it may not read the
 * answers: so what a browser says of a request's origin must be this server.
 */
export function refusedBecause(headers: IncomingHttpHeaders, host: string): string | undefined {
  const { origin } = headers
  const name = hostname(headers.host)
  if (name === undefined || !isOurs(name, host.toLowerCase())) {
    return 'The playground is not served under this host name.'
  }
  const site = headers['sec-fetch-site'] ?? 'none'
  // A link on another page may lead here.
  const follows = headers['sec-fetch-mode'] === 'navigate'
  if (site !== 'same-origin' && site !== 'none' && !follows) return 'The playground answers its own page only.'
  if (origin !== undefined && originHost(origin) !== headers.host) return 'The playground answers its own page only.'
  return undefined
}

function isOurs(name: string, host: string): boolean {
  if (isLoopback(name) || name === host) return true
  // An address cannot be rebound.
  return isWildcard(host) && isIP(name) !== 0
}

/** Whether nobody but this machine reaches a server that listens there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

/** In lower case, without port and brackets. */
function hostname(host: string | undefined): string | undefined {
  const url = `http://${host}`
  if (host === undefined || !URL.canParse(url)) return undefined
  const parsed = new URL(url)
  // `user@host` and `host/path` are no hosts.
  return parsed.username === '' && parsed.pathname === '/' ? parsed.hostname.replace(/^\[|\]$/g, '') : undefined
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
