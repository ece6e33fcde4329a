import type http from 'node:http'
import type https from 'node:https'
import type { Transform } from 'node:stream'
import type { BreakerStore } from './breaker/store.ts'
import type { Target } from './config.ts'
import type { FailureKind } from './errors.ts'
import type { AwsCredentials, Chunk, Provider, Usage } from './types.ts'

/** What a config in JSON cannot carry. Everything is optional. */
export interface Options extends Hooks {
  /** More providers, by the name that `provider` gives in the config. One of a built-in name replaces it. */
  providers?: Readonly<Record<string, Provider>>
  /**
   * Asked for the key at each attempt; its answer wins over `api_key`. For keys that change: Entra tokens, Google's OAuth
   * tokens for Vertex AI (`vertex-ai` with `vertex_project_id`), vaults; for Bedrock also AWS keys, which win over those of
   * the config. Undefined leaves the config's key, or the client's. Not asked for targets that a request's own config
   * names: their hosts are the client's choice.
   */
  credentials?: (target: TargetInfo) => Credentials | undefined | Promise<Credentials | undefined>
  /**
   * Object-mode streams of your own over chunks, between the decoder and the client. Called at each attempt, since a stream
   * ends with its attempt. They must pass on the chunk with the finish reason.
   */
  transforms?: (attempt: AttemptStart) => Transform[]
  /** Keep-alive agents for the providers, in place of our own. */
  agents?: { http: http.Agent; https: https.Agent }
  /** Sockets a provider's host at most; more requests wait. @default Infinity */
  maxSockets?: number
  limits?: Partial<Limits>
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
  /** Told of faults of our own and of throwing hooks. @default silent */
  logger?: Pick<Console, 'error'>
}

/** A key or token, or keys for AWS signatures. */
export type Credentials = string | AwsCredentials

/** Called in the course of a request. What they throw is logged and has no effect on the answer. */
export interface Hooks {
  onAttemptStart?: (attempt: AttemptStart) => void
  onAttemptEnd?: (attempt: AttemptEnd) => void
  /** At each chunk, as it leaves the last transform. */
  onChunk?: (chunk: Chunk, attempt: AttemptStart) => void
  /** Once a request, whatever became of it. */
  onFinish?: (outcome: Outcome) => void
}

export type TargetInfo = Pick<Target, 'name' | 'fields'> & { readonly provider: string }

export interface AttemptStart {
  /** 1 for the first attempt of the request. */
  readonly attempt: number
  /** The target's name in the config. */
  readonly target: string
  readonly provider: string
  readonly model: string
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface FailureInfo {
  readonly kind: FailureKind
  /** The provider's HTTP status, if it answered. */
  readonly status: number | undefined
  readonly code: string | null
  readonly message: string
}

export interface AttemptEnd extends AttemptStart {
  /** `aborted`: the client left. */
  readonly outcome: 'whole' | 'failed' | 'aborted'
  readonly failure: FailureInfo | undefined
  /** Milliseconds from the attempt's start. */
  readonly timings: { connected?: number; headers?: number; firstContent?: number; total: number }
  readonly chunks: number
  /** The last total that the provider told; a failed attempt has often told none. */
  readonly usage: Usage | undefined
}

/** What became of a request. Also in `res.locals.streamgate`. */
export interface Outcome {
  /** `rejected`: the request itself was wrong, no attempt was made. `aborted`: the client left. */
  readonly outcome: 'whole' | 'failed' | 'aborted' | 'rejected'
  /** Who answered last. */
  readonly target: string | undefined
  readonly provider: string | undefined
  readonly model: string | undefined
  readonly attempts: number
  /** Milliseconds to the first content; undefined if none came. */
  readonly timeToFirstChunk: number | undefined
  /** Milliseconds in all. */
  readonly duration: number
  readonly chunks: number
  readonly usage: Usage | undefined
  /** What the failed attempts told of theirs. */
  readonly wastedUsage: readonly Usage[]
  readonly metadata: Readonly<Record<string, unknown>>
  readonly failure: FailureInfo | undefined
}

/** Bounds of all that is buffered, in bytes (characters for text already decoded), and of waits, in milliseconds. */
export interface Limits {
  /** The client's request body. */
  maxRequestBytes: number
  /** One event of a provider's stream: a line, a JSON value, a frame. */
  maxEventBytes: number
  /** A provider's error body; what is longer is cut. */
  maxErrorBytes: number
  /** Tool calls held back in one answer. */
  maxToolCallBytes: number
  /** What is remembered of an answer to splice another one onto it; a longer answer is restarted instead. */
  maxTranscriptBytes: number
  /** A whole answer to `stream: false`. */
  maxAnswerBytes: number
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
  maxRequestBytes: 64 * 1024 * 1024,
  maxEventBytes: 32 * 1024 * 1024,
  maxErrorBytes: 64 * 1024,
  maxToolCallBytes: 16 * 1024 * 1024,
  maxTranscriptBytes: 1024 * 1024,
  maxAnswerBytes: 64 * 1024 * 1024,
  maxMediaBytes: 20 * 1024 * 1024,
  mediaTimeout: 10_000,
  errorBodyTimeout: 5_000,
  clientTimeout: 300_000,
}
