import type { Chunk, FinishReason, Usage } from '../../types/chunk.ts'

/** How a whole message ended. Source: @anthropic-ai/sdk `StopReason`, `RefusalStopDetails`. */
export interface Stop {
  stop_reason: 'end_turn' | 'max_tokens' | 'tool_use' | 'refusal' | null
  stop_sequence: null
  stop_details: { type: 'refusal'; category: null; explanation: null } | null
}

const REASONS: Readonly<Record<FinishReason, Exclude<Stop['stop_reason'], null>>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
}

/** `refused`: the model said no in words of its own. */
export function stopOf(finish: FinishReason, refused: boolean): Stop {
  const reason = refused ? 'refusal' : REASONS[finish]
  return {
    stop_reason: reason,
    stop_sequence: null,
    stop_details: reason === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null,
  }
}

/** What the last chunks of an answer say of its end. Of several answers that a config asks for, the first is the client's. */
export interface Ending {
  finish: FinishReason
  usage: Usage | undefined
}

export function endingOf(chunks: readonly Chunk[]): Ending {
  const first = chunks.flatMap(({ choices }) => choices.filter(({ index }) => index === 0))
  const reasons = first.flatMap(({ finish_reason }) => finish_reason ?? [])
  const usage = chunks.findLast((chunk) => chunk.usage != null)?.usage ?? undefined
  return { finish: reasons[0] ?? 'stop', usage }
}
