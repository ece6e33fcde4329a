import type { Usage } from '../../types/chunk.ts'
import { count, type Json, list, object, objects } from '../json.ts'

/** Those that are read here. A server that names others without end would fill the memory with them. */
const COUNTS: ReadonlySet<string> = new Set([
  ...['promptTokenCount', 'totalTokenCount', 'thoughtsTokenCount', 'candidatesTokenCount', 'toolUsePromptTokenCount'],
  ...['cachedContentTokenCount', 'promptTokensDetails', 'candidatesTokensDetails'],
])

/** Counts of one response, whose frames have running totals; some later ones have fewer of them, or zeros. */
export function mergedCounts(known: Json, metadata: unknown): Json {
  const news = Object.entries(object(metadata)).filter(([name, value]) => {
    if (!COUNTS.has(name)) return false
    const says = Array.isArray(value) ? value.length > 0 : value !== 0
    return value != null && (says || known[name] === undefined)
  })
  return { ...known, ...Object.fromEntries(news) }
}

/**
 * Totals in OpenAI's terms; undefined before there are any. Thoughts are counted beside the answer, but by some servers within it:
 * the total shows which. Source: ai.google.dev/api/generate-content#UsageMetadata.
 */
export function usageOf(counts: Json): Usage | undefined {
  const prompt = count(counts.promptTokenCount)
  const total = count(counts.totalTokenCount)
  if (prompt === undefined && total === undefined) return undefined
  const thoughts = count(counts.thoughtsTokenCount) ?? 0
  const prompt_tokens = (prompt ?? 0) + (count(counts.toolUsePromptTokenCount) ?? 0)
  const rest = Math.max(0, (total ?? 0) - prompt_tokens - thoughts)
  const answer = count(counts.candidatesTokenCount) ?? rest
  const holdsThoughts = answer >= thoughts && prompt_tokens + answer === total
  const completion_tokens = holdsThoughts ? answer : answer + thoughts
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    ...details('prompt_tokens_details', {
      cached_tokens: count(counts.cachedContentTokenCount),
      ...byModality(counts.promptTokensDetails),
    }),
    ...details('completion_tokens_details', {
      reasoning_tokens: thoughts,
      ...byModality(counts.candidatesTokensDetails),
    }),
  }
}

/** Those that count anything. */
function details<Name extends keyof Usage>(name: Name, counts: Record<string, number | undefined>) {
  const some = Object.entries(counts).filter(([, value]) => value)
  return some.length > 0 ? { [name]: Object.fromEntries(some) } : {}
}

function byModality(value: unknown): Record<string, number> {
  const counted = objects(list(value)).flatMap(({ modality, tokenCount }) => {
    const name = MODALITIES.get(modality)
    const tokens = count(tokenCount)
    return name === undefined || tokens === undefined ? [] : [[name, tokens] as const]
  })
  return Object.fromEntries(counted)
}

const MODALITIES = new Map<unknown, string>([
  ['AUDIO', 'audio_tokens'],
  ['IMAGE', 'image_tokens'],
  ['VIDEO', 'video_tokens'],
])
