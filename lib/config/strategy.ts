import { at, type Report } from './problems.ts'
import { hasPattern } from './query.ts'
import type { ResolvedGroup, ResolvedGroupBase, ResolvedRoute } from './resolved.ts'
import type { Level } from './schema.ts'
import { isRecord, unknown } from './values.ts'

export type Mode = ResolvedGroup['mode']

/** A target of a group. What of it is undefined is wrong, and reported already. */
export interface Entry {
  readonly path: string
  readonly own: Level | undefined
  readonly route: ResolvedRoute | undefined
}

/** What a group has to choose from, and how. */
export interface Choice {
  /** Of the group. */
  readonly path: string
  readonly strategy: NonNullable<Level['strategy']>
  /** The keys of the strategy, also those whose value is wrong and not in `strategy`. */
  readonly told: readonly string[]
  readonly entries: readonly Entry[]
  /** Whether `$regex` is allowed. */
  readonly patterns: boolean
  readonly report: Report
}

const DEFAULT_MAX_EXTRA = 0.05

/** Where the keys belong that only some modes look at. */
const MODES: Readonly<Record<string, readonly Mode[]>> = {
  weight: ['loadbalance'],
  on_status_codes: ['single', 'fallback', 'loadbalance', 'hedge'],
  conditions: ['conditional'],
  default: ['conditional'],
  sticky: ['loadbalance'],
  delay: ['hedge'],
  max_extra: ['hedge'],
}

/** The mode that is told, or else fits the number of targets; undefined if what is told is wrong. */
export function modeOf(json: Record<string, unknown>, { strategy, targets = [] }: Level): Mode | undefined {
  const told = isRecord(json.strategy) ? json.strategy.mode : json.strategy
  if (told !== undefined) return strategy?.mode
  return targets.length > 1 ? 'fallback' : 'single'
}

/** Reports a key under a mode that does not look at it. */
export function checkMode(key: string, path: string, mode: Mode | undefined, report: Report): void {
  const modes = MODES[key]
  if (modes === undefined || (mode !== undefined && modes.includes(mode))) return
  const names = modes.map((name) => `"${name}"`).join(', ')
  report(at(path, key), `belongs to strategy.mode ${names}${mode === undefined ? '' : `, and here it is "${mode}"`}`)
}

/** The group, with what only its mode has. */
export function resolveStrategy(base: ResolvedGroupBase, mode: Mode, choice: Choice): ResolvedGroup {
  const { path, strategy, entries, report } = choice
  for (const key of Object.keys(strategy)) checkMode(key, at(path, 'strategy'), mode, report)
  for (const { path, own } of entries) if (own?.weight !== undefined) checkMode('weight', path, mode, report)

  switch (mode) {
    case 'single':
    case 'fallback':
      return Object.freeze({ ...base, mode })
    case 'loadbalance': {
      const weights = entries.map(({ own }) => own?.weight ?? 1)
      if (!weights.some((weight) => weight > 0)) report(at(path, 'targets'), 'needs at least one with a weight above 0')
      // The name is what a request sticks to.
      if (strategy.sticky !== undefined) checkNames(choice)
      return Object.freeze({ ...base, mode, weights: Object.freeze(weights), sticky: strategy.sticky })
    }
    case 'conditional':
      return Object.freeze({ ...base, mode, ...resolveConditions(choice) })
    case 'hedge':
      if (entries.length < 2) report(at(path, 'targets'), 'needs at least two for strategy.mode "hedge"')
      return Object.freeze({
        ...base,
        mode,
        delay: strategy.delay ?? 'p95',
        maxExtra: strategy.max_extra ?? DEFAULT_MAX_EXTRA,
      })
  }
}

type Conditional = Extract<ResolvedGroup, { mode: 'conditional' }>

function resolveConditions(choice: Choice): Pick<Conditional, 'conditions' | 'otherwise'> {
  const { strategy, told, patterns, report } = choice
  const path = at(choice.path, 'strategy')
  if (!told.includes('conditions')) report(path, 'needs conditions for mode "conditional"')
  checkNames(choice)
  const routes = new Map(choice.entries.flatMap(({ own, route }) => (own?.name ? [[own.name, route]] : [])))
  const routeOf = (name: string | undefined, where: string): ResolvedRoute | undefined => {
    if (name === undefined) return undefined
    if (routes.size === 0) report(where, 'names a target, and no target of this group has a name')
    else if (!routes.has(name)) report(where, unknown('target', name, [...routes.keys()]))
    return routes.get(name)
  }
  const conditions = (strategy.conditions ?? []).flatMap(({ query, then }, index) => {
    const where = at(at(path, 'conditions'), index)
    if (query && !patterns && hasPattern(query)) {
      // One made for it keeps the process busy for ever.
      report(at(where, 'query'), 'must not use $regex in a config that comes with a request')
    }
    const route = routeOf(then, at(where, 'then'))
    return query && route ? [Object.freeze({ query, route })] : []
  })
  return { conditions: Object.freeze(conditions), otherwise: routeOf(strategy.default, at(path, 'default')) }
}

/** Reports a name that two of the targets have. */
function checkNames({ entries, report }: Choice): void {
  const names = new Set<string>()
  for (const { path, own } of entries) {
    if (own?.name === undefined) continue
    if (names.has(own.name)) report(at(path, 'name'), 'is also the name of another target of this group')
    names.add(own.name)
  }
}
