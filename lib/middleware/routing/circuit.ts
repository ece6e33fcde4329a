import type { Breaker, Verdict } from '../../breaker/breaker.ts'
import { countsAsFailure } from '../../breaker/counts-as-failure.ts'
import type { ResolvedTarget } from '../../config.ts'
import { apiError, UpstreamError } from '../../errors.ts'
import type { AttemptReport } from '../request-context.ts'
import { isOfKey } from './key-ring.ts'

/** Whether an attempt on this target may start. A target without `cb_config` is always closed. */
export function admit(breaker: Breaker, { name, settings }: ResolvedTarget): Verdict | Promise<Verdict> {
  return settings.breaker === undefined ? { type: 'closed' } : breaker.admit({ name, settings: settings.breaker })
}

/** Records the result of an attempt, which started with this verdict, in the target's circuit. */
export function recordResult(
  breaker: Breaker,
  { name, settings }: ResolvedTarget,
  verdict: Verdict,
  { outcome, error, clientKey, key }: Pick<AttemptReport, 'outcome' | 'error' | 'clientKey' | 'key'>,
): void | Promise<void> {
  if (settings.breaker === undefined) return undefined
  const status = error?.status ?? error?.api.status
  // A refusal of one client's key, or of one of several, says nothing about other keys.
  const ofKey = (clientKey || key !== undefined) && error !== undefined && isOfKey(error)
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

/** The failure of a target that is not asked, since its circuit is open. */
export function circuitOpen(): UpstreamError {
  return new UpstreamError('skipped', apiError(503, 'The provider has failed too often and is left alone for a while.'))
}
