import type { IncomingHttpHeaders } from 'node:http'
import type { RequestError } from '../errors.ts'
import type { ChatRequest } from '../types/chat.ts'
import type { Chunk } from '../types/chunk.ts'
import type { ApiError, NativeRequest } from '../types/provider.ts'
import type { ItemMemory } from './responses/item-memory.ts'

/** `completions` is the older API of a prompt and a text; `embeddings` are no answer in words, and have no dialect but the name. */
export type DialectName = 'chat-completions' | 'completions' | 'messages' | 'responses' | 'embeddings'

/** What a client speaks: how its requests are read, and how answers and errors are written for it. Without state. */
export interface Dialect {
  readonly name: DialectName
  /** The path that its requests are posted to. */
  readonly path: `/${string}`
  /**
   * Whether this format can announce that an answer begins anew; its writer then has `restart`. Else an answer that was begun is
   * spliced, continued, or lost.
   */
  readonly announcesRestarts: boolean
  /**
   * Whether clients run a tool call as soon as they have all of it, before the end of the answer. Calls are then held, whatever
   * `tool_calls` says, and given to the writer with the end of a whole answer.
   */
  readonly runsCallsAtOnce: boolean
  /** Checks a body and brings it into the one form that all attempts start from. Throws, or rejects with, RequestError. */
  read(body: unknown, headers: IncomingHttpHeaders, context: ReadContext): ParsedRequest | Promise<ParsedRequest>
  /** The answer to a request that failed before any of an answer was sent. */
  failure(error: ApiError, requestId: string): Failure
  /** The clients' word for a parameter of chat's. Left out: the same. */
  ownParam?(param: string): string
  /** Headers of every answer, beside those of the engine. Left out: none. */
  headers?(requestId: string): Record<string, string>
}

/** What there is beside a request to read it and to write its answer. */
export interface ReadContext {
  /** What an answer may come to that has to be kept until its end, in characters. */
  readonly maxAnswerBytes: number
  /** What this client can refer to by id; undefined if nothing is kept. */
  readonly items: () => ItemMemory | undefined
}

/** A client's request, in the form that providers get, and the way its answer is written. */
export interface ParsedRequest {
  readonly request: ChatRequest
  /** What of the client's request has no place there, by name; its targets get nothing of it. Left out: nothing. */
  readonly lost?: readonly string[]
  /** Why only a target that speaks the dialect can serve it, so that no other is asked. Left out: each can. */
  readonly nativeOnly?: RequestError | undefined
  /** Whether the client uses the deprecated `functions` of chat completions, and expects `function_call` back. */
  readonly legacy: boolean
  /** Whether the answer is a stream. */
  readonly stream: boolean
  /**
   * The request as the client wrote it, for targets that speak the same. The chunks of such an attempt carry the provider's own
   * events (`nativeOf`), which are written in their place. Left out: every target gets a translation.
   */
  readonly native?: NativeRequest | undefined
  /** Called once, for a streamed answer. */
  writer(): AnswerWriter
  /** Called once an attempt, for an answer in one piece. */
  fold(): AnswerFold
}

/**
 * Writes one streamed answer, over all attempts: owns its ids, numbers and what is open. Each method gives the text of whole
 * SSE frames, '' for none. Chunks of later attempts carry only what the client does not have. A chunk that carries events of the
 * provider's own (`nativeOf`) is written as these events, and not at all if its list is empty; their terminal may be missing.
 */
export interface AnswerWriter {
  /** The first one opens the answer. A chunk of a role alone says that the answer begins, and nothing else. */
  chunk(chunk: Chunk): string
  /**
   * Another attempt continues behind what is open. Its own events have other numbers and places: those behind the part in which both
   * join are written at ours, those of that part as what they say. Left out: chunks carry no events.
   */
  continue?(): void
  /** The answer begins anew. `first` is a chunk of the new answer, to be written after it. Only where restarts are announced. */
  restart?(first: Chunk, info: RestartInfo): string
  /** A sign of life, from the first frame on. Before any, only a comment may be sent. */
  keepAlive(): string
  /** The answer is whole: the chunks of its end (tool calls that were held, finish reasons, usage), and the terminal. */
  finish(ending: readonly Chunk[]): string
  /** All is lost: the last frames. No terminal of a whole answer. */
  fail(error: ApiError): string
}

/** The attempt whose answer begins anew, and why the one before failed. */
export interface RestartInfo {
  readonly attempt: number
  readonly provider: string
  readonly reason: string | undefined
}

/** Folds the chunks of one attempt into one JSON answer. */
export interface AnswerFold {
  add(chunk: Chunk): void
  /** The body. Called once, when the answer is whole. */
  result(): unknown
}

/** An HTTP answer that says what went wrong. */
export interface Failure {
  readonly status: number
  readonly body: unknown
}
