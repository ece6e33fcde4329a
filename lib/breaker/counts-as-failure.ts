import type { BreakerSettings } from '../config.ts'
import type { UpstreamError } from '../errors.ts'

/** Whether a failed attempt speaks against its target. What the request is to blame for does not. */
export function countsAsFailure({ kind, status, api }: UpstreamError, settings: BreakerSettings): boolean {
  if (kind === 'status' || kind === 'in-band') return settings.failureStatusCodes.includes(status ?? api.status)
  return kind !== 'request' && kind !== 'skipped'
}
