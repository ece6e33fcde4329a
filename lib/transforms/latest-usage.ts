import type { Usage } from '../types/chunk.ts'

/**
 * The counts of an answer after its provider told more of them. Each is a total so far, and the last one counts; but a zero
 * takes nothing back: some servers end with zeros, or tell the tokens of the prompt and those of the answer apart.
 *
 * @example latestUsage({ prompt_tokens: 3, … }, { prompt_tokens: 0, completion_tokens: 2, … }) // 3 + 2
 */
export function latestUsage(known: Usage | undefined, news: Usage): Usage {
  if (known === undefined) return news
  const prompt_tokens = news.prompt_tokens || known.prompt_tokens
  const completion_tokens = news.completion_tokens || known.completion_tokens
  const promptDetails = latestCounts(known.prompt_tokens_details, news.prompt_tokens_details)
  const completionDetails = latestCounts(known.completion_tokens_details, news.completion_tokens_details)
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    ...(promptDetails && { prompt_tokens_details: promptDetails }),
    ...(completionDetails && { completion_tokens_details: completionDetails }),
  }
}

type Counts = Record<string, number>

function latestCounts(known: Counts | undefined, news: Counts | undefined): Counts | undefined {
  if (known === undefined || news === undefined) return news ?? known
  const kept = Object.entries(known).filter(([name]) => !news[name])
  return { ...news, ...Object.fromEntries(kept) }
}
