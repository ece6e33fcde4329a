import type { Transform } from 'node:stream'
import type { Chunk } from '../types/chunk.ts'
import { through } from './through.ts'

/** Chunks in, chunks out for a client of the deprecated `functions` parameter. */
export function legacyFunctions(): Transform {
  return through<Chunk, Chunk>((chunk, push) => {
    const legacy = withFunctionCall(chunk)
    if (legacy !== undefined) push(legacy)
  })
}

/**
 * The chunk as a client of the deprecated `functions` parameter expects it: `function_call` in place of `tool_calls`. That
 * format has room for one call, so others are dropped; undefined if nothing is left.
 */
export function withFunctionCall(chunk: Chunk): Chunk | undefined {
  const choices = chunk.choices.flatMap((choice) => {
    const finish_reason = choice.finish_reason === 'tool_calls' ? ('function_call' as const) : choice.finish_reason
    const { tool_calls, ...delta } = choice.delta
    if (tool_calls === undefined) return [{ ...choice, finish_reason }]
    const call = tool_calls.find(({ index }) => index === 0)?.function
    if (call !== undefined) return [{ ...choice, delta: { ...delta, function_call: call }, finish_reason }]
    return Object.keys(delta).length === 0 && finish_reason === null ? [] : [{ ...choice, delta, finish_reason }]
  })
  return choices.length === 0 && chunk.choices.length > 0 ? undefined : { ...chunk, choices }
}
