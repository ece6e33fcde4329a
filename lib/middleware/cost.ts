import type { Price } from '../config.ts'
import { estimatedTokens } from '../dialects/messages/estimate.ts'
import type { FailureKind } from '../errors.ts'
import type { Cost, Outcome } from '../options.ts'
import type { ChatRequest } from '../types/chat.ts'
import type { Usage } from '../types/chunk.ts'
import type { AttemptReport } from './request-context.ts'

type Prices = Readonly<Record<string, Price>>
type Spent = Pick<
  AttemptReport,
  'operation' | 'model' | 'response' | 'outcome' | 'failure' | 'timings' | 'usage' | 'characters'
>

/** The report, with what the attempt cost where its target has prices, and one for its model. */
export function withCost(report: AttemptReport, prices: Prices | undefined, request: ChatRequest): AttemptReport {
  const cost = prices && attemptCost(report, prices, request)
  return cost === undefined ? report : { ...report, cost }
}

/**
 * What an attempt cost, in the currency of the prices; undefined without a price for its model. What the provider did not count is
 * estimated: of answers that broke or were ended it seldom says anything, and bills them all the same.
 */
export function attemptCost(spent: Spent, prices: Prices, request: ChatRequest): Cost | undefined {
  const price = priceOf(prices, spent.model, spent.response?.model)
  // No provider bills a count.
  if (price === undefined || spent.operation === 'count_tokens') return undefined
  if (!isBilled(spent)) return NOTHING
  const { usage } = spent
  const isCounted = usage !== undefined && isComplete(spent)
  const tokens = isCounted ? usage : estimatedUsage(spent, request)
  return { ...amounts(tokens, price), estimated: !isCounted }
}

const NOTHING: Cost = { total: 0, estimated: false, input: 0, cachedInput: 0, cacheWrite: 0, output: 0, reasoning: 0 }

/** The price of the model that was asked for, else of the one that answered; `gpt-*` is for all that begin so. */
export function priceOf(prices: Prices, ...models: readonly (string | undefined)[]): Price | undefined {
  const names = models.flatMap((model) => model ?? [])
  const exact = names.find((name) => Object.hasOwn(prices, name))
  if (exact !== undefined) return prices[exact]
  const patterns = Object.keys(prices)
    .filter((key) => key.endsWith('*'))
    .toSorted((a, b) => b.length - a.length)
  const pattern = names.flatMap((name) => patterns.find((key) => name.startsWith(key.slice(0, -1))) ?? [])[0]
  return pattern === undefined ? undefined : prices[pattern]
}

/** Failures that stand in place of an answer. */
const FREE: ReadonlySet<FailureKind> = new Set(['request', 'connect', 'status', 'in-band', 'skipped'])

function isBilled({ outcome, failure, timings, usage, characters }: Spent): boolean {
  if (outcome === 'whole' || usage !== undefined || characters > 0) return true
  return timings.connected !== undefined && failure !== undefined && !FREE.has(failure.kind)
}

/** Whether the provider has said its last word about the usage. */
function isComplete({ outcome, failure }: Spent): boolean {
  return outcome === 'whole' || failure?.kind === 'unusable'
}

/** Characters of an answer in a token, more or less. */
const CHARACTERS_A_TOKEN = 4

function estimatedUsage({ usage, characters }: Spent, request: ChatRequest): Usage {
  const prompt_tokens = usage?.prompt_tokens ?? estimatedTokens(request)
  // What was counted so far is often that of the first word.
  const completion_tokens = Math.max(usage?.completion_tokens ?? 0, Math.ceil(characters / CHARACTERS_A_TOKEN))
  return { ...usage, prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}

/** Prices are for a million tokens. */
const UNIT = 1_000_000

function amounts(usage: Usage, price: Price): Omit<Cost, 'estimated'> {
  const { cached_tokens = 0, cache_write_tokens = 0, cache_write_1h_tokens = 0 } = usage.prompt_tokens_details ?? {}
  const { reasoning_tokens = 0 } = usage.completion_tokens_details ?? {}
  const fresh = Math.max(0, usage.prompt_tokens - cached_tokens - cache_write_tokens)
  const written = Math.max(0, cache_write_tokens - cache_write_1h_tokens)
  const said = Math.max(0, usage.completion_tokens - reasoning_tokens)
  const parts = {
    input: (fresh * price.input) / UNIT,
    cachedInput: (cached_tokens * price.cachedInput) / UNIT,
    cacheWrite: (written * price.cacheWrite + cache_write_1h_tokens * price.cacheWrite1h) / UNIT,
    output: (said * price.output) / UNIT,
    reasoning: (reasoning_tokens * price.reasoning) / UNIT,
  }
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, price.request) }
}

/** What a request cost, attempt by attempt; undefined where none has a price. */
export function requestCost(attempts: readonly AttemptReport[]): Outcome['cost'] {
  const legs = attempts.flatMap(({ cost, attempt, target, model, outcome }) =>
    cost === undefined ? [] : [{ attempt, target, model, outcome, ...cost }],
  )
  if (legs.length === 0) return undefined
  const sum = (of: typeof legs) => of.reduce((total, leg) => total + leg.total, 0)
  return {
    total: sum(legs),
    wasted: sum(legs.filter(({ outcome }) => outcome !== 'whole')),
    estimated: legs.some(({ estimated }) => estimated),
    unpriced: attempts.length - legs.length,
    legs,
  }
}
