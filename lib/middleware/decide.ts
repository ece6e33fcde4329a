import type { Settings } from '../config.ts'
import type { UpstreamError } from '../errors.ts'
import { backoff } from './backoff.ts'

/** What is known when an attempt has failed. */
export interface Situation {
  failure: UpstreamError
  /** Retries already spent on this target. */
  retries: number
  settings: Pick<Settings, 'retry' | 'midStream'>
  /** Whether the client has some of the answer. */
  committed: boolean
  /** Whether the client has a tool call, whole or in part: it cannot be taken back, and a second one would be run too. */
  callSent: boolean
  /** In [0, 1), for the jitter. */
  random: number
}

/** What comes next; `delay` in milliseconds. */
export type Step = { type: 'retry'; delay: number } | { type: 'fallback' } | { type: 'fail' }

/** All policy after a failure. Whether there is a target to fall back to is the plan's business. */
export function decide({ failure, retries, settings, committed, callSent, random }: Situation): Step {
  if (committed && (settings.midStream === 'error' || callSent)) return { type: 'fail' }
  if (retries >= settings.retry.attempts || !mayHelp(failure, settings.retry.onStatusCodes)) return { type: 'fallback' }
  const told = settings.retry.useRetryAfterHeader ? failure.api.retryAfter : undefined
  if (told === undefined) return { type: 'retry', delay: backoff(retries, random) }
  return told > settings.retry.maxDelay ? { type: 'fallback' } : { type: 'retry', delay: told }
}

/** Statuses that are transient by nature. */
export const RETRY_STATUS_CODES: readonly number[] = [408, 409, 429, 500, 502, 503, 504, 529]

/**
 * Whether the same target may succeed with the same request. The body can say that a transient status is none (a used-up
 * quota); a status that the config adds to the list is always retried.
 */
function mayHelp({ kind, status, api }: UpstreamError, codes: readonly number[]): boolean {
  if (kind !== 'status' || status === undefined) return api.retryable
  return codes.includes(status) && (api.retryable || !RETRY_STATUS_CODES.includes(status))
}
