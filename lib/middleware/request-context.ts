import type { IncomingHttpHeaders } from 'node:http'
import type { Dialect } from '../dialects/dialect.ts'
import type { FailureKind, RequestError, UpstreamError } from '../errors.ts'
import type { AttemptEnd, AttemptStart, Limits, Options } from '../options.ts'
import type { MidStream } from '../types/answer.ts'
import type { ChatRequest } from '../types/chat.ts'
import type { NativeRequest } from '../types/provider.ts'
import type { Upstream } from './attempt/connection/upstream.ts'
import type { Sink } from './client/downstream.ts'
import type { RefusalMemory } from './recovery/refusal-memory.ts'
import type { Way } from './recovery/ways-to-continue.ts'

/** The part of a request that all its attempts share. They change none of it but the downstream. */
export interface RequestContext {
  readonly requestId: string
  /** What the client speaks. */
  readonly dialect: Dialect
  readonly request: ChatRequest
  /** The request as the client wrote it, for targets that speak the same. */
  readonly native: NativeRequest | undefined
  /** What of the client's request has no place there, by name. */
  readonly lost: readonly string[]
  /** Why no target can serve it that needs a translation; undefined: each can. */
  readonly nativeOnly: RequestError | undefined
  /** The request's own, from its header and its body. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** The client uses the deprecated `functions`. */
  readonly legacy: boolean
  /** The client's headers. */
  readonly headers: IncomingHttpHeaders
  readonly upstream: Upstream
  readonly downstream: Sink
  /** How the client wants a broken answer to continue; undefined: as the config says. */
  readonly midStream: readonly MidStream[] | undefined
  /** What the models of this backend were found to refuse. */
  readonly memory: RefusalMemory
  readonly options: Options
  readonly limits: Limits
  /** Whether the logger gets an outline of each chunk. */
  readonly logChunks: boolean
  /** Whether the targets are the operator's own, not those of a config that came with the request. */
  readonly operated: boolean
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal
  /** Called at each content that is more than a finish reason. */
  readonly onContent?: () => void
}

/**
 * An attempt has these types, in the order of its life:
 *
 * | type | what it is |
 * |---|---|
 * | `Approach` (run-attempt.ts) | why and in which way it is made |
 * | `AttemptStart` (options.ts) | what hooks hear at its beginning |
 * | `AttemptTask` | what `attempt` is given beside the request and its target |
 * | `RunningAttempt` (attempt/ask.ts) | what its parts share while it runs |
 * | `AttemptInfo` (client/downstream.ts) | what the client's side knows of it |
 * | `AttemptRecord` (attempt/attempt-record.ts) | what it notes as it goes |
 * | `AttemptEnd` (options.ts) | what hooks hear at its end |
 * | `AttemptReport` | the same, with what is ours alone |
 */
export interface AttemptTask {
  readonly start: AttemptStart
  /** The way in which it continues what the client has. */
  readonly way: Way
  /** Why the attempt before failed. */
  readonly previousFailure: FailureKind | undefined
  /** The answer's headers about this attempt, if it is this one that answers. */
  readonly headers: () => Record<string, string>
  /** Milliseconds left of `total_timeout`. */
  readonly totalTimeout: number | undefined
}

export interface AttemptReport extends AttemptEnd {
  /** By `performance.now()`. */
  readonly startedAt: number
  readonly error: UpstreamError | undefined
  /** Characters of content that came. */
  readonly characters: number
  /** Whether the target was asked with the client's own key. */
  readonly clientKey: boolean
}
