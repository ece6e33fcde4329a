import { type Answer, type Call, pieces } from '../answers.ts'
import type { Random } from '../random.ts'

/** How one provider puts an answer on the wire. */
export interface Dialect {
  name: string
  /** What clients speak the same, whose requests and answers pass as they are. */
  native?: 'messages' | 'responses'
  /** What the config says of a target that speaks it. */
  config: Record<string, unknown>
  /** Whether streamgate knows that its model goes on with a prefix. */
  prefill: boolean
  /** Whether it can tell reasoning, and calls beside text. */
  tells: { reasoning: boolean; calls: boolean }
  contentType: string
  /** The events of an answer. From event `finished` on, the end of the body may count as the end of the answer. */
  stream(answer: Answer, random: Random): { events: Buffer[]; finished: number }
  /** An event that says that something went wrong. */
  error: Buffer
  /** Bytes that cannot be read, wherever they stand. */
  garbage: Buffer
}

/** What a stream tells, in order, whatever the dialect. */
export type Part =
  | { reasoning: string }
  | { text: string }
  | { call: Call; index: number; id: string; fragments: string[] }

export function partsOf({ reasoning, text, calls, seams }: Answer, random: Random): Part[] {
  return [
    ...pieces(reasoning, [], random).map((piece) => ({ reasoning: piece })),
    ...pieces(text, seams, random).map((piece) => ({ text: piece })),
    ...calls.map((call, index) => ({
      call,
      index,
      id: `call${random.below(1e9)}`,
      fragments: pieces(call.arguments, [], random),
    })),
  ]
}

/** One server-sent event. */
export function sse(data: unknown, event?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${text}\n\n`
}
