import type { ChatRequest } from '../../types/chat.ts'

/** Tokens that an answer has at least; with less room a client does better to hear that its conversation is too long. */
const LEAST_ROOM = 4096

/** None of a name, such as that of a model. */
const NUMBER = /(?<![\w.-])\d+(?![\w-]|\.\d)/g

/**
 * The tokens that a conversation leaves for its answer, where the limit that was asked for is more: agents ask for 64,000,
 * whatever the model. Read from a failure that names the limit, the prompt and what both may come to, in whatever words; undefined
 * if one is missing. A prompt that is too long by itself cannot be told from a short one: asking again costs a call then.
 *
 * @example roomLeft('context limit: 150000 + 64000 > 200000', request) // 50000
 */
export function roomLeft(message: string, { max_completion_tokens, max_tokens }: ChatRequest): number | undefined {
  const limit = max_completion_tokens ?? max_tokens
  const numbers = new Set((message.match(NUMBER) ?? []).map(Number))
  if (limit == null || !numbers.delete(limit)) return undefined
  // Some add up what was asked for.
  for (const sum of numbers) if (numbers.has(sum - limit)) numbers.delete(sum)
  const [prompt = 0, most = 0, ...others] = [...numbers].sort((a, b) => a - b)
  const room = most - prompt
  return others.length === 0 && room >= LEAST_ROOM && room < limit ? room : undefined
}
