import type { ChatRequest } from '../../types/chat.ts'
import type { Instead } from './fitted-request.ts'

/** Parameters with names for values, and those whose one value is a number. */
const NAMED = new Set(['reasoning_effort', 'verbosity', 'service_tier', 'prompt_cache_retention'])
const NUMBERED = new Set(['temperature', 'top_p', 'top_k', 'presence_penalty', 'frequency_penalty'])

const LIST =
  /\b(?:supported|allowed|permitted|valid|accepted|possible) (?:values?|options?)|(?:must|should) be|expected|one of/i
const ONLY = /\bonly\b[^.\d]*?(\d+(?:\.\d+)?)/i

/** The values that a message names as the only ones; empty if it names none. */
export function allowedValues(param: string, message: string): readonly (string | number)[] {
  if (NUMBERED.has(param)) {
    const only = ONLY.exec(message)?.[1]
    return only === undefined ? [] : [Number(only)]
  }
  const list = NAMED.has(param) ? LIST.exec(message) : null
  if (list === null) return []
  const rest = message.slice(list.index + list[0].length)
  const quoted = Array.from(rest.matchAll(/['"`‘“]([\w-]+)['"`’”]/g), ([, value = '']) => value)
  const found = quoted.length > 0 ? quoted : (rest.match(/[a-z\d_-]+/g) ?? [])
  return [...new Set(found)].filter((value) => !NOT_VALUES.has(value) && value !== param)
}

const NOT_VALUES = new Set([
  'one',
  'of',
  'or',
  'and',
  'are',
  'is',
  'either',
  'values',
  'following',
  'the',
  'for',
  'this',
  'model',
])

/** What OpenAI itself takes; a value out of it is the client's own mistake. */
const OWN_RANGE: Readonly<Record<string, readonly [least: number, most: number]>> = {
  temperature: [0, 2],
  top_p: [0, 1],
  presence_penalty: [-2, 2],
  frequency_penalty: [-2, 2],
  top_logprobs: [0, 20],
  max_tokens: [1, Number.MAX_SAFE_INTEGER],
  max_completion_tokens: [1, Number.MAX_SAFE_INTEGER],
}

const NUMBER = /(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-]|\.\d)/g
const BOUNDS = /<|>|at most|up to|maximum|limit|exceed|too (?:large|high)|less than|lower than|range|between|above/i

/** Whether OpenAI itself would refuse the value: the client's own mistake, which it is to hear of. */
export function isMistaken(param: string, request: ChatRequest): boolean {
  const value = request[param]
  const [least, most] = ownRange(param) ?? []
  return typeof value === 'number' && least !== undefined && most !== undefined && (value < least || value > most)
}

/** The bound that a message names for a number that is above it; undefined if it names none. */
export function upperBound(param: string, message: string, request: ChatRequest): Instead | undefined {
  const value = LIMITS.has(param) ? (request.max_completion_tokens ?? request.max_tokens) : request[param]
  const [least] = ownRange(param) ?? []
  if (least === undefined || typeof value !== 'number' || !BOUNDS.test(message)) return undefined
  const below = (message.match(NUMBER) ?? []).map(Number).filter((number) => number < value && number >= least)
  if (below.length === 0) return undefined
  return { type: 'at-most', value: Math.max(...below) - (LIMITS.has(param) && OPEN.test(message) ? 1 : 0) }
}

function ownRange(param: string): readonly [least: number, most: number] | undefined {
  return Object.hasOwn(OWN_RANGE, param) ? OWN_RANGE[param] : undefined
}

const LIMITS = new Set(['max_tokens', 'max_completion_tokens'])

/** "1 (inclusive) to 65537 (exclusive)", "lower than 8192": the bound itself is refused. */
const OPEN = /exclusive|(?:lower|less|smaller) than \d|\d\)/
