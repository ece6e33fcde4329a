import { hasSchemaValidator } from '../json-schema.ts'
import type { Provider, ProviderFields } from '../types/provider.ts'
import { resolveKeys } from './api-keys.ts'
import type { Table } from './closed.ts'
import { type Level, readLevel, readTop } from './levels.ts'
import { reportSharedNames } from './names.ts'
import { at, collectProblems, type Report } from './problems.ts'
import { read } from './read.ts'
import type { ResolvedConfig, ResolvedGroup, ResolvedRoute, ResolvedTarget } from './resolved.ts'
import { FIELDS, PROVIDERS } from './schema.ts'
import { type Inherited, requestSettingsOf, settingsOf } from './settings.ts'
import { resolveStrategy } from './strategy.ts'
import { modeOf, readStrategy } from './strategy-schemas.ts'
import { isRecord, unknown } from './values.ts'

/** How deep targets may nest; the outermost config is the first level. */
export const MAX_LEVELS = 10
/** How many entries all lists of targets may have together. */
export const MAX_TARGETS = 100

export interface Source {
  /** Inherited as if from one level further out. */
  readonly outer?: Inherited
  /** Whether queries may use `$regex`. @default true */
  readonly patterns?: boolean
  /** Gets each target that could be resolved, also where the config has mistakes. */
  readonly onTarget?: (target: ResolvedTarget) => void
}

/** Where in the config the walk is. */
interface Place {
  readonly path: string
  readonly level: number
}

interface Walk {
  readonly providers: Readonly<Record<string, Provider>>
  readonly patterns: boolean
  readonly report: Report
  readonly onTarget: Source['onTarget']
  targets: number
}

/** Checks a config and resolves it into a frozen tree in which each target has all its settings. Throws ConfigError. */
export function resolveConfig(
  json: unknown,
  providers: Readonly<Record<string, Provider>>,
  { outer = {}, patterns = true, onTarget }: Source = {},
): ResolvedConfig {
  return collectProblems((report) => {
    const top = readTop(json, '', report)
    if (top?.keep_alive_before_commit && isRecord(json) && !Object.hasOwn(json, 'keep_alive')) {
      report('keep_alive_before_commit', 'needs keep_alive')
    }
    const walk: Walk = { providers, patterns, report, onTarget, targets: 0 }
    const route = resolveLevel(json, top, { path: '', level: 1 }, outer, walk)
    if (route !== undefined) reportSharedNames(route, report)
    const request = requestSettingsOf(top ?? {})
    // The route is undefined only if a problem was reported, and then nothing is returned.
    return Object.freeze({ route: route as ResolvedRoute, request })
  })
}

function resolveLevel(
  json: unknown,
  own: Level | undefined,
  place: Place,
  outer: Inherited,
  walk: Walk,
): ResolvedRoute | undefined {
  if (own === undefined || !isRecord(json)) return undefined
  // Asked of the JSON: a key with a wrong value is reported already and is not in `own`.
  if (Object.hasOwn(json, 'targets')) return resolveGroup(json, own, place, outer, walk)
  if (Object.hasOwn(json, 'strategy')) {
    walk.report(at(place.path, 'strategy'), 'needs targets to choose from')
    readStrategy(json.strategy, undefined, at(place.path, 'strategy'), walk.report)
  }
  if (Object.hasOwn(json, 'provider')) return resolveTarget(own, place, outer, walk)
  walk.report(place.path, 'needs either a provider or targets')
  return undefined
}

function resolveGroup(
  json: Record<string, unknown>,
  own: Level,
  place: Place,
  outer: Inherited,
  walk: Walk,
): ResolvedGroup | undefined {
  const { report } = walk
  const path = at(place.path, 'targets')
  const targets = own.targets ?? []
  walk.targets += targets.length
  if (walk.targets > MAX_TARGETS) {
    report(path, `has too many targets, at most ${MAX_TARGETS} in the whole config`)
    return undefined
  }
  if (place.level === MAX_LEVELS) {
    report(path, `is nested too deep, at most ${MAX_LEVELS} levels`)
    return undefined
  }
  const mode = modeOf(json.strategy, targets.length)
  const strategy = Object.hasOwn(json, 'strategy')
    ? readStrategy(json.strategy, mode, at(place.path, 'strategy'), report)
    : {}
  const inherited = inherit(outer, own)
  const entries = targets.map((target, index) => {
    const inner = { path: at(path, index), level: place.level + 1 }
    const level = readLevel(target, inner.path, report)
    return { path: inner.path, own: level, route: resolveLevel(target, level, inner, inherited, walk) }
  })
  const [first, ...others] = entries.flatMap(({ route }) => route ?? [])
  if (first === undefined || mode === undefined) return undefined
  return resolveStrategy(
    {
      kind: 'group',
      name: own.name ?? (place.path || 'config'),
      onStatusCodes: strategy.on_status_codes && Object.freeze(strategy.on_status_codes),
      routes: Object.freeze<[ResolvedRoute, ...ResolvedRoute[]]>([first, ...others]),
      metadata: Object.freeze(inherited.metadata ?? {}),
    },
    mode,
    { path: place.path, strategy, entries, patterns: walk.patterns, report },
  )
}

function resolveTarget(own: Level, place: Place, outer: Inherited, walk: Walk): ResolvedTarget | undefined {
  const id = own.provider
  if (id === undefined) return undefined
  const provider = Object.hasOwn(walk.providers, id) ? walk.providers[id] : undefined
  if (provider === undefined) {
    walk.report(at(place.path, 'provider'), unknown('provider', id, Object.keys(walk.providers)))
    return undefined
  }
  const inherited = inherit(outer, own)
  if (inherited.fail_on?.includes('invalid_schema') && !hasSchemaValidator()) {
    walk.report(at(place.path, 'fail_on'), 'invalid_schema needs the package ajv: npm install ajv')
  }
  const apiKeys = resolveKeys(own.api_keys, at(place.path, 'api_keys'), walk.report)
  if (apiKeys !== undefined && own.api_key !== undefined) {
    walk.report(at(place.path, 'api_keys'), 'cannot stand beside api_key')
  }
  const target: ResolvedTarget = {
    kind: 'target',
    name: own.name ?? (place.path || provider.name),
    path: place.path,
    provider,
    apiKey: own.api_key ?? apiKeys?.[0]?.key,
    ...(apiKeys && { apiKeys }),
    customHost: inherited.custom_host,
    fields: fieldsOf(id, own, inherited, place.path, walk.report),
    settings: settingsOf(inherited),
  }
  walk.onTarget?.(target)
  return Object.freeze(target)
}

/** The fields that this provider reads, its own and inherited ones; those that it inherits are checked as its own are. */
function fieldsOf(
  id: string,
  own: Level,
  inherited: Inherited,
  path: string,
  report: Report,
): Readonly<ProviderFields> {
  const table: Table = Object.hasOwn(PROVIDERS, id) ? PROVIDERS[id as keyof typeof PROVIDERS] : FIELDS
  const fields = Object.entries(table).flatMap(([field, schema]) => {
    const value = inherited[field as keyof typeof FIELDS]
    if (value === undefined) return []
    if (!Object.hasOwn(own, field))
      read(schema, value, at(path, field), (where, message) => report(where, `${message} (inherited)`))
    return [[field, value]]
  })
  return Object.freeze(Object.fromEntries(fields))
}

/** What stands further in wins; `retry`, `override_params`, `metadata` and `prices` are merged key by key. */
function inherit(outer: Inherited, own: Level): Inherited {
  const { strategy, targets, provider, api_key, api_keys, name, weight, ...settings } = own
  return {
    ...outer,
    ...settings,
    retry: { ...outer.retry, ...own.retry },
    override_params: { ...outer.override_params, ...own.override_params },
    metadata: { ...outer.metadata, ...own.metadata },
    ...((outer.prices ?? own.prices) && { prices: { ...outer.prices, ...own.prices } }),
  }
}
