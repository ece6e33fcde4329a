/** The systems that are spoken to, one for each format of an answer. */
export const DIALECTS = [
  ...(['openai', 'azure', 'groq', 'together', 'mistral', 'anthropic', 'gemini', 'gemini-array'] as const),
  ...(['cohere', 'cohere-v1', 'bedrock', 'bedrock-invoke'] as const),
] as const
export type Dialect = (typeof DIALECTS)[number]

export const CONTENTS = ['text', 'reasoning', 'tools'] as const
/** What an answer consists of: most of its events carry a piece of this. `tools`: of a call's arguments. */
export type Content = (typeof CONTENTS)[number]

/** A provider's answer on the wire. Its middle can be repeated, so that it is as long as a work load wants it. */
export interface Body {
  /** The content type. */
  readonly type: string
  /** What comes before the first event of the middle. */
  readonly start: Buffer
  /** Events with one piece of content each. */
  readonly middle: readonly Buffer[]
  readonly end: Buffer
}

/** The bytes of so many events of the middle, from the n-th on. */
export function eventsOf({ middle }: Body, from: number, count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, n) => middle[(from + n) % middle.length] as Buffer))
}

/** A whole answer with so many events in its middle. */
export function wholeBody(body: Body, events: number): Buffer {
  return Buffer.concat([body.start, eventsOf(body, 0, events), body.end])
}

/** Stands once in each event with content that a gateway tells its client, and in no other. A held call is told as a whole. */
export const MARKS: Readonly<Record<Content, string>> = {
  text: '"delta":{"content":"',
  reasoning: '"delta":{"reasoning_content":"',
  tools: '"arguments":"',
}
/** The same in an Anthropic or OpenAI stream that a proxy passes through as it is. */
export const RAW_MARKS: Partial<Readonly<Record<Dialect, string>>> = {
  openai: '"delta":{"content":"',
  anthropic: '"type":"text_delta"',
}
