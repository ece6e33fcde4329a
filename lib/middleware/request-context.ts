import type { IncomingHttpHeaders } from 'node:http'
import type { Dialect } from '../dialects/dialect.ts'
import type { RequestError, UpstreamError } from '../errors.ts'
import type { AttemptEnd, AttemptStart, Limits, Options } from '../options.ts'
import type { MidStream } from '../types/answer.ts'
import type { ChatRequest } from '../types/chat.ts'
import type { NativeRequest } from '../types/provider.ts'
import type { Upstream } from './attempt/upstream.ts'
import type { Sink } from './client/downstream.ts'
import type { RefusalMemory } from './recovery/refusal-memory.ts'
import type { Resume } from './recovery/ways-to-continue.ts'

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
  /** How the client wants a broken answer to go on; undefined: as the config says. */
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

/** The task of one attempt. */
export interface AttemptPlan {
  readonly start: AttemptStart
  /** How it goes on with what the client has. */
  readonly resume: Resume
  /** Why the attempt before failed. */
  readonly after: string | undefined
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
