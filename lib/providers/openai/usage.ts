import type { Usage } from '../../types/chunk.ts'
import { count, isObject, object } from '../json.ts'

/**
 * Token counts under any of the family's names; undefined if there are none. Details keep their numbers only. What is
 * not a count of tokens (Groq's times, OpenRouter's cost) is left out.
 */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const prompt = count(value.prompt_tokens)
  const completion = count(value.completion_tokens)
  if (prompt === undefined && completion === undefined) return undefined

  const usage: Usage = {
    prompt_tokens: prompt ?? 0,
    completion_tokens: completion ?? 0,
    total_tokens: (prompt ?? 0) + (completion ?? 0),
  }
  // Mistral's older names, and Together's flat counter.
  const cached = count(value.num_cached_tokens) ?? count(value.cached_tokens)
  const promptDetails = details(value.prompt_tokens_details ?? value.prompt_token_details, 'cached_tokens', cached)
  if (promptDetails !== undefined) usage.prompt_tokens_details = promptDetails
  // Open models on Azure count reasoning beside the details.
  const reasoning = count(value.reasoning_tokens)
  const completionDetails = details(value.completion_tokens_details, 'reasoning_tokens', reasoning)
  if (completionDetails !== undefined) usage.completion_tokens_details = completionDetails
  return usage
}

function details(value: unknown, name: string, flat: number | undefined): Record<string, number> | undefined {
  const counts = Object.entries(object(value)).filter(
    (entry): entry is [string, number] => count(entry[1]) !== undefined,
  )
  const all = flat === undefined ? counts : [[name, flat] as const, ...counts]
  return all.length > 0 ? Object.fromEntries(all) : undefined
}
