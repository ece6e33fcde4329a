import type { BreakerSettings } from '../config.ts'
import type { UpstreamError } from '../errors.ts'

/** Whether a failed attempt speaks against its target. What the request is to blame for does not. */
export function countsAsFailure({ kind, status, api }: UpstreamError, settings: BreakerSettings): boolean {
  // It was asked what not every model can do, and answers like any other.
  if (api.code === 'continuation_refused') return false
  if (kind === 'status' || kind === 'in-band') return settings.failureStatusCodes.includes(status ?? api.status)
  return kind !== 'request' && kind !== 'skipped'
}
