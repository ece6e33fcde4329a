import type { Breaker, Verdict } from '../../breaker/breaker.ts'
import { countsAsFailure } from '../../breaker/counts-as-failure.ts'
import type { ResolvedTarget } from '../../config.ts'
import { apiError, UpstreamError } from '../../errors.ts'
import type { AttemptReport } from '../request-context.ts'

/** Whether an attempt on this target may start. A target without `cb_config` is always closed. */
export function admit(breaker: Breaker, { name, settings }: ResolvedTarget): Verdict | Promise<Verdict> {
  return settings.breaker === undefined ? { type: 'closed' } : breaker.admit({ name, settings: settings.breaker })
}

/** Records the result of an attempt, which started with this verdict, in the target's circuit. */
export function record(
  breaker: Breaker,
  { name, settings }: ResolvedTarget,
  verdict: Verdict,
  { outcome, error, clientKey }: Pick<AttemptReport, 'outcome' | 'error' | 'clientKey'>,
): void | Promise<void> {
  if (settings.breaker === undefined) return undefined
  const status = error?.status ?? error?.api.status
  // A refusal of one client's key says nothing about the keys of others.
  const ofKey = clientKey && status !== undefined && KEY_STATUSES.has(status)
  const failed = error !== undefined && outcome !== 'aborted' && !ofKey && countsAsFailure(error, settings.breaker)
  const result = failed ? 'failure' : error === undefined ? 'success' : 'neutral'
  const limited = status === 429 && !ofKey
  return breaker.record(
    { name, settings: settings.breaker },
    verdict,
    result,
    limited ? error?.api.retryAfter : undefined,
  )
}

/** No such key, spent, not allowed, too fast. */
const KEY_STATUSES: ReadonlySet<number> = new Set([401, 402, 403, 429])

/** The failure of a target that is not asked, since its circuit is open. */
export function circuitOpen(): UpstreamError {
  return new UpstreamError('skipped', apiError(503, 'The provider has failed too often and is left alone for a while.'))
}
