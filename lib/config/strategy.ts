import type { Level } from './levels.ts'
import { at, type Report } from './problems.ts'
import { hasPattern } from './query.ts'
import type { ResolvedGroup, ResolvedGroupBase, ResolvedRoute } from './resolved.ts'
import type { Mode } from './schema.ts'
import { belongsTo, type Strategy } from './strategy-schemas.ts'
import { unknown } from './values.ts'

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
  readonly strategy: Strategy
  readonly entries: readonly Entry[]
  /** Whether `$regex` is allowed. */
  readonly patterns: boolean
  readonly report: Report
}

const DEFAULT_MAX_EXTRA = 0.05

/** The group, with what only its mode has. */
export function resolveStrategy(base: ResolvedGroupBase, mode: Mode, choice: Choice): ResolvedGroup {
  const { path, strategy, entries, report } = choice
  checkNames(choice)
  if (mode !== 'loadbalance') {
    for (const { path, own } of entries)
      if (own?.weight !== undefined) report(at(path, 'weight'), belongsTo(['loadbalance'], mode))
  }

  switch (mode) {
    case 'single':
    case 'fallback':
      return Object.freeze({ ...base, mode })
    case 'loadbalance': {
      const weights = entries.map(({ own }) => own?.weight ?? 1)
      if (!weights.some((weight) => weight > 0)) report(at(path, 'targets'), 'needs at least one with a weight above 0')
      const { sticky, by = 'weight' } = strategy
      if (sticky !== undefined && by !== 'weight') {
        report(at(at(path, 'strategy'), 'sticky'), `cannot stand beside by "${by}": one of them must choose`)
      }
      return Object.freeze({ ...base, mode, weights: Object.freeze(weights), sticky, by })
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
  const { strategy, patterns, report } = choice
  const path = at(choice.path, 'strategy')
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

/** Reports a name that two of the targets have: a circuit is kept by it, conditions choose by it, and sticky requests. */
function checkNames({ entries, report }: Choice): void {
  const names = new Set<string>()
  for (const { path, own, route } of entries) {
    const name = route?.name ?? own?.name
    if (name === undefined) continue
    if (names.has(name)) report(at(path, 'name'), 'is also the name of another target of this group')
    names.add(name)
  }
}
