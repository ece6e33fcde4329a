import type { Usage } from '../../types/chunk.ts'
import { count, object } from '../json.ts'

/**
 * Converse counts cached tokens beside `inputTokens`, OpenAI within `prompt_tokens`. Nova has longer names for the cache
 * when it is invoked directly. Undefined if nothing was counted.
 */
export function readUsage(value: unknown): Usage | undefined {
  const counts = object(value)
  const input = count(counts.inputTokens)
  const output = count(counts.outputTokens)
  if (input === undefined && output === undefined) return undefined
  const read = count(counts.cacheReadInputTokens) ?? count(counts.cacheReadInputTokenCount) ?? 0
  const written = count(counts.cacheWriteInputTokens) ?? count(counts.cacheWriteInputTokenCount) ?? 0
  const usage = tokens((input ?? 0) + read + written, output ?? 0)
  if (read + written === 0) return usage
  return { ...usage, prompt_tokens_details: { cached_tokens: read, cache_write_tokens: written } }
}

export function tokens(prompt_tokens: number, completion_tokens: number): Usage {
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}
