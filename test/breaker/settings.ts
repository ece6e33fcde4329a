import type { BreakerSettings } from '../../lib/config/resolved.ts'

/** Three failures within a minute open the circuit for ten seconds. */
export function settings(change: Partial<BreakerSettings> = {}): BreakerSettings {
  return {
    failureThreshold: 3,
    failureShare: undefined,
    interval: 60_000,
    cooldown: 10_000,
    minimumRequests: 1,
    failureStatusCodes: [],
    ...change,
  }
}
