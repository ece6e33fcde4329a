import type { FailOn } from '../types/answer.ts'
import type { FinishReason } from '../types/chunk.ts'

/** How an answer can be used by who asked for it. */
export interface Demands {
  failOn: readonly FailOn[]
  /** JSON was asked for, in whatever form. */
  json: boolean
  /** What of a value breaks the schema that was asked for; undefined if nothing does. */
  violation?: ((value: unknown) => string | undefined) | undefined
  /** The last message is a tool's result: silence is an answer to it. */
  afterToolResult: boolean
}

/** One choice of an answer, at its end. */
export interface ChoiceEnd {
  finish: FinishReason
  /** Whether there was nothing but calls, or reasoning: no text, refusal, audio or image. */
  empty: boolean
  refused: boolean
  /** How many tools it calls. */
  calls: number
  /** All of its text, if JSON was asked for. */
  text: string
}

/** Why a choice cannot be used, by this list; undefined if it can. An answer that was cut by `length` or a filter says so itself. */
export function unusable(end: ChoiceEnd, { failOn, json, violation, afterToolResult }: Demands): string | undefined {
  const { finish, empty, refused, calls, text } = end
  const fails = (name: FailOn) => failOn.includes(name)
  if (finish === 'length') return fails('length') ? 'The answer was cut by the limit of tokens.' : undefined
  if (finish === 'content_filter') return fails('content_filter') ? 'The answer was cut by a filter.' : undefined
  if (refused) return fails('refusal') ? 'The model refused to answer.' : undefined
  if (isCallEnd(finish) && calls === 0 && fails('invalid_tool_calls'))
    return 'The answer ended with a tool call, and has none.'
  if (empty && calls === 0 && !afterToolResult && fails('empty')) return 'The answer is empty.'
  if (!json || calls > 0 || text === '') return undefined
  const value = parsed(text)
  if (value === undefined) return fails('invalid_json') ? 'JSON was asked for, and the answer is none.' : undefined
  const broken = fails('invalid_schema') ? violation?.(value) : undefined
  return broken && `The answer breaks the schema that was asked for: ${broken}.`
}

function isCallEnd(finish: FinishReason): boolean {
  return finish === 'tool_calls' || finish === 'function_call'
}

/** Undefined for what is no JSON: no JSON says undefined. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
