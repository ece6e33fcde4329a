import type { BreakerSettings } from '../config.ts'
import { guard, type Logger } from './guard.ts'
import { steadyNow } from './steady-now.ts'
import type { BreakerStore } from './store.ts'
import { type Awaitable, when } from './when.ts'

export interface BreakerTarget {
  /** What the target is known by in the store: targets of one name share a circuit. */
  readonly name: string
  readonly settings: BreakerSettings
}

/**
 * - `closed`: go on
 * - `probe`: the circuit is half open, and this one attempt decides whether it closes; after `lapses` another one may
 * - `open`: leave the target alone until the probe, which is due at `until`, or under way if that is past
 *
 * Times in ms since 1970.
 */
export type Verdict =
  | { readonly type: 'closed' }
  | { readonly type: 'probe'; readonly until: number; readonly lapses: number }
  | { readonly type: 'open'; readonly until: number }

export type CircuitState = 'closed' | 'open' | 'half-open'

/** Circuit breakers, one a target. Neither method throws or rejects; with a store in memory both return at once. */
export interface Breaker {
  /** Whether an attempt on this target may start. A `probe` has to be recorded, whatever becomes of it. */
  admit(target: BreakerTarget): Awaitable<Verdict>
  /**
   * What became of an attempt, and the verdict that it started with. `neutral` (the client left, the request was wrong)
   * counts for nothing and gives a probe back. `retryAfter`: the milliseconds that the provider asked to wait.
   */
  record(
    target: BreakerTarget,
    verdict: Verdict,
    result: 'success' | 'failure' | 'neutral',
    retryAfter?: number,
  ): Awaitable<void>
}

/** After so long a probe counts as lost, with the process that made it, and another one may start. */
const PROBE_MS = 5 * 60_000
/** How long after its cooldown a circuit that nobody asked for still wants a probe. */
const REMEMBERED_MS = 60 * 60_000
/** The waits of providers that a cooldown follows. */
const RETRY_AFTER_MS = { min: 1000, max: 10 * 60_000 }

const CLOSED: Verdict = { type: 'closed' }

export interface BreakerOptions {
  /** Milliseconds since 1970, the same in all processes that share the store. @default Date.now */
  now?: () => number
  logger?: Logger | undefined
  /** Called with a target's state when it is first seen, and when it is seen to have changed. Must not throw. */
  onState?: ((target: string, state: CircuitState, before: CircuitState | undefined) => void) | undefined
}

/** All breakers of a store, in one process or in many, know the same. */
export function createBreaker(store: BreakerStore, { logger, onState, ...options }: BreakerOptions = {}): Breaker {
  const { now = Date.now } = options
  const safely = guard(options.now ?? steadyNow, logger)
  const see = onState && changes(onState)

  function admit({ name }: BreakerTarget): Awaitable<Verdict> {
    return when([store.get(openKey(name))], ([value]) => {
      if (value === undefined) {
        see?.(name, 'closed')
        return CLOSED
      }
      const { until, cooldown } = openingOf(value)
      const open: Verdict = { type: 'open', until }
      const left = until - now()
      // Clocks of several machines differ by less than a cooldown; what is far more is a clock that jumped back since.
      const cooling = left > 0 && left <= 2 * cooldown
      see?.(name, cooling ? 'open' : 'half-open')
      if (cooling) return open
      const probe: Verdict = { ...open, type: 'probe', lapses: now() + PROBE_MS }
      return when([store.setIfAbsent(probeKey(name, open.until), '1', PROBE_MS)], ([won]) => (won ? probe : open))
    })
  }

  /** Whether the attempt still decides about the circuit. */
  function decides(verdict: Verdict): verdict is Verdict & { type: 'probe' } {
    return verdict.type === 'probe' && now() < verdict.lapses
  }

  /** An answer closes the circuit, also that of a target which was tried although its circuit is open. */
  function succeeded({ name, settings }: BreakerTarget, verdict: Verdict): Awaitable<unknown> {
    const keys = countKeys(name, settings, now())
    if (verdict.type === 'closed') return store.increment(keys.successes, settings.interval)
    return when([store.delete([openKey(name), ...Object.values(keys)])], () => see?.(name, 'closed'))
  }

  function failed({ name, settings }: BreakerTarget, verdict: Verdict, retryAfter?: number): Awaitable<unknown> {
    const cooldown = retryAfter === undefined ? settings.cooldown : clamp(retryAfter, RETRY_AFTER_MS)
    const open = [openKey(name), opening(now() + cooldown, cooldown), cooldown + REMEMBERED_MS] as const
    const opened = () => see?.(name, 'open')
    if (decides(verdict)) return when([store.set(...open)], opened)
    // Nobody asked it whether the circuit is to stay open.
    if (verdict.type !== 'closed') return undefined

    const keys = countKeys(name, settings, now())
    return when(
      [
        store.increment(keys.failures, settings.interval),
        store.get(keys.failuresBefore),
        store.get(keys.successes),
        store.get(keys.successesBefore),
      ],
      ([failures, failuresBefore = 0, successes = 0, successesBefore = 0]) =>
        // Attempts that began before the circuit opened end while it is open: the first to open it sets the time.
        trips(settings, failures + Number(failuresBefore), Number(successes) + Number(successesBefore)) &&
        when([store.setIfAbsent(...open)], opened),
    )
  }

  function giveBack({ name }: BreakerTarget, verdict: Verdict): Awaitable<unknown> {
    return decides(verdict) ? store.delete([probeKey(name, verdict.until)]) : undefined
  }

  const results = { success: succeeded, failure: failed, neutral: giveBack }

  return {
    admit: (target) =>
      safely(
        () => admit(target),
        CLOSED,
        (verdict) => giveBack(target, verdict),
      ),
    record: (target, verdict, result, retryAfter) =>
      safely<void>(() => when([results[result](target, verdict, retryAfter)], () => {}), undefined),
  }
}

/** Passes on what is new. */
function changes(onState: NonNullable<BreakerOptions['onState']>): (target: string, state: CircuitState) => void {
  const known = new Map<string, CircuitState>()
  return (target, state) => {
    const before = known.get(target)
    known.set(target, state)
    if (state !== before) onState(target, state, before)
  }
}

/** Whether so many failures and successes open a circuit. */
function trips(settings: BreakerSettings, failures: number, successes: number): boolean {
  const { failureThreshold = Infinity, failureShare = Infinity, minimumRequests } = settings
  const requests = failures + successes
  if (requests < minimumRequests) return false
  return failures >= failureThreshold || failures / requests >= failureShare
}

function openKey(name: string): string {
  return `open:${name}`
}

/** The value of an open circuit: when its cooldown ends, and how long it is. */
function opening(until: number, cooldown: number): string {
  return `${until} ${cooldown}`
}

function openingOf(value: string): { until: number; cooldown: number } {
  const [until = Number.NaN, cooldown = Number.POSITIVE_INFINITY] = value.split(' ').map(Number)
  return { until, cooldown }
}

/** Each opening has a probe of its own: who learned of an earlier one too late gets none. */
function probeKey(name: string, until: number): string {
  return `probe:${until}:${name}`
}

/**
 * Counted by halves of the interval, of which the running and the last one count: nothing older than the interval, and
 * all of a burst that is shorter than half of it.
 */
function countKeys(name: string, { interval }: BreakerSettings, now: number) {
  const half = Math.floor(now / (interval / 2))
  return {
    failures: `failures:${half}:${name}`,
    failuresBefore: `failures:${half - 1}:${name}`,
    successes: `successes:${half}:${name}`,
    successesBefore: `successes:${half - 1}:${name}`,
  }
}

function clamp(value: number, { min, max }: { min: number; max: number }): number {
  return Math.min(Math.max(value, min), max)
}
