import { nearest } from '../../config/nearest.ts'
import { targetsOf } from '../../config/targets-of.ts'
import type { ResolvedConfig, ResolvedGroup, ResolvedRoute, ResolvedTarget } from '../../config.ts'
import { RequestError } from '../../errors.ts'
import type { Options } from '../../options.ts'
import { providers } from '../../providers/index.ts'
import type { ChatRequest } from '../../types/chat.ts'

/** A config, and a request for its targets. */
export interface Routed {
  readonly config: ResolvedConfig
  readonly request: ChatRequest
}

/**
 * `provider/model` and `@provider/model` as the model of that provider, and the config with its targets alone. Other models are
 * left as they are, also those with a slash in their names. Throws RequestError for a provider without a target, and for what
 * is most likely a provider's name with a slip.
 *
 * `known`: all names of providers, with targets or without.
 */
export function routedByModel({ config, request }: Routed, known: readonly string[]): Routed {
  const [, at, prefix, model] = /^(@?)([^/]+)\/(.+)$/s.exec(request.model) ?? []
  if (prefix === undefined || model === undefined) return { config, request }
  const route = routesTo(config.route, ({ provider }) => provider.name === prefix)
  if (route !== undefined) return { config: { ...config, route }, request: Object.freeze({ ...request, model }) }
  const meant = nearest(prefix, known)
  if (at === '' && !known.includes(prefix) && (meant === undefined || plain(meant) === plain(prefix))) {
    return { config, request }
  }
  throw noTarget(prefix, config.route)
}

/** The request's way by its model, where the config has that switched on. */
export function routed(unrouted: Routed, { providers: own }: Pick<Options, 'providers'>): Routed {
  if (!unrouted.config.request.modelRouting) return unrouted
  return routedByModel(unrouted, Object.keys({ ...providers, ...own }))
}

/** `mistralai/…` is the name of an organisation, and no slip. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z\d]/g, '')
}

function noTarget(prefix: string, route: ResolvedRoute): RequestError {
  const names = [...new Set(targetsOf(route).map(({ provider }) => provider.name))]
  const meant = nearest(prefix, names)
  const hint = meant === undefined || meant === prefix ? '' : ` Did you mean '${meant}'?`
  const message = `There is no target of the provider '${prefix.slice(0, 100)}', only of ${names.join(', ')}.${hint}`
  return new RequestError(message, { param: 'model', code: 'model_not_found', status: 404 })
}

type IsWanted = (target: ResolvedTarget) => boolean

/** The route with the wanted targets alone; undefined if there are none. */
function routesTo(route: ResolvedRoute, isWanted: IsWanted): ResolvedRoute | undefined {
  if (route.kind === 'target') return isWanted(route) ? route : undefined
  const kept = route.routes.flatMap((each, index) => {
    const inner = routesTo(each, isWanted)
    return inner === undefined
      ? []
      : [{ inner, weight: route.mode === 'loadbalance' ? (route.weights[index] ?? 0) : 1 }]
  })
  const [first, ...others] = kept.map(({ inner }) => inner)
  if (first === undefined) return undefined
  if (others.length === 0) return first
  const group: ResolvedGroup = { ...route, routes: [first, ...others] }
  if (group.mode === 'loadbalance') {
    const weights = kept.map(({ weight }) => weight)
    return weights.some((weight) => weight > 0) ? { ...group, weights } : inOrder(group)
  }
  // Its conditions may lead elsewhere.
  return group.mode === 'conditional' ? inOrder(group) : group
}

function inOrder({ kind, name, onStatusCodes, routes, metadata }: ResolvedGroup): ResolvedGroup {
  return { kind, name, onStatusCodes, routes, metadata, mode: 'fallback' }
}
