import type { Usage } from '../../types/chunk.ts'
import { count, object, objects } from '../json.ts'

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
  const details = { cached_tokens: read, cache_write_tokens: written, ...writesByTime(counts.cacheDetails) }
  return { ...usage, prompt_tokens_details: details }
}

/** Source: API reference of TokenUsage, `cacheDetails`. */
function writesByTime(details: unknown): Record<string, number> {
  const writes = objects(details).flatMap(({ ttl, inputTokens }) => {
    const written = count(inputTokens)
    return written && (ttl === '5m' || ttl === '1h') ? [[`cache_write_${ttl}_tokens`, written] as const] : []
  })
  return Object.fromEntries(writes)
}

export function tokens(prompt_tokens: number, completion_tokens: number): Usage {
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}
