/** Figures of earlier requests that hedging goes by. One for all requests of a process. */
export interface HedgeStatistics {
  /** Notes a target's time to its first content, in milliseconds. */
  note(target: string, ms: number): void
  /** The 95th percentile of a target's recent times; undefined as long as too few are known. */
  p95(target: string): number | undefined
  /** Counts a request of a group; its allowance of extra calls grows by `share`. */
  count(group: string, share: number): void
  /** Takes one extra call from the group's allowance, if there is one. */
  spend(group: string): boolean
}

const SAMPLES = 200
const ENOUGH_SAMPLES = 20
/**
 * Extra calls that a group may save up, and starts with. Late answers come in bunches: with fewer, a share of extra calls that is
 * just the share of late answers would leave many of them unhelped.
 */
const MOST_SAVED = 10

export function hedgeStatistics(): HedgeStatistics {
  const times = new Map<string, number[]>()
  const allowances = new Map<string, number>()
  return {
    note(target, ms) {
      const known = times.get(target) ?? []
      times.set(target, known)
      known.push(ms)
      if (known.length > SAMPLES) known.shift()
    },
    p95(target) {
      const known = times.get(target) ?? []
      if (known.length < ENOUGH_SAMPLES) return undefined
      return known.toSorted((a, b) => a - b)[Math.floor(known.length * 0.95)]
    },
    count(group, share) {
      allowances.set(group, Math.min(MOST_SAVED, (allowances.get(group) ?? MOST_SAVED) + share))
    },
    spend(group) {
      const allowance = allowances.get(group) ?? 0
      if (allowance < 1) return false
      allowances.set(group, allowance - 1)
      return true
    },
  }
}
