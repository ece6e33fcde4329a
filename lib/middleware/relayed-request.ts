import type { Breaker } from '../breaker/breaker.ts'
import type { ResolvedConfig, ResolvedTarget } from '../config.ts'
import type { Operation } from '../options.ts'
import type { attempt } from './attempt/attempt.ts'
import type { Downstream } from './client/downstream.ts'
import type { AttemptReport, RequestContext } from './request-context.ts'
import type { HedgeStatistics } from './routing/hedge-statistics.ts'
import type { KeyRing } from './routing/key-ring.ts'
import type { Load } from './routing/load.ts'
import type { noSuchModel } from './routing/target-model.ts'

/** The state that the requests of one config share. */
export interface Shared {
  breaker: Breaker
  hedges: HedgeStatistics
  keys: KeyRing
  /** Undefined where no group balances by it. */
  load: Load | undefined
}

/** What is asked of targets, by whom. */
export interface Work {
  /** What hooks hear of it. Left out: a chat. */
  readonly operation?: Operation
  readonly attempt: typeof attempt
  /** The model that a target is asked for; undefined: it has none like the client's, and is passed over. */
  readonly modelOf: (target: ResolvedTarget, clientModel: string, isFallback: boolean) => string | undefined
  /** Why it is passed over. @default it has no such model */
  readonly passedOver?: typeof noSuchModel | undefined
}

/** A target, and the model that it is asked for. */
export interface TargetModel {
  readonly target: ResolvedTarget
  readonly model: string
}

/** One request on its way through the targets, and what its attempts have come to. */
export interface RelayedRequest {
  readonly context: RequestContext & { readonly downstream: Downstream }
  readonly config: ResolvedConfig
  readonly shared: Shared
  readonly work: Work
  /** When `total_timeout` is over, by `performance.now()`. */
  readonly deadline: number
  /** Those that have ended. */
  readonly attempts: AttemptReport[]
  /** Targets whose circuit was open, and until when. */
  readonly skipped: { target: ResolvedTarget; until: number }[]
  /** How many attempts have begun, and how many of them were retries. */
  started: number
  retries: number
  /** The answer's headers about the last attempt. */
  headers: () => Record<string, string>
}

export function relayedRequest(
  request: Pick<RelayedRequest, 'context' | 'config' | 'shared' | 'work'>,
): RelayedRequest {
  const { totalTimeout = Number.POSITIVE_INFINITY } = request.config.request
  const deadline = performance.now() + totalTimeout
  return { ...request, deadline, attempts: [], skipped: [], started: 0, retries: 0, headers: () => ({}) }
}

export function isBudgetLeft({ started, config }: RelayedRequest): boolean {
  return started <= (config.request.retryBudget ?? Number.POSITIVE_INFINITY)
}

/** Milliseconds; may be negative. */
export function timeLeft({ deadline }: RelayedRequest): number {
  return deadline - performance.now()
}
