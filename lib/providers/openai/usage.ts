import type { Usage } from '../../types/chunk.ts'
import { count, isObject, object } from '../json.ts'

/**
 * Token counts under any of the family's names; undefined if there are none. Details keep their numbers only. What is
 * not a count of tokens (Groq's times, OpenRouter's cost) is left out.
 */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const prompt = count(value.prompt_tokens) ?? count(value.input_tokens)
  const answered = count(value.completion_tokens) ?? count(value.output_tokens)
  if (prompt === undefined && answered === undefined) return undefined

  // Open models on Azure count reasoning beside the details.
  const reasoning = count(value.reasoning_tokens)
  const completionDetails = details(value.completion_tokens_details, 'reasoning_tokens', reasoning)
  const thought = completionDetails?.reasoning_tokens ?? 0
  // Grok's models count it beside the rest of the answer, as their total says. Source: docs.x.ai, consumption; vercel/ai#12425.
  const isApart = value.total_tokens === (prompt ?? 0) + (answered ?? 0) + thought
  const completion = (answered ?? 0) + (isApart ? thought : 0)
  const usage: Usage = {
    prompt_tokens: prompt ?? 0,
    completion_tokens: completion,
    total_tokens: (prompt ?? 0) + completion,
  }
  // Mistral's older names, Together's flat counter, DeepSeek's.
  const cached = [value.num_cached_tokens, value.cached_tokens, value.prompt_cache_hit_tokens].map(count).find(isTold)
  const promptDetails = details(value.prompt_tokens_details ?? value.prompt_token_details, 'cached_tokens', cached)
  if (promptDetails !== undefined) usage.prompt_tokens_details = promptDetails
  if (completionDetails !== undefined) usage.completion_tokens_details = completionDetails
  return usage
}

function isTold(tokens: number | undefined): boolean {
  return tokens !== undefined
}

function details(value: unknown, name: string, flat: number | undefined): Record<string, number> | undefined {
  const counts = Object.entries(object(value)).filter(
    (entry): entry is [string, number] => count(entry[1]) !== undefined,
  )
  const all = flat === undefined ? counts : [[name, flat] as const, ...counts]
  return all.length > 0 ? Object.fromEntries(all) : undefined
}
