import type { Breaker, Verdict } from '../breaker/breaker.ts'
import { countsAsFailure } from '../breaker/counts-as-failure.ts'
import type { Target } from '../config.ts'
import { apiError, UpstreamError } from '../errors.ts'
import type { AttemptReport } from './exchange.ts'

/** Whether an attempt on this target may start. A target without `cb_config` is always closed. */
export function admit(breaker: Breaker, { name, settings }: Target): Verdict | Promise<Verdict> {
  return settings.breaker === undefined ? { type: 'closed' } : breaker.admit({ name, settings: settings.breaker })
}

/** Tells the target's circuit what became of an attempt that started with this verdict. */
export function record(
  breaker: Breaker,
  { name, settings }: Target,
  verdict: Verdict,
  { outcome, error }: Pick<AttemptReport, 'outcome' | 'error'>,
): void | Promise<void> {
  if (settings.breaker === undefined) return undefined
  const failed = error !== undefined && outcome !== 'aborted' && countsAsFailure(error, settings.breaker)
  const result = failed ? 'failure' : error === undefined ? 'success' : 'neutral'
  const limited = (error?.status ?? error?.api.status) === 429
  return breaker.record(
    { name, settings: settings.breaker },
    verdict,
    result,
    limited ? error?.api.retryAfter : undefined,
  )
}

/** What stands for an attempt on a target whose circuit is open. */
export function circuitOpen(): UpstreamError {
  return new UpstreamError('skipped', apiError(503, 'The provider has failed too often and is left alone for a while.'))
}
