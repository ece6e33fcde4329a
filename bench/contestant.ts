import type { Content, Dialect } from './bodies/body.ts'
import type { Scenario } from './contestants/configs.ts'
import type { Source } from './script.ts'

/** Who may take part; `program` is ours as a program, `before` the streamgate of another checkout, `direct` no gateway at all. */
export type Kind =
  | 'streamgate'
  | 'program'
  | 'before'
  | 'floor'
  | 'http-proxy-middleware'
  | 'nginx'
  | 'direct'
  | RivalKind

/** Gateways of others. */
export type RivalKind = 'portkey' | 'tensorzero'

export interface Entrant {
  kind: Kind
  dialect: Dialect
  content: Content
  source: Source
  scenario: Scenario
}

/** A gateway that runs. */
export interface Contestant extends Entrant {
  port: number
  /** Its request needs these besides. */
  headers: Record<string, string>
  /** Where it takes chat completions. @default /v1/chat/completions */
  path?: string
  /** The same request as it wants to have it. */
  rephrase?(chat: Chat): Chat
  /** Nanoseconds of CPU, user and system, of all its threads and processes so far. */
  cpu(): Promise<number>
  /** Bytes: resident, and in use on the JavaScript heap and beside it; after a collection where it can be asked for. */
  memory(): Promise<{ rss: number; used: number }>
  stop(): Promise<void>
  /** Ends it at once, whatever it is at. Who has this has a deadline for each slice. */
  kill?(): void
}

/** A client's request, as OpenAI has it. */
export type Chat = Record<string, unknown>

export interface Surroundings {
  upstreamPort: number
  core: number
  /** More arguments for Node. */
  execArgv: string[]
  /** The other checkout. */
  before: string | undefined
}
