import { getDefaultResultOrder, type LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { createResolve, type Resolve } from './resolve.ts'

interface Options {
  resolve?: Resolve
  /** How long a connection waits for its name, in milliseconds. @default 4000 */
  patience?: number
  /** Milliseconds on a clock that never goes back. */
  now?: () => number
}

/** Addresses are kept for their time to live, within these bounds. */
const TTL_MS = { min: 1000, max: 5 * 60_000 }
/** How long an address whose time is over is still used while the name cannot be resolved anew. */
const LAST_GOOD_MS = 60 * 60_000
/** How long a name that could not be resolved is left alone: where it has a last good address (RFC 8767), and where not. */
const RETRY_MS = { lastGood: 30_000, none: 1000 }
/** Clients choose names, too. Beyond these, those asked for longest ago are forgotten. */
const MAX_NAMES = 1000

interface Known {
  /** Shared by all who ask while it is fresh. */
  readonly answer: Promise<readonly LookupAddress[]>
  /** Infinity while the answer is awaited. */
  freshUntil: number
  lastGood: { readonly addresses: readonly LookupAddress[]; readonly until: number } | undefined
  /** How many questions it has answered; each answer begins at another address. */
  questions: number
}

/**
 * A `lookup` for sockets that is shared, cached and bounded: connections to one host ask for its name once, wait for it no
 * longer than 4 s, and use its last good addresses if it cannot be resolved anew. It gives all addresses, to be tried in turn
 * (`autoSelectFamily` of `net.connect`).
 */
export function createLookup({
  resolve = createResolve(),
  patience = 4000,
  now = () => performance.now(),
}: Options = {}): LookupFunction {
  const names = new Map<string, Known>()

  const ask = (name: string, before: Known | undefined): Known => {
    const lastGood = before?.lastGood
    const succeeded = (addresses: readonly LookupAddress[], ttl: number) => {
      known.freshUntil = now() + Math.min(Math.max(ttl, TTL_MS.min), TTL_MS.max)
      known.lastGood = { addresses, until: now() + LAST_GOOD_MS }
      return addresses
    }
    const failed = (error: unknown) => {
      const usable = lastGood !== undefined && now() < lastGood.until
      known.freshUntil = now() + (usable ? RETRY_MS.lastGood : RETRY_MS.none)
      if (usable) return lastGood.addresses
      throw error
    }
    const answer = inTime(resolve(name), patience, name).then(({ addresses, ttl }) => succeeded(addresses, ttl), failed)
    const known: Known = { answer, freshUntil: Number.POSITIVE_INFINITY, lastGood, questions: before?.questions ?? 0 }
    names.delete(name)
    names.set(name, known)
    for (const oldest of names.keys()) {
      if (names.size <= MAX_NAMES) break
      names.delete(oldest)
    }
    return known
  }

  return (name, { all, family, order }, callback) => {
    const before = names.get(name)
    const known = before !== undefined && now() < before.freshUntil ? before : ask(name, before)
    const turn = known.questions++
    known.answer.then(
      (addresses) => {
        const suited = suiting(addresses, familyOf(family), order ?? getDefaultResultOrder(), turn)
        const [first] = suited
        if (first === undefined) process.nextTick(callback, notFound(name), [])
        else if (all) process.nextTick(callback, null, suited)
        else process.nextTick(callback, null, first.address, first.family)
      },
      (error: Error) => process.nextTick(callback, error, []),
    )
  }
}

/** One for the process: names are the machine's, whatever they are asked for. */
export const lookup: LookupFunction = createLookup()

/** IPv4 first unless IPv6 is preferred, each from another address on at each turn. */
function suiting(
  addresses: readonly LookupAddress[],
  family: number,
  order: string,
  turn: number,
): readonly LookupAddress[] {
  const families = (order === 'ipv6first' ? [6, 4] : [4, 6]).filter((each) => family === 0 || family === each)
  return families.flatMap((wanted) => {
    const own = addresses.filter((address) => address.family === wanted)
    const from = own.length === 0 ? 0 : turn % own.length
    return [...own.slice(from), ...own.slice(0, from)]
  })
}

function familyOf(family: number | 'IPv4' | 'IPv6' | undefined): number {
  if (family === 'IPv4') return 4
  return family === 'IPv6' ? 6 : (family ?? 0)
}

function notFound(name: string): Error {
  return Object.assign(new Error(`${name} has no address of this family`), { code: 'ENOTFOUND', hostname: name })
}

async function inTime<T>(work: Promise<T>, patience: number, name: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const expired = () => reject(Object.assign(new Error(`no answer for ${name}`), { code: 'ETIMEOUT', hostname: name }))
  const timer = setTimeout(expired, patience)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
