import { promises as dns, type LookupAddress, type RecordWithTtl } from 'node:dns'
import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { addressesIn, HOSTS_FILE } from './hosts-file.ts'

/** What a name leads to. */
export interface Resolved {
  /** At least one. */
  readonly addresses: readonly LookupAddress[]
  /** How long they hold, in milliseconds. */
  readonly ttl: number
}

/** Rejects with an error that has a `code` of `node:dns`. */
export type Resolve = (name: string) => Promise<Resolved>

interface Options {
  /** DNS servers, in place of this machine's. */
  servers?: readonly string[]
  hostsFile?: string
  /** The system's own resolver. */
  system?: (name: string, options: { all: true }) => Promise<LookupAddress[]>
  /** For one question to one DNS server, in milliseconds; the second round waits twice as long. */
  timeout?: number
}

/** How long an address holds that comes without a time to live. */
const DEFAULT_TTL_MS = 10_000

/** A DNS server that does not answer at all is no reason to ask the system, which would ask the same one. */
const SILENT: ReadonlySet<unknown> = new Set(['ETIMEOUT', 'ECANCELLED'])

/**
 * Resolves a name in the order that most machines have: the hosts file, DNS, and, for a name that DNS does not know, the
 * system (search domains, mDNS, and what else it is set up for).
 *
 * DNS is asked by c-ares, each name through sockets of its own. The system's resolver (`dns.lookup`) blocks a thread until it
 * answers, and at most two of libuv's four may be blocked so (`uv__slow_work`): two silent names would hold up all others.
 */
export function createResolve({
  servers,
  hostsFile = HOSTS_FILE,
  system = dns.lookup,
  timeout = 1000,
}: Options = {}): Resolve {
  return async (name) => {
    const hosts = await readFile(hostsFile, 'utf8').catch(() => '')
    const own = addressesIn(hosts, name)
    if (own.length > 0) return { addresses: own, ttl: DEFAULT_TTL_MS }
    // A new one each time, since it reads the machine's settings only once.
    const resolver = new dns.Resolver({ timeout, tries: 2 })
    if (servers !== undefined) resolver.setServers(servers)
    try {
      return await askDns(resolver, name)
    } catch (error) {
      if (SILENT.has((error as NodeJS.ErrnoException).code)) throw error
      return { addresses: await system(name, { all: true }), ttl: DEFAULT_TTL_MS }
    }
  }
}

/** Asks for both families, for the second only where this machine could reach it. One answer is enough. */
async function askDns(resolver: dns.Resolver, name: string): Promise<Resolved> {
  const queries = [
    resolver.resolve4(name, { ttl: true }),
    ...(hasIpv6() ? [resolver.resolve6(name, { ttl: true })] : []),
  ]
  const answers = await Promise.allSettled(queries)
  const records = answers.flatMap((answer, index) =>
    answer.status === 'fulfilled' ? answer.value.map((record) => ({ ...record, family: index === 0 ? 4 : 6 })) : [],
  )
  const [first] = answers
  if (records.length === 0 && first?.status === 'rejected') throw first.reason
  return {
    addresses: records.map(({ address, family }) => ({ address, family })),
    ttl: Math.min(...records.map(({ ttl }: RecordWithTtl) => ttl * 1000)),
  }
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses = []) =>
    addresses.some(({ family, internal, scopeid }) => family === 'IPv6' && !internal && scopeid === 0),
  )
}
