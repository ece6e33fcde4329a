import type { Provider, ProviderFields } from '../types.ts'
import { at, collectProblems, type Report, show } from './problems.ts'
import { FIELD_NAMES, type Level, PROVIDER_FIELDS, readLevel } from './schema.ts'
import type { Group, Route, Settings, Target } from './types.ts'
import { isRecord, unknown } from './values.ts'

/** How deep targets may nest; the outermost config is the first level. */
export const MAX_LEVELS = 10
/** How many entries all lists of targets may have together. */
export const MAX_TARGETS = 100

const DEFAULT_RETRY_STATUSES: readonly number[] = Object.freeze([408, 409, 429, 500, 502, 503, 504, 529])
const DEFAULT_MAX_DELAY = 10_000
const DEFAULT_CONNECT_TIMEOUT = 10_000

/** What a level says about itself alone. The rest of it goes down to its targets. */
type OwnKey = 'strategy' | 'targets' | 'provider' | 'api_key' | 'name' | 'weight'
export type Inherited = Omit<Level, OwnKey>

/** Where in the config the walk is. */
interface Place {
  readonly path: string
  readonly level: number
  /** Whether the strategy above looks at weights. */
  readonly weighted: boolean
}

interface Walk {
  readonly providers: Readonly<Record<string, Provider>>
  readonly report: Report
  targets: number
}

/**
 * Checks a config and resolves it into a frozen tree in which each target has all its settings. What `outer` holds is
 * inherited as if from one level further out. Throws ConfigError.
 */
export function resolveConfig(
  json: unknown,
  providers: Readonly<Record<string, Provider>>,
  outer: Inherited = {},
): Route {
  return collectProblems((report) =>
    resolveLevel(json, { path: '', level: 1, weighted: false }, outer, { providers, report, targets: 0 }),
  ) as Route // undefined only if a problem was reported, and then nothing is returned
}

function resolveLevel(json: unknown, place: Place, outer: Inherited, walk: Walk): Route | undefined {
  const own = readLevel(json, place.path, walk.report)
  if (own === undefined || !isRecord(json)) return undefined
  if (own.weight !== undefined && !place.weighted) {
    walk.report(at(place.path, 'weight'), 'is not available yet, it only matters to strategy.mode "loadbalance"')
  }
  // Asked of the JSON: a key with a wrong value is reported already and is not in `own`.
  if (Object.hasOwn(json, 'targets')) return resolveGroup(json, own, place, outer, walk)
  if (Object.hasOwn(json, 'strategy')) walk.report(at(place.path, 'strategy'), 'needs targets to choose from')
  if (Object.hasOwn(json, 'provider')) return resolveTarget(own, place, outer, walk)
  walk.report(place.path, 'needs either a provider or targets')
  return undefined
}

function resolveGroup(json: Record<string, unknown>, own: Level, place: Place, outer: Inherited, walk: Walk) {
  for (const key of ['provider', 'api_key'] as const) {
    if (Object.hasOwn(json, key)) {
      walk.report(at(place.path, key), 'cannot stand beside targets, put it into each target')
    }
  }
  const path = at(place.path, 'targets')
  const targets = own.targets ?? []
  if (own.targets?.length === 0) walk.report(path, 'must not be empty')
  walk.targets += targets.length
  if (walk.targets > MAX_TARGETS) {
    walk.report(path, `has too many targets, at most ${MAX_TARGETS} in the whole config`)
    return undefined
  }
  if (place.level === MAX_LEVELS) {
    walk.report(path, `is nested too deep, at most ${MAX_LEVELS} levels`)
    return undefined
  }
  const weighted = isRecord(json.strategy) && json.strategy.mode === 'loadbalance'
  const inherited = inherit(outer, own)
  const [first, ...others] = targets
    .map((target, index) =>
      resolveLevel(target, { path: at(path, index), level: place.level + 1, weighted }, inherited, walk),
    )
    .filter((route) => route !== undefined)
  if (first === undefined) return undefined
  const group: Group = {
    kind: 'group',
    name: own.name ?? (place.path || 'config'),
    mode: own.strategy?.mode ?? (others.length > 0 ? 'fallback' : 'single'),
    onStatusCodes: own.strategy?.on_status_codes && Object.freeze(own.strategy.on_status_codes),
    routes: Object.freeze<[Route, ...Route[]]>([first, ...others]),
  }
  return Object.freeze(group)
}

function resolveTarget(own: Level, place: Place, outer: Inherited, walk: Walk): Target | undefined {
  const id = own.provider
  if (id === undefined) return undefined
  const provider = Object.hasOwn(walk.providers, id) ? walk.providers[id] : undefined
  if (provider === undefined) {
    walk.report(at(place.path, 'provider'), unknown('provider', id, Object.keys(walk.providers)))
    return undefined
  }
  const inherited = inherit(outer, own)
  const target: Target = {
    kind: 'target',
    name: own.name ?? (place.path || provider.name),
    provider,
    apiKey: own.api_key,
    customHost: inherited.custom_host,
    fields: fieldsOf(id, own, inherited, place.path, walk.report),
    settings: settingsOf(inherited),
  }
  return Object.freeze(target)
}

/** The fields that this provider reads. Its own that it does not read are a mistake, inherited ones are for others. */
function fieldsOf(
  id: string,
  own: Level,
  inherited: Inherited,
  path: string,
  report: Report,
): Readonly<ProviderFields> {
  const reads = (Object.hasOwn(PROVIDER_FIELDS, id) ? PROVIDER_FIELDS[id] : undefined) ?? FIELD_NAMES
  for (const field of FIELD_NAMES) {
    if (own[field] === undefined || reads.includes(field)) continue
    const owners = Object.keys(PROVIDER_FIELDS).filter((other) => PROVIDER_FIELDS[other]?.includes(field))
    report(at(path, field), `is not a field of ${id}, only of ${owners.join(' and ')}`)
  }
  const version = inherited.api_version
  if (id === 'cohere' && version !== undefined && version !== 'v1' && version !== 'v2') {
    const source = own.api_version === undefined ? ' (inherited)' : ''
    report(at(path, 'api_version'), `must be v2 or v1 for cohere, got ${show(version)}${source}`)
  }
  const fields = reads.flatMap((field) => (inherited[field] === undefined ? [] : [[field, inherited[field]]]))
  return Object.freeze(Object.fromEntries(fields))
}

/** What stands further in wins; `retry`, `override_params` and `metadata` are merged key by key. */
function inherit(outer: Inherited, own: Level): Inherited {
  const { strategy, targets, provider, api_key, name, weight, ...settings } = own
  return {
    ...outer,
    ...settings,
    retry: { ...outer.retry, ...own.retry },
    override_params: { ...outer.override_params, ...own.override_params },
    metadata: { ...outer.metadata, ...own.metadata },
  }
}

function settingsOf(level: Inherited): Settings {
  const midStream = level.mid_stream ?? 'restart'
  return Object.freeze({
    retry: Object.freeze({
      attempts: level.retry?.attempts ?? 0,
      onStatusCodes: Object.freeze(level.retry?.on_status_codes ?? DEFAULT_RETRY_STATUSES),
      useRetryAfterHeader: level.retry?.use_retry_after_header ?? true,
      maxDelay: level.retry?.max_delay ?? DEFAULT_MAX_DELAY,
    }),
    connectTimeout: level.connect_timeout ?? DEFAULT_CONNECT_TIMEOUT,
    firstChunkTimeout: level.first_chunk_timeout,
    idleTimeout: level.idle_timeout,
    requestTimeout: level.request_timeout,
    midStream,
    // Where a break ends the answer anyway, holding calls back gains nothing.
    toolCalls: level.tool_calls ?? (midStream === 'error' ? 'live' : 'whole'),
    forwardHeaders: Object.freeze(level.forward_headers ?? []),
    strict: level.strict_open_ai_compliance ?? true,
    overrideParams: Object.freeze(level.override_params ?? {}),
    metadata: Object.freeze(level.metadata ?? {}),
  })
}
