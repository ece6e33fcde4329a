/** Longest message passed on, in characters. */
const LONGEST = 2000

const KEYS = /\b(?:sk|gsk|tgp|key|org|proj)[-_][\w-]{12,}|\bBearer\s+[\w.~+/-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]+/g
const LONG_WORD = /\b(?=[\w-]*\d)[\w-]{24,}/g

/**
 * A provider's message without keys and account ids: one that it left whole is cut to its first characters, one that it
 * masked stays as it is. Only a 401 speaks of keys that have no form of their own.
 */
export function conceal(message: string, status: number): string {
  const short = message.slice(0, LONGEST).replace(KEYS, cut)
  return status === 401 ? short.replace(LONG_WORD, cut) : short
}

function cut(key: string): string {
  return `${key.slice(0, 4)}***`
}

const WAIT =
  /(?:again|retry) (?:in|after) ((?:\d+(?:\.\d+)?\s*(?:milliseconds?|ms|seconds?|s|minutes?|m|hours?|h)\s*)+)/i
const PART = /(\d+(?:\.\d+)?)\s*(mil|ms|s|m|h)/gi
const UNITS = new Map([
  ['mil', 1],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
])

/** Milliseconds to wait, from "Please try again in 2m59.56s" (OpenAI, Groq) or "Try again in 5 seconds" (Azure). */
export function waitIn(message: string): number | undefined {
  const wait = WAIT.exec(message)?.[1]
  if (wait === undefined) return undefined
  const parts = [...wait.matchAll(PART)]
  return Math.ceil(
    parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS.get(`${unit}`.toLowerCase()) ?? 0), 0),
  )
}
