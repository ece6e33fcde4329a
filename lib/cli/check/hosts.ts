import { lookup } from 'node:dns/promises'

/** A resolver may try for much longer. */
const PATIENCE_MS = 5000

export interface Resolved {
  readonly host: string
  /** Its addresses, or why there are none. */
  readonly text: string
  readonly found: boolean
}

/** Asks for the addresses of each host, all at once. Never rejects. */
export function resolveHosts(hosts: readonly string[]): Promise<Resolved[]> {
  return Promise.all(hosts.map(resolve))
}

async function resolve(host: string): Promise<Resolved> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject({ code: 'no answer' }), PATIENCE_MS)
  try {
    const addresses = await Promise.race([lookup(host.replace(/^\[|\]$/g, ''), { all: true }), late.promise])
    return { host, text: addresses.map(({ address }) => address).join(', '), found: true }
  } catch (error) {
    return { host, text: `does not resolve (${(error as NodeJS.ErrnoException).code})`, found: false }
  } finally {
    clearTimeout(timer)
  }
}
