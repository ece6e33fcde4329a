import type { ResolvedRequestSettings } from '../../config.ts'
import type { Dialect, ParsedRequest } from '../../dialects/dialect.ts'
import type { FailureKind, UpstreamError } from '../../errors.ts'
import type { Limits, Options, Resumed } from '../../options.ts'
import type { Chunk } from '../../types/chunk.ts'
import type { ApiError } from '../../types/provider.ts'
import type { Way } from '../recovery/ways-to-continue.ts'

/** Where an attempt writes its chunks. */
export interface Sink {
  /** A new attempt writes from here on. */
  begin(attempt: AttemptInfo): void
  /** False: wait for `onReady` before the next. Throws UpstreamError if the attempt is of no use. */
  write(chunk: Chunk): boolean
  onReady(callback: () => void): void
}

/** The client's side of a request: one for all attempts. It is ended once, by `finish` (behind `close`) or by `fail`. */
export interface Downstream extends Sink {
  /** Whether the client has been sent any of the answer. */
  committed(): boolean
  /** Whether the client has been sent any of a tool call. */
  callSent(): boolean
  /** The content that the client has, if it can be continued (see Transcript.text). */
  textSent(): string | undefined
  /** The answer is whole: makes its end ready. Returns why the end cannot be written, and then all is lost. */
  close(): UpstreamError | undefined
  /** Sends that end: the one place from which a finish reason and `[DONE]` go out. */
  finish(): void
  /** All is lost. */
  fail(error: ApiError, headers: Record<string, string>): void
}

/** An attempt, as far as it concerns the client. */
export interface AttemptInfo {
  /** 1 for the first. */
  attempt: number
  provider: string
  /** Why the attempt before failed. */
  previousFailure: FailureKind | undefined
  /** The way in which it continues what the client has. */
  way: Way
  /** Whether the whole text has to be JSON. */
  json: boolean
  /** The headers for the client: the provider's, once they have come, and ours about the attempt. */
  headers: () => Record<string, string>
  /** Called once, at most: how the client gets this answer when it has a part of a broken one. */
  onResume: (how: Resumed) => void
}

export interface DownstreamOptions {
  dialect: Dialect
  requestId: string
  /** Writes the answer, as a stream or in one piece. */
  format: Pick<ParsedRequest, 'writer' | 'fold'>
  /** Whether another attempt may continue a broken answer, so that what was sent must be remembered. */
  recover: boolean
  settings: Pick<ResolvedRequestSettings, 'commitAfter' | 'keepAlive' | 'keepAliveBeforeCommit' | 'coalesce'>
  limits: Pick<Limits, 'maxTranscriptBytes' | 'maxAnswerBytes' | 'clientTimeout'>
  /** Gets what the response's methods throw. */
  logger: Options['logger']
}
