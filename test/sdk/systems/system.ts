import type { Reply } from '../../helpers/upstream.ts'

/** What the model says in one turn, whatever the provider's form of it. */
export interface Answer {
  reasoning?: string
  /** What proves the reasoning, where a provider signs it; it must come back with the turn's first call. */
  signature?: string
  /** Piece by piece. */
  text?: readonly string[]
  calls?: readonly Call[]
  /** Why it ends, if neither of itself nor for a call. */
  end?: 'length' | 'sequence'
}

export interface Call {
  /** Nine letters and digits: a form that every provider takes. */
  id: string
  name: string
  arguments: Record<string, unknown>
}

/** What a native request says, read without the help of the code that wrote it. */
export interface Heard {
  model: string
  system: string
  turns: Turn[]
  tools: Tool[]
  stop: string[]
  schema: unknown
  thinks: boolean
}

export type Turn =
  | { user: string; images?: Image[] }
  | { assistant: string; calls?: Called[] }
  /** The results of the calls before, each beside what was called. */
  | { results: (Called & { result: string })[] }

export type Called = Omit<Call, 'id'>

export interface Image {
  mime: string
  data: string
}

export interface Tool {
  name: string
  description: string
  parameters: unknown
}

export interface NativeRequest {
  url: string
  body: string
}

/** One of the systems that streamgate speaks to, played by hand from its documentation. */
export interface System {
  /** The config of a target at this address. */
  target(url: string): Record<string, unknown>
  model: string
  /** For conversations that need another model, by their name. */
  models?: Readonly<Record<string, string>>
  /** What the stream of an answer looks like. */
  contentType: string
  /** The stream of an answer, event by event. */
  tell(answer: Answer): (string | Buffer)[]
  /** Whether the model can be asked to think, and tells what it thought. */
  thoughts: 'told' | 'hidden' | 'none'
  /** Whether the system gives calls an id of its own. */
  callIds: boolean
  /** What it cannot serve, by the name of the conversation. */
  refuses?: Readonly<Record<string, RegExp>>
  hear(request: NativeRequest): Heard
  /** An error response, and how streamgate's client is to see it: the status, and what the openai SDK raises. */
  error: { status: number; body: unknown; message: RegExp; code: string | null; seen: number; raised: string }
}

/** What each answer costs. */
export const TOKENS = { input: 5, output: 7 }

/** The system's answer as a scripted server gives it. */
export function reply(system: System, answer: Answer): Reply {
  return { headers: { 'content-type': system.contentType }, chunks: system.tell(answer) }
}

export const sse = (...events: unknown[]): string[] => events.map((event) => `data: ${JSON.stringify(event)}\n\n`)

/** Events with a name, which is their type. */
export const named = (...events: { type: string; [field: string]: unknown }[]): string[] =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)

/** JSON text in two pieces. */
export function halves(value: unknown): [string, string] {
  const text = JSON.stringify(value)
  return [text.slice(0, 7), text.slice(7)]
}
