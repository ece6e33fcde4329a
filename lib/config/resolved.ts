import type { FailOn, MidStream } from '../types/answer.ts'
import type { FinishReason } from '../types/chunk.ts'
import type { Provider, ProviderFields } from '../types/provider.ts'

/** How one target is to be treated: its own settings and all that it inherits, with the defaults filled in. Times in ms. */
export interface ResolvedSettings {
  readonly retry: {
    /** Further tries on the same target after the first. */
    readonly attempts: number
    readonly onStatusCodes: readonly number[]
    readonly useRetryAfterHeader: boolean
    /** The longest wait a provider may ask for; a longer one moves on to the next target. */
    readonly maxDelay: number
  }
  readonly connectTimeout: number | undefined
  /** To the first content, whatever heartbeats arrive before. */
  readonly firstChunkTimeout: number | undefined
  /** Between two contents. */
  readonly idleTimeout: number | undefined
  /** For one whole attempt. */
  readonly requestTimeout: number | undefined
  /** No content at all that is slower than this over the whole window counts as a stall. */
  readonly minChunkRate: ChunkRate | undefined
  /** How an answer may be continued that breaks after the client got some of it, best first; empty: not at all. */
  readonly midStream: readonly MidStream[]
  /** Whether this target continues a text that its last message begins; undefined: as far as the provider knows. */
  readonly prefill: boolean | undefined
  /** What a target without prefill is asked, to continue a broken answer. */
  readonly continueInstruction: string
  /** Whether a tool call is held back until it is whole. */
  readonly toolCalls: 'whole' | 'live'
  /** What makes a whole answer a failed attempt all the same. */
  readonly failOn: readonly FailOn[]
  /** Finish reasons of the target's own, beside those of its dialect. */
  readonly finishReasons: Readonly<Record<string, FinishReason>>
  /** Names, in lower case, of the client's headers that go to the provider. */
  readonly forwardHeaders: readonly string[]
  /** Keys of the metadata that go to the provider, in its own field. No others do. */
  readonly forwardMetadata: readonly string[]
  /** false: the provider's own fields go to the client too. */
  readonly strict: boolean
  /** What this target calls a model, by the name that the client asks for; `*` for any other. */
  readonly models: Readonly<Record<string, string>>
  /** Whether a fallback that cannot know the model is asked for an equivalent of its own. */
  readonly equivalentModels: boolean
  /** Laid over the client's request, key by key. */
  readonly overrideParams: Readonly<Record<string, unknown>>
  readonly metadata: Readonly<Record<string, unknown>>
  /** What models cost here, by their names; undefined: nothing is known. */
  readonly prices: Readonly<Record<string, Price>> | undefined
  /** The circuit breaker of this target; undefined: none. */
  readonly breaker: BreakerSettings | undefined
}

/** What a model costs for a million tokens, in a currency of the operator's; `request` is for each attempt. */
export interface Price {
  readonly input: number
  readonly output: number
  readonly cachedInput: number
  readonly cacheWrite: number
  /** What is kept for an hour. */
  readonly cacheWrite1h: number
  readonly reasoning: number
  readonly request: number
}

export interface ChunkRate {
  /** Characters of content a second. */
  readonly charactersPerSecond: number
  /** Milliseconds over which the rate is taken. */
  readonly window: number
}

/** When a target is left alone for a while. */
export interface BreakerSettings {
  /** Failures within `interval` that open the circuit; undefined: the share alone decides. */
  readonly failureThreshold: number | undefined
  /** Share of failures within `interval` that opens it, in (0, 1]; undefined: the number alone decides. */
  readonly failureShare: number | undefined
  /** Milliseconds over which failures are counted. */
  readonly interval: number
  /** Milliseconds that the circuit stays open before one probe; the wait that a 429 asks for takes its place. */
  readonly cooldown: number
  /** Requests within `interval` below which the circuit stays closed. */
  readonly minimumRequests: number
  /** Statuses that count as failures; failures of transport, time and stream always do. */
  readonly failureStatusCodes: readonly number[]
}

/** What holds for a request as a whole. Stands at the top of the config only. */
export interface ResolvedRequestSettings {
  /** For all attempts together. */
  readonly totalTimeout: number | undefined
  /** Attempts beyond the first, over all targets. */
  readonly retryBudget: number | undefined
  /** Whether `provider/model` asks for that provider's targets. */
  readonly modelRouting: boolean
  /** How much of an answer is held back, so that failures stay invisible for longer; the first bound reached commits. */
  readonly commitAfter: { readonly chunks?: number; readonly ms?: number; readonly bytes?: number } | undefined
  /** Milliseconds of silence after which the client gets an SSE comment. */
  readonly keepAlive: number | undefined
  /** Also before the first content, at the price of the real status code. */
  readonly keepAliveBeforeCommit: boolean
  /** How long, and up to how many characters, pieces of text are joined for the client. */
  readonly coalesce: { readonly ms: number; readonly chars: number } | undefined
  /** Whether each chunk is logged, without its text. */
  readonly logChunks: boolean
}

/** One of a target's several keys. */
export interface ApiKey {
  /** For logs, hooks and metrics, where the key itself never shows. */
  readonly name: string
  readonly key: string
}

/** What a group balances by, beside weights. */
export type LiveFigure = 'latency' | 'least_busy'

/** One provider with its keys. */
export interface ResolvedTarget {
  readonly kind: 'target'
  /** The config's `name`, else the path, else the provider's name. For logs and hooks. */
  readonly name: string
  /** Where in the config it stands: `targets[0].targets[1]`; empty for the top. */
  readonly path: string
  readonly provider: Provider
  /** Of several the first. */
  readonly apiKey: string | undefined
  /** All of them, where the config gives several. */
  readonly apiKeys?: readonly ApiKey[]
  /** An http(s) URL without a trailing slash. */
  readonly customHost: string | undefined
  /** Only those that this provider has. */
  readonly fields: Readonly<ProviderFields>
  readonly settings: ResolvedSettings
}

export type Primitive = string | number | boolean | null

/** What each operator of a query compares with. */
export interface Operands {
  readonly $eq: Primitive
  readonly $ne: Primitive
  readonly $gt: string | number
  readonly $gte: string | number
  readonly $lt: string | number
  readonly $lte: string | number
  readonly $in: readonly Primitive[]
  readonly $nin: readonly Primitive[]
  readonly $regex: RegExp
}

export type Comparison = {
  [Operator in keyof Operands]: { readonly operator: Operator; readonly operand: Operands[Operator] }
}[keyof Operands]

/** A checked query. `{ "metadata.plan": "pro" }` becomes `{ of: 'metadata', key: 'plan', operator: '$eq', operand: 'pro' }`. */
export type Query =
  | { readonly every: readonly Query[] }
  | { readonly some: readonly Query[] }
  | (Comparison & { readonly of: 'metadata' | 'params'; readonly key: string })

export interface ResolvedGroupBase {
  readonly kind: 'group'
  readonly name: string
  /** Fall back only on these statuses; undefined: on any failure. */
  readonly onStatusCodes: readonly number[] | undefined
  readonly routes: readonly [ResolvedRoute, ...ResolvedRoute[]]
  /** What the config says down to this group; a request's own metadata are laid over it. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** Several routes and how to choose between them. */
export type ResolvedGroup =
  /** The first. */
  | (ResolvedGroupBase & { readonly mode: 'single' })
  /** One after the other. */
  | (ResolvedGroupBase & { readonly mode: 'fallback' })
  /**
   * By weight, then the others as fallbacks. `sticky`: requests with the same `metadata[sticky]` come to the same route.
   * A weight of 0 is never chosen. `by`: of two that are drawn so, the one that does better comes first.
   */
  | (ResolvedGroupBase & {
      readonly mode: 'loadbalance'
      readonly weights: readonly number[]
      readonly sticky: string | undefined
      readonly by: 'weight' | LiveFigure
    })
  /** The first condition that holds names its route; else `otherwise`, else there is none. */
  | (ResolvedGroupBase & {
      readonly mode: 'conditional'
      readonly conditions: readonly { readonly query: Query; readonly route: ResolvedRoute }[]
      readonly otherwise: ResolvedRoute | undefined
    })
  /** The first, and after `delay` without content the second beside it; the first content wins. The others as fallbacks. */
  | (ResolvedGroupBase & {
      readonly mode: 'hedge'
      /** Milliseconds, or the 95th percentile of the target's own recent times to the first content. */
      readonly delay: number | 'p95'
      /** Extra calls for each request, at most, in (0, 1]. */
      readonly maxExtra: number
    })

export type ResolvedRoute = ResolvedTarget | ResolvedGroup

/** A whole config. */
export interface ResolvedConfig {
  readonly route: ResolvedRoute
  readonly request: ResolvedRequestSettings
}
