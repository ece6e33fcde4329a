import type { Usage } from '../types/chunk.ts'

/** The tokens of two requests that made one answer; undefined if neither was counted. */
export function summedUsage(first: Usage | undefined, second: Usage | undefined): Usage | undefined {
  if (first === undefined || second === undefined) return first ?? second
  const prompt = summed(first.prompt_tokens_details, second.prompt_tokens_details)
  const completion = summed(first.completion_tokens_details, second.completion_tokens_details)
  return {
    prompt_tokens: first.prompt_tokens + second.prompt_tokens,
    completion_tokens: first.completion_tokens + second.completion_tokens,
    total_tokens: first.total_tokens + second.total_tokens,
    ...(prompt && { prompt_tokens_details: prompt }),
    ...(completion && { completion_tokens_details: completion }),
  }
}

type Counts = Record<string, number>

function summed(first: Counts | undefined, second: Counts | undefined): Counts | undefined {
  if (first === undefined || second === undefined) return first ?? second
  const names = new Set([...Object.keys(first), ...Object.keys(second)])
  return Object.fromEntries([...names].map((name) => [name, (first[name] ?? 0) + (second[name] ?? 0)]))
}
