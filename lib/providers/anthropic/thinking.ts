import type { Model } from './models.ts'
import type { Effort, MessageParam, ThinkingParam } from './wire.ts'

const EFFORTS = new Map<string, Effort>([
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'xhigh'],
  ['max', 'max'],
])

/** In tokens. */
const BUDGETS = new Map([
  ['minimal', 1024],
  ['low', 2048],
  ['medium', 8192],
  ['high', 16_384],
  ['xhigh', 32_768],
  ['max', Number.POSITIVE_INFINITY],
])
const LEAST_BUDGET = 1024

/** Tokens left to the answer when `max_tokens` is too small for the budget. */
const LEAST_ANSWER = 1024

const LEAST_THINKING = {
  disabled: { thinking: { type: 'disabled' } },
  between_tools: { thinking: { type: 'between_tools' } },
  'low-effort': { effort: 'low' },
} as const

/** `reasoning_effort` in the model's terms; nothing for an effort we do not know, which leaves it to the model. */
export function thinkingFor(
  effort: string | null | undefined,
  model: Model,
  maxTokens: number,
): { thinking?: ThinkingParam; effort?: Effort } {
  if (effort == null || model.thinking === 'none') return {}
  if (effort === 'none') return LEAST_THINKING[model.leastThinking]
  if (model.thinking === 'adaptive') {
    const level = EFFORTS.get(effort)
    if (level === undefined) return {}
    return {
      thinking: { type: 'adaptive', display: 'summarized' },
      effort: level === 'xhigh' && !model.xhighEffort ? 'high' : level,
    }
  }
  const budget = BUDGETS.get(effort)
  if (budget === undefined || maxTokens <= LEAST_BUDGET) return {}
  const room = Math.max(LEAST_BUDGET, maxTokens - LEAST_ANSWER)
  return { thinking: { type: 'enabled', budget_tokens: Math.min(budget, room) } }
}

/**
 * Whether the turn that is still open (a tool loop, or a prefill) begins with thinking, as the API demands with a
 * budget: "a final `assistant` message must start with a thinking block".
 */
export function openTurnThinks(messages: readonly MessageParam[]): boolean {
  const asked = messages.findLastIndex(
    ({ role, content }) => role === 'user' && content.every((block) => block.type !== 'tool_result'),
  )
  const open = messages.slice(asked + 1).find(({ role }) => role === 'assistant')
  const first = open?.content[0]?.type
  return first === undefined || first === 'thinking' || first === 'redacted_thinking'
}
