import { TRANSIENT_STATUSES } from '../../config/settings.ts'
import type { ResolvedSettings } from '../../config.ts'
import type { UpstreamError } from '../../errors.ts'
import { isOfKey } from '../routing/key-ring.ts'
import { backoff } from './backoff.ts'

/** The facts when an attempt has failed. */
export interface Situation {
  failure: UpstreamError
  /** Whether the target can be asked in a simpler way to continue what the client has. */
  hasSimplerWay: boolean
  /** Whether the target has a key that does not rest. */
  hasOtherKey: boolean
  /** Whether the config has other targets. */
  hasOthers: boolean
  /** Retries already spent on this target. */
  retries: number
  settings: Pick<ResolvedSettings, 'retry'>
  /** Whether a broken answer may continue at all. */
  mayContinue: boolean
  /** Whether the client has some of the answer. */
  committed: boolean
  /** Whether `retry_budget` allows another attempt. */
  budgetLeft: boolean
  /** Milliseconds left of `total_timeout`. */
  timeLeft: number
  /** In [0, 1), for the jitter. */
  random: number
}

/**
 * - `simpler-way`: the same target again at once, asked to continue in the next simpler way, at no cost of retries
 * - `other-key`: the same target again at once, with another of its keys, at no cost of retries
 * - `retry`: the same target again after `delay` milliseconds
 */
export type Step =
  | { type: 'simpler-way' }
  | { type: 'other-key' }
  | { type: 'retry'; delay: number }
  | { type: 'fallback' }
  | { type: 'fail' }

/** All policy after a failure. Whether there is a target to fall back to, the plan knows. */
export function decide(situation: Situation): Step {
  const { failure, retries, settings, budgetLeft, timeLeft, random } = situation
  if (!budgetLeft || timeLeft <= 0) return { type: 'fail' }
  if (situation.committed && !situation.mayContinue) return { type: 'fail' }
  if (situation.hasSimplerWay && refuses(failure)) return { type: 'simpler-way' }
  if (situation.hasOtherKey && isOfKey(failure)) return { type: 'other-key' }
  // A silent target would be as silent again, for as long.
  if (failure.silent && situation.hasOthers) return { type: 'fallback' }
  if (retries >= settings.retry.attempts || !mayHelp(failure, settings.retry.onStatusCodes)) return { type: 'fallback' }
  const requestedDelay = settings.retry.useRetryAfterHeader ? failure.api.retryAfter : undefined
  const delay = requestedDelay ?? backoff(retries, random)
  if ((requestedDelay !== undefined && requestedDelay > settings.retry.maxDelay) || delay >= timeLeft)
    return { type: 'fallback' }
  return { type: 'retry', delay }
}

/** Whether a target refuses the way in which it was asked to continue, rather than being unable to answer. */
function refuses({ kind, status, api }: UpstreamError): boolean {
  if (api.code === 'continuation_refused') return true
  // One that may pass, of its credentials, has nothing to do with the way.
  if (kind === 'request') return !api.retryable
  return kind === 'status' && (status === 400 || status === 422)
}

/**
 * Whether the same target may succeed with the same request. The provider's own word comes first. The body can say that a
 * transient status is none (a used-up quota); a status that the config adds to the list is always retried.
 */
function mayHelp({ kind, status, api, shouldRetry }: UpstreamError, codes: readonly number[]): boolean {
  if (shouldRetry !== undefined) return shouldRetry
  if (kind !== 'status' || status === undefined) return api.retryable
  return codes.includes(status) && (api.retryable || !TRANSIENT_STATUSES.includes(status))
}
