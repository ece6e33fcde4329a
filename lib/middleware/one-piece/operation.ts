import type { IncomingHttpHeaders } from 'node:http'
import type { ResolvedTarget } from '../../config.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import type { ItemMemory } from '../../dialects/responses/item-memory.ts'
import type { Limits, Operation, ResponseInfo } from '../../options.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Usage } from '../../types/chunk.ts'
import type { Endpoint, HttpRequest } from '../../types/provider.ts'
import type { Work } from '../relayed-request.ts'

/** What is asked beside chats: of a config's targets as a chat is, but answered in one piece. */
export interface PieceOperation {
  readonly name: Operation
  /** Errors are in its words, and hooks hear its name. */
  readonly dialect: Dialect
  /** Checks a body. Throws, or rejects with, RequestError. */
  read(body: unknown, context: PieceContext): PieceRequest | Promise<PieceRequest>
}

/** What there is beside a body to read it. */
export interface PieceContext {
  readonly headers: IncomingHttpHeaders
  readonly limits: Limits
  /** Of the body; undefined if a parser before streamgate has read it. */
  readonly bytes: number | undefined
  /** What this client can refer to by id; undefined if nothing is kept. */
  readonly items: () => ItemMemory | undefined
}

/** A request that was understood. */
export interface PieceRequest extends Pick<Work, 'modelOf' | 'passedOver'> {
  /** As hooks and conditions see it. Frozen. */
  readonly request: ChatRequest
  /** What to ask a target for this model. Throws RequestError if it cannot be asked. */
  question(target: ResolvedTarget, model: string): Question
  /** What all attempts together may take, in milliseconds, if `total_timeout` does not say less. Left out: as long as that says. */
  readonly longest?: number
  /** The answer where no target gives one. Left out: there is none but the failure. */
  instead?(): Piece
}

/** A request to one target, and how its answer is read. */
export interface Question {
  /** Throws RequestError. */
  encode(endpoint: Endpoint): HttpRequest | Promise<HttpRequest>
  /** Reads the body of a 200. Throws a `malformed` UpstreamError. */
  read(text: string): Piece
}

/** A whole answer. */
export interface Piece {
  /** JSON, as the client gets it. */
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  readonly usage?: Usage | undefined
  readonly response?: ResponseInfo | undefined
}
