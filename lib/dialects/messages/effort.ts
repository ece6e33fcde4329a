import type { MessagesRequest } from './wire.ts'

/** In tokens. */
const LOW_BUDGET = 2048
const MEDIUM_BUDGET = 8192

/** `reasoning_effort` for what the client says of thinking; undefined if it says nothing that other models know. */
export function effortOf({ thinking, output_config: output }: MessagesRequest): string | undefined {
  if (thinking?.type === 'disabled' || thinking?.type === 'between_tools') return 'none'
  if (output?.effort != null) return output.effort
  const budget = thinking?.budget_tokens
  if (thinking?.type !== 'enabled' || budget == null) return undefined
  if (budget <= LOW_BUDGET) return 'low'
  return budget <= MEDIUM_BUDGET ? 'medium' : 'high'
}
