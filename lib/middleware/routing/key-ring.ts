import type { ApiKey, ResolvedTarget } from '../../config.ts'
import type { UpstreamError } from '../../errors.ts'

/** Which of a target's several keys is asked with. One for all requests of a config. */
export interface KeyRing {
  /** The first key that does not rest, else the one that rests the shortest; undefined for a target without several. */
  pick(target: Pick<ResolvedTarget, 'apiKeys'>): ApiKey | undefined
  /** Whether a key of the target's does not rest. */
  hasRested(target: Pick<ResolvedTarget, 'apiKeys'>): boolean
  /** Notes what became of an attempt with the key: a refused or limited one rests, one that served does no longer. */
  note(key: ApiKey, error: UpstreamError | undefined): void
}

/** Milliseconds that a key rests which was refused or has no credit left. */
const REFUSED_MS = 300_000
/** The same of one that was used too often, if the provider names no time. */
const LIMITED_MS = 30_000
/** However long a provider asks to wait. */
const LONGEST_MS = 3_600_000

/** `now`: milliseconds of a clock that only goes forward. */
export function keyRing(now: () => number = () => performance.now()): KeyRing {
  const restUntil = new WeakMap<ApiKey, number>()
  const until = (key: ApiKey) => restUntil.get(key) ?? 0
  const rests = (key: ApiKey) => until(key) > now()
  return {
    pick: ({ apiKeys = [] }) =>
      apiKeys.find((key) => !rests(key)) ?? apiKeys.toSorted((a, b) => until(a) - until(b))[0],
    hasRested: ({ apiKeys = [] }) => apiKeys.some((key) => !rests(key)),
    note(key, error) {
      if (error === undefined) restUntil.delete(key)
      else if (isOfKey(error)) restUntil.set(key, now() + restOf(error))
    },
  }
}

function restOf({ api }: UpstreamError): number {
  if (api.status !== 429 || !api.retryable) return REFUSED_MS
  return Math.min(api.retryAfter ?? LIMITED_MS, LONGEST_MS)
}

/** Whether a failure is about the key that was sent, and another may serve: refused, spent, not allowed, too fast. */
export function isOfKey({ kind, api }: UpstreamError): boolean {
  return (kind === 'status' || kind === 'in-band') && KEY_STATUSES.has(api.status)
}

const KEY_STATUSES: ReadonlySet<number> = new Set([401, 402, 403, 429])
