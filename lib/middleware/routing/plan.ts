import type { ResolvedGroup, ResolvedRoute, ResolvedTarget } from '../../config.ts'
import { RequestError, UpstreamError } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import { matches } from './conditions.ts'
import type { Load } from './load.ts'
import { stickyNumber, weightedOrder } from './weighted.ts'

/** A target to try, and the one that hedges it, if any. */
export interface Candidate {
  readonly target: ResolvedTarget
  readonly hedgeWith?: Hedge
}

/** A second target, to be started beside one that has no content after `delay`. The first content wins. */
export interface Hedge {
  readonly target: ResolvedTarget
  /** Milliseconds, or the 95th percentile of the first target's recent times to the first content. */
  readonly delay: number | 'p95'
  /** Extra calls for each request of the group, at most, in (0, 1]. */
  readonly maxExtra: number
  /** The group's name. */
  readonly group: string
}

/**
 * Why a candidate came to nothing: the failure of its target, and that of the hedging one. Undefined for a target that did not
 * fail by itself: it was not started, or it was stopped when the other had the first content. It may be tried later.
 */
export type Failures = readonly [target: UpstreamError, hedge?: UpstreamError] | readonly [undefined, UpstreamError]

/** The facts of a request that a plan depends on, beside the config. */
export interface Circumstances {
  readonly request: ChatRequest
  /** The request's own. They are laid over those of the config. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** In [0, 1). */
  readonly random: () => number
  /** How the targets are doing, for groups that balance by it. */
  readonly load?: Pick<Load, 'figure'> | undefined
}

type Plan = Generator<Candidate, UpstreamError, Failures>
type In<Mode extends ResolvedGroup['mode']> = Extract<ResolvedGroup, { mode: Mode }>

/**
 * The targets to try, in order. Yields a candidate; is resumed with the failures that ended it, retries included; returns the
 * last failure when nothing is left. A group decides about its own routes only, so groups nest.
 */
export function* plan(route: ResolvedRoute, circumstances: Circumstances): Plan {
  if (route.kind === 'target') {
    const [failure, ofHedge] = yield { target: route }
    return failure === undefined ? ofHedge : failure
  }
  const { onStatusCodes } = route
  const [first, ...rest] = route.routes
  const planOf = (inner: ResolvedRoute) => plan(inner, circumstances)
  switch (route.mode) {
    case 'single':
      return yield* planOf(first)
    case 'fallback':
      return yield* inTurn(onStatusCodes, planOf(first), plansOf(rest, circumstances))
    case 'loadbalance': {
      const drawn = betterFirst(draw(route, circumstances), route.by, circumstances.load)
      // There is always one with a weight.
      const { value: leader = first } = drawn.next()
      return yield* inTurn(onStatusCodes, planOf(leader), plansOf(drawn, circumstances))
    }
    case 'conditional': {
      const chosen = choose(route, circumstances)
      return chosen === undefined ? noRoute(route) : yield* planOf(chosen)
    }
    case 'hedge': {
      const [second, ...others] = rest.map(planOf)
      if (second === undefined) return yield* planOf(first)
      return yield* hedge(route, planOf(first), second, others)
    }
  }
}

function* plansOf(routes: Iterable<ResolvedRoute>, circumstances: Circumstances): Iterable<Plan> {
  for (const route of routes) yield plan(route, circumstances)
}

function* inTurn(codes: readonly number[] | undefined, first: Plan, rest: Iterable<Plan>): Plan {
  let failure = yield* first
  for (const next of rest) {
    if (!fallsBack(failure, codes)) return failure
    failure = yield* next
  }
  return failure
}

/** `on_status_codes` narrows statuses only: failures of the transport, of time and of the stream always fall back. */
function fallsBack({ kind, status }: UpstreamError, codes: readonly number[] | undefined): boolean {
  return kind !== 'status' || status === undefined || codes === undefined || codes.includes(status)
}

type Routes = Generator<ResolvedRoute, undefined>

/** The routes by weight, the same for the same value of the `sticky` key. Without that value it is left to chance. */
function* draw(group: In<'loadbalance'>, { metadata, random }: Circumstances): Routes {
  const { name, routes, weights, sticky } = group
  const all = { ...group.metadata, ...metadata }
  const key = sticky !== undefined && Object.hasOwn(all, sticky) ? all[sticky] : undefined
  const order = weightedOrder(weights, (index) =>
    // The group's name counts, lest one inside another always turn the same way for equal names.
    typeof key === 'string' ? stickyNumber(key, name, routes[index]?.name ?? '') : random(),
  )
  for (const index of order) yield routes[index] as ResolvedRoute
}

/** Two random choices: of the first two the one that does better leads, so that no target gets all that comes at once. */
function* betterFirst(routes: Routes, by: In<'loadbalance'>['by'], load: Circumstances['load']): Routes {
  if (by === 'weight' || load === undefined) return yield* routes
  const { value: one } = routes.next()
  const { value: two } = routes.next()
  if (one === undefined) return
  if (two === undefined) yield one
  else yield* load.figure(two, by) < load.figure(one, by) ? [two, one] : [one, two]
  yield* routes
}

function choose(group: In<'conditional'>, { request, metadata }: Circumstances): ResolvedRoute | undefined {
  const facts = { metadata: { ...group.metadata, ...metadata }, params: request }
  return group.conditions.find(({ query }) => matches(query, facts))?.route ?? group.otherwise
}

function noRoute({ name }: In<'conditional'>): UpstreamError {
  const message = `No condition of ${name} holds for this request, and there is no default.`
  return new UpstreamError('request', new RequestError(message, { code: 'no_route' }).api)
}

/**
 * The first target of the first route and, beside it, the first of the second route. After that, what is left of the first
 * route, of the second and then the others, one after the other; a target that did not fail by itself is still left, at the
 * very end.
 */
function* hedge({ name, delay, maxExtra, onStatusCodes }: In<'hedge'>, first: Plan, second: Plan, rest: Plan[]): Plan {
  let one = first.next()
  let two = second.next()
  if (!one.done && !two.done) {
    const hedgeWith = { target: two.value.target, delay, maxExtra, group: name }
    const [failure, ofHedge] = yield { target: one.value.target, hedgeWith }
    if (ofHedge !== undefined) two = second.next([ofHedge])
    // The target that was late, and was ended for the other, comes last.
    if (failure === undefined) return yield* inTurn(onStatusCodes, from(second, two), [...rest, from(first, one)])
    one = first.next([failure])
  }
  return yield* inTurn(onStatusCodes, from(first, one), [from(second, two), ...rest])
}

/** The rest of a plan that has already come to `step`. */
function* from(plan: Plan, step: IteratorResult<Candidate, UpstreamError>): Plan {
  let next = step
  while (!next.done) next = plan.next(yield next.value)
  return next.value
}
