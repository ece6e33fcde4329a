import type { ChunkDelta, ChunkToolCall } from '../../types/chunk.ts'

/** A stretch of one kind of text. */
export interface Run {
  kind: string
  text: string
}

/**
 * Tool calls as runs of text, so that a call that comes again is spliced like text: the name, then the arguments. The ids are
 * others in each answer; the client keeps the one that it has.
 */
export function callRuns({ tool_calls, function_call }: ChunkDelta): Run[] {
  if (tool_calls === undefined && function_call === undefined) return NONE
  const runs = (tool_calls ?? []).map(({ index, function: called, custom }) => ({
    kind: `${CALL}${index}`,
    text: runText(called?.name ?? custom?.name, called?.arguments ?? custom?.input),
  }))
  if (function_call) runs.push({ kind: CALL, text: runText(function_call.name, function_call.arguments) })
  return runs.filter(({ text }) => text !== '')
}

const NONE: Run[] = []
const CALL = 'call '
/** Ends the name. */
const NAME_END = '\0'

function runText(name: string | undefined, text = ''): string {
  return name === undefined ? text : name + NAME_END + text
}

export function isCallRun(kind: string): boolean {
  return kind.startsWith(CALL)
}

/** Adds what the client lacks of a call: `rest` of its arguments, or, where that is undefined, all of this piece. */
export function addRestOfCall(delta: ChunkDelta, from: ChunkDelta, kind: string, rest: string | undefined): void {
  if (kind === CALL) {
    delta.function_call = rest === undefined ? (from.function_call ?? {}) : { arguments: rest }
    return
  }
  const call = from.tool_calls?.find(({ index }) => kind === `${CALL}${index}`)
  if (call === undefined) return
  delta.tool_calls = [...(delta.tool_calls ?? []), rest === undefined ? call : restOf(call, rest)]
}

function restOf({ index, custom }: ChunkToolCall, text: string): ChunkToolCall {
  return custom === undefined ? { index, function: { arguments: text } } : { index, custom: { input: text } }
}
