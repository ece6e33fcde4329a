import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Limits, Options } from '../options.ts'
import type { Backend, RequestBackends } from './backend.ts'
import type { itemMemories } from './incoming/item-memories.ts'

/** A request of Express, Connect or bare `node:http`; `body` is what a parser before has read. */
export type StreamgateRequest = IncomingMessage & { body?: unknown }
/** Its response; `locals` get the outcome. */
export type StreamgateResponse = ServerResponse & { locals?: Record<string, unknown> }

/** One mounted middleware: all that its requests share. */
export interface Mount {
  readonly options: Options
  readonly limits: Limits
  readonly backend: Backend
  readonly requestBackends: RequestBackends | undefined
  /** What clients can refer to by id. */
  readonly items: ReturnType<typeof itemMemories>
}
