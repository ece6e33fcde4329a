import type http from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type https from 'node:https'
import type { Transform } from 'node:stream'
import type { CircuitState } from './breaker/breaker.ts'
import type { BreakerStore } from './breaker/store.ts'
import type { ResolvedTarget } from './config.ts'
import type { DialectName } from './dialects/dialect.ts'
import type { ItemStore } from './dialects/responses/item-store.ts'
import type { FailureKind } from './errors.ts'
import type { ChatRequest } from './types/chat.ts'
import type { Chunk, Usage } from './types/chunk.ts'
import type { AwsCredentials, Provider } from './types/provider.ts'

/**
 * What a config in JSON cannot carry. Everything is optional. `Custom` are the names of `providers`, which the config may then
 * use: `streamgate` takes them from the options that it is given.
 */
export interface Options<Custom extends string = string> extends Hooks {
  /** More providers, by the name that `provider` gives in the config. One of a built-in name replaces it. */
  providers?: Readonly<Record<Custom, Provider>>
  /**
   * Asked for the key at each attempt; its answer wins over `api_key`. For keys that change: Entra tokens, Google's OAuth
   * tokens for Vertex AI (`vertex-ai` with `vertex_project_id`), vaults; for Bedrock also AWS keys, which win over those of
   * the config. Undefined leaves the config's key, or the client's. Not asked for targets that a request's own config
   * names: their hosts are the client's choice.
   */
  credentials?: (target: TargetInfo) => Credentials | undefined | Promise<Credentials | undefined>
  /**
   * Object-mode streams of your own over chunks, between the decoder and the client. Called at each attempt, since a stream
   * ends with its attempt, and again where the model has paused within its answer. They must pass on the chunk with the finish
   * reason.
   */
  transforms?: (attempt: AttemptStart) => Transform[]
  /** Keep-alive agents for the providers, in place of our own. */
  agents?: { http: http.Agent; https: https.Agent }
  /** Sockets a provider's host at most; more requests wait. @default Infinity */
  maxSockets?: number
  /**
   * How long an idle connection to a provider is kept, in milliseconds; 0: until the provider closes it. A shorter time that
   * the provider announces (`Keep-Alive: timeout=5`) is kept to.
   *
   * A balancer forgets an idle connection at its limit, and answers the next request on it with a reset. The default is 4 s
   * less than the limit of AWS's Application Load Balancer, 60 s, the shortest that is common in front of providers
   * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html; nginx has 75 s,
   * https://nginx.org/en/docs/http/ngx_http_core_module.html#keepalive_timeout).
   * @default 56_000
   */
  idleSocketTimeout?: number
  /** Other bounds of what is kept and waited for. */
  limits?: Partial<Limits>
  /**
   * What you know of a request, such as who sent it: metadata for hooks, logs, conditions and traces, which wins over what the client
   * says in its own. What it throws fails the request.
   *
   * @example
   * { metadata: (req) => ({ user: req.user.id }) }
   */
  metadata?: (req: IncomingMessage) => Readonly<Record<string, string>>
  /** Take a config from the request's headers (`x-portkey-config` and others). Off unless given. */
  requestConfig?: {
    /**
     * Also reach private and loopback hosts, for images and files that a request gives by URL too. Link-local and metadata
     * addresses never are. @default false
     */
    allowPrivateHosts?: boolean
  }
  /**
   * Where the circuit breakers of `cb_config` keep what they know. `redisStore` shares it between processes and machines.
   * @default the memory of this process
   */
  breakerStore?: BreakerStore
  /**
   * Where answers of the Responses API are kept for a while, for clients that refer to them by id (`item_reference`,
   * `previous_response_id`, `GET …/responses/{id}`), unless they say `store: false`. `redisStore` shares it between processes and
   * machines. `false`: nowhere.
   * @default the memory of this process
   */
  itemStore?: ItemStore | false
  /**
   * Whose answers a client can refer to: a name that it cannot choose. Undefined: nothing of this client is kept.
   * @default the key that the client sent
   */
  itemOwner?: (headers: IncomingHttpHeaders) => string | undefined
  /** Gets faults of our own and the errors of hooks; `info` gets chunks with `log_chunks`. @default silent */
  logger?: Pick<Console, 'error'> & Partial<Pick<Console, 'info'>>
}

/** A key or token, or keys for AWS signatures. */
export type Credentials = string | AwsCredentials

/** Called in the course of a request. What they throw is logged and has no effect on the answer. */
export interface Hooks {
  /** Before the first attempt. Not called for a request that is wrong itself. */
  onRequest?: (request: RequestStart) => void
  /** Before each attempt. */
  onAttemptStart?: (attempt: AttemptStart) => void
  /** After each attempt, whatever became of it. */
  onAttemptEnd?: (attempt: AttemptEnd) => void
  /** At each chunk, as it leaves the last transform. To be looked at: `transforms` are for changing it. */
  onChunk?: (chunk: Chunk, attempt: AttemptStart) => void
  /** When an attempt's answer reaches a client that has a part of a broken one: how. Once an attempt, at most. */
  onResume?: (attempt: AttemptStart, how: Resumed) => void
  /** When the circuit of a target with `cb_config` is first seen, and when it is seen to have changed. */
  onCircuit?: (circuit: Circuit) => void
  /** Once a request, whatever became of it. */
  onFinish?: (outcome: Outcome) => void
}

export type TargetInfo = Pick<ResolvedTarget, 'name' | 'fields'> & { readonly provider: string }

/** What is asked beside chats: vectors of texts, a conversation made shorter, the number of its tokens. */
export type Operation = 'embeddings' | 'compact' | 'count_tokens'

/** A request that was understood. */
export interface RequestStart {
  /**
   * The `x-request-id` of the answer: that which the application or the client has set, if it is fit to be one, else a UUID.
   * No two requests that are under way have the same.
   */
  readonly requestId: string
  /** What the client speaks. */
  readonly dialect: DialectName
  /** What it is for; left out: a chat. */
  readonly operation?: Operation
  /** As the client asked for it; empty if it left it to the config. */
  readonly model: string
  readonly stream: boolean
  /** The request's own: those of `x-portkey-metadata` and, over them, those of its body. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** Those of the client's headers that say which trace the request belongs to: `traceparent` and the like. */
  readonly traceHeaders: Readonly<Record<string, string>>
  /**
   * Sets `x-streamgate-trace-id` of the answer, if that has not begun. Without it, that is the trace that the
   * client's `traceparent` names. Throws a TypeError for an id that is longer than 128 characters or could not stand in a header.
   */
  readonly setTraceId: (id: string) => void
  /** The whole of it, prompts included. Frozen. */
  readonly request: ChatRequest
}

/**
 * - `first`: the request's first
 * - `retry`: the same target again
 * - `simpler-way`: the same target again at once, since it refused the way in which it was asked to go on with a broken answer
 * - `other-key`: the same target again at once, with another of its keys, since this one was refused or limited
 * - `fallback`: the next target
 * - `hedge`: a second target beside one that is late
 */
export type AttemptReason = 'first' | 'retry' | 'simpler-way' | 'other-key' | 'fallback' | 'hedge'

/**
 * - `restart`: the answer is another one, and began anew before the client's eyes
 * - `splice`: it repeated what the client has, and went on; nobody saw the break
 * - `continuation`: it was asked to go on, and did; nobody saw the break
 */
export type Resumed = 'restart' | 'splice' | 'continuation'

export interface AttemptStart {
  readonly requestId: string
  /** 1 for the first attempt of the request. */
  readonly attempt: number
  /** Why it is made. */
  readonly reason: AttemptReason
  /** What it is for; left out: a chat, in whatever dialect it was asked for. */
  readonly operation?: Operation
  /**
   * What it is asked for: the answer from its beginning (`fresh`), or the rest of a broken one, by giving the text so far as
   * the assistant's (`append`) or by asking for its last words again (`anchor`).
   */
  readonly resume: 'fresh' | 'splice' | 'append' | 'anchor'
  /** The target's name in the config. */
  readonly target: string
  /** The name of the key that it is asked with, if the target has `api_keys`. */
  readonly key?: string
  readonly provider: string
  readonly model: string
  /** The request's own over those of the config. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** A circuit breaker's state, as this process sees it. */
export interface Circuit {
  readonly target: string
  /** `open`: the target is left alone. `half-open`: one request probes it. */
  readonly state: CircuitState
  /** Undefined: it is seen for the first time. */
  readonly before: CircuitState | undefined
}

export interface FailureInfo {
  readonly kind: FailureKind
  /** The provider's HTTP status, if it answered. */
  readonly status: number | undefined
  readonly code: string | null
  readonly message: string
}

export interface AttemptEnd extends AttemptStart {
  /** `aborted`: the client left, or the other attempt of a hedge had content first. */
  readonly outcome: 'whole' | 'failed' | 'aborted'
  readonly failure: FailureInfo | undefined
  /** Milliseconds from the attempt's start. */
  readonly timings: { connected?: number; headers?: number; firstContent?: number; total: number }
  readonly chunks: number
  /** The last total that the provider sent; a failed attempt often has none. */
  readonly usage: Usage | undefined
  /** What the provider calls its response, for its support; undefined if it sent no id. */
  readonly providerRequestId: string | undefined
  /** What the answer said of itself where it ended; undefined if it did not come to that. */
  readonly response: ResponseInfo | undefined
  /** How its answer was joined to the broken one that the client had a part of; undefined: it had none, or got nothing of this one. */
  readonly resumed: Resumed | undefined
  /** What it cost, if the config has a price for its model. */
  readonly cost?: Cost
}

/** What an attempt cost by the config's `prices`, in their currency. */
export interface Cost {
  /** The sum of the parts, and what each attempt costs. */
  readonly total: number
  /** Whether tokens were estimated, since the provider did not count them: the answer broke, or was ended. */
  readonly estimated: boolean
  /** Of the prompt what was neither read from a cache nor written to one. */
  readonly input: number
  readonly cachedInput: number
  readonly cacheWrite: number
  /** Without reasoning. */
  readonly output: number
  readonly reasoning: number
}

export interface ResponseInfo {
  readonly id: string
  /** The model that answered, as the provider names it. */
  readonly model: string
  /** One for each choice, in the order in which they ended. */
  readonly finishReasons: readonly string[]
}

/** What became of a request. Also in `res.locals.streamgate`. */
export interface Outcome {
  readonly requestId: string
  /** What the client speaks. */
  readonly dialect: DialectName
  /** What it is for; left out: a chat. */
  readonly operation?: Operation
  /** `rejected`: the request itself was wrong, no attempt was made. `aborted`: the client left. */
  readonly outcome: 'whole' | 'failed' | 'aborted' | 'rejected'
  /** Who answered last. */
  readonly target: string | undefined
  readonly provider: string | undefined
  readonly model: string | undefined
  readonly attempts: number
  /** How many of the attempts were made for these reasons. */
  readonly retries: number
  readonly fallbacks: number
  readonly hedges: number
  /** How many times it was announced to the client that the answer begins anew. */
  readonly restarts: number
  /** 1 for a whole answer that broke, however often, without that the client noticed: what came next was joined to what it had. */
  readonly recoveries: number
  /** Whether the client was left with a part of an answer, and the error. */
  readonly truncated: boolean
  /** Milliseconds to the first content; undefined if none came. */
  readonly timeToFirstChunk: number | undefined
  /** Milliseconds in all. */
  readonly duration: number
  readonly chunks: number
  readonly usage: Usage | undefined
  /** Usage of the failed attempts, as far as their providers sent it. */
  readonly wastedUsage: readonly Usage[]
  /** What it cost, if the config has prices. */
  readonly cost: RequestCost | undefined
  readonly metadata: Readonly<Record<string, unknown>>
  readonly failure: FailureInfo | undefined
}

/** What all attempts of a request cost, in the currency of the config's `prices`. */
export interface RequestCost {
  readonly total: number
  /** Of that what attempts cost that did not answer: those that failed, lost a hedge, or whose client left. */
  readonly wasted: number
  /** Whether some of it is estimated. */
  readonly estimated: boolean
  /** Attempts without a price. */
  readonly unpriced: number
  readonly legs: readonly (Cost & Pick<AttemptEnd, 'attempt' | 'target' | 'model' | 'outcome'>)[]
}

/** Bounds of all that is buffered, in bytes (characters for text already decoded), and of waits, in milliseconds. */
export interface Limits {
  /** The client's request body. */
  maxRequestBytes: number
  /** The same without its images, sounds and files. Not looked at where a body parser before streamgate has read the body. */
  maxTextBytes: number
  /** Its JSON values: members of objects, items of lists, and the lists and objects themselves. */
  maxRequestValues: number
  /** Lists and objects within each other. */
  maxRequestLevels: number
  /** Its messages, with their parts and tool calls. */
  maxMessages: number
  /** Its tools. */
  maxTools: number
  /** One event of a provider's stream: a line, a JSON value, a frame. */
  maxEventBytes: number
  /** A provider's error body; what is longer is cut. */
  maxErrorBytes: number
  /** Tool calls held back in one answer. */
  maxToolCallBytes: number
  /**
   * What is kept of one stream's events while it cannot be sent: thinking and signatures that are to come back with a call,
   * citations in front of their words, text that may still turn out to be no answer.
   */
  maxHeldBytes: number
  /** What is remembered of an answer to splice another one onto it; a longer answer is restarted instead. */
  maxTranscriptBytes: number
  /** A whole answer to `stream: false`, and one in the form of the Responses API, which repeats it at its end. */
  maxAnswerBytes: number
  /** All answers that are kept for clients that refer to them, in the memory of this process; the oldest are forgotten. */
  maxItemBytes: number
  /** How long an answer is kept for clients that refer to it. */
  itemTtl: number
  /** All images and files that one attempt fetches from URLs, for providers that take bytes only. */
  maxMediaBytes: number
  /** How long the fetching of one of them may take, redirects included. */
  mediaTimeout: number
  /** How long a provider may take to send an error body. */
  errorBodyTimeout: number
  /** How long a client may take nothing of an answer that waits for it, before it counts as gone. */
  clientTimeout: number
}

export const DEFAULT_LIMITS: Limits = {
  maxRequestBytes: 32 * 1024 * 1024,
  maxTextBytes: 8 * 1024 * 1024,
  maxRequestValues: 100_000,
  maxRequestLevels: 500,
  maxMessages: 10_000,
  maxTools: 1000,
  maxEventBytes: 32 * 1024 * 1024,
  maxErrorBytes: 64 * 1024,
  maxToolCallBytes: 16 * 1024 * 1024,
  maxHeldBytes: 16 * 1024 * 1024,
  maxTranscriptBytes: 1024 * 1024,
  maxAnswerBytes: 64 * 1024 * 1024,
  maxItemBytes: 64 * 1024 * 1024,
  itemTtl: 60 * 60 * 1000,
  maxMediaBytes: 20 * 1024 * 1024,
  mediaTimeout: 10_000,
  errorBodyTimeout: 5_000,
  clientTimeout: 60_000,
}
