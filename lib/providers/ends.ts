import { brokenEnd } from '../errors.ts'
import type { FinishReason } from '../types/chunk.ts'
import { text } from './json.ts'

/** The native reasons by which an answer ends well, with OpenAI's words for them. Any other reason is a failure. */
export type Ends = Readonly<Record<string, FinishReason>>

/** Reasons that mean the same whoever gives them: OpenAI's own, and those that compatible servers pass on from others. */
export const COMMON_ENDS: Ends = {
  stop: 'stop',
  eos: 'stop',
  eos_token: 'stop',
  stop_sequence: 'stop',
  end_turn: 'stop',
  COMPLETE: 'stop',
  STOP: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  MAX_TOKENS: 'length',
  model_context_window_exceeded: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  sensitive: 'content_filter',
}

/**
 * Reads a finish reason; undefined where there is none yet. `own` are the ends that a target's config adds to the dialect's.
 * Throws a `broken-end` UpstreamError for every reason that stands in neither.
 *
 * @example finishOf('max_tokens', ANTHROPIC_ENDS) // 'length'
 */
export function finishOf(reason: unknown, ends: Ends, own: Ends = {}): FinishReason | undefined {
  const word = typeof reason === 'number' ? String(reason) : text(reason)
  if (word === '') return undefined
  for (const table of [own, ends]) if (Object.hasOwn(table, word)) return table[word]
  throw brokenEnd(word)
}
