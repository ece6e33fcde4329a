import { targetsOf } from '../../config/targets-of.ts'
import type { LiveFigure, ResolvedRoute } from '../../config.ts'

/** How the targets of this process are doing, for groups that balance by it. One for all requests of a config. */
export interface Load {
  /** An attempt on a target begins; what this returns is called once, when it ends. */
  begin(target: string): (end: AttemptFigures) => void
  /** A route's figure, the lower the better; 0 for one that nobody has asked. */
  figure(route: ResolvedRoute, by: LiveFigure): number
}

export interface AttemptFigures {
  /** Milliseconds to the first content; undefined: none came. */
  readonly firstContent: number | undefined
  readonly failed: boolean
}

/** The share of the newest time in the mean: some five attempts count. */
const NEWEST = 0.3
/** Milliseconds in which a mean loses half of its weight, so that a target that was slow is tried again. */
const HALF_LIFE_MS = 60_000
/** A failure without content counts as an answer as late as this, in milliseconds: it must not look fast. */
const FAILURE_MS = 10_000

interface Figures {
  busy: number
  /** A mean of the times to the first content in which newer ones count more, in milliseconds. */
  latency: number | undefined
  /** When it was made, by `now`. */
  at: number
}

/** `now`: milliseconds of a clock that only goes forward. */
export function loadOf(now: () => number = () => performance.now()): Load {
  const targets = new Map<string, Figures>()
  const of = (name: string): Figures => {
    const known = targets.get(name) ?? { busy: 0, latency: undefined, at: 0 }
    targets.set(name, known)
    return known
  }
  const latency = (name: string): number => {
    const { latency: mean = 0, at } = of(name)
    return mean * 2 ** ((at - now()) / HALF_LIFE_MS)
  }
  return {
    begin(target) {
      const figures = of(target)
      figures.busy += 1
      return ({ firstContent, failed }) => {
        figures.busy -= 1
        const ms = firstContent ?? (failed ? FAILURE_MS : undefined)
        if (ms === undefined) return
        figures.latency = figures.latency === undefined ? ms : figures.latency + NEWEST * (ms - figures.latency)
        figures.at = now()
      }
    },
    figure(route, by) {
      const [first, ...others] = targetsOf(route).map(({ name }) => name)
      if (first === undefined) return 0
      if (by === 'latency') return latency(first)
      return [first, ...others].reduce((sum, name) => sum + of(name).busy, 0)
    },
  }
}

/** Whether a group of the config balances by figures, so that they have to be kept. */
export function isLive(route: ResolvedRoute): boolean {
  if (route.kind === 'target') return false
  return (route.mode === 'loadbalance' && route.by !== 'weight') || route.routes.some(isLive)
}
