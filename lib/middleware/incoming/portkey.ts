import type { IncomingHttpHeaders } from 'node:http'

/** Whether the client sent a header of Portkey's, and so may look for Portkey's headers in the answer. */
export function isPortkeyClient(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => name.startsWith('x-portkey-'))
}
