import * as v from 'valibot'
import { closed, optional } from './closed.ts'
import type { Price } from './resolved.ts'
import { amount, must } from './values.ts'

const OPTIONAL = {
  cached_input: amount,
  cache_write: amount,
  cache_write_1h: amount,
  reasoning: amount,
  request: amount,
}
const KEYS = ['input', 'output', ...Object.keys(OPTIONAL)]

const price = closed(
  { input: amount, output: amount, ...optional(OPTIONAL) },
  { unknownKey: (key) => `unknown key ${key}, expected one of ${KEYS.join(', ')}` },
)

/** What models cost, by their names. */
export const prices = v.record(v.string(), price, must('an object'))

/** The prices with what is not given filled in; undefined if there are none. */
export function resolvePrices(
  given: v.InferOutput<typeof prices> | undefined,
): Readonly<Record<string, Price>> | undefined {
  if (given === undefined) return undefined
  const entries = Object.entries(given).map(([model, each]): [string, Price] => {
    const { input, output, cached_input = input, cache_write = input, reasoning = output, request = 0 } = each
    const { cache_write_1h = cache_write } = each
    return [
      model,
      Object.freeze({
        ...{ input, output, cachedInput: cached_input, cacheWrite: cache_write },
        ...{ cacheWrite1h: cache_write_1h, reasoning, request },
      }),
    ]
  })
  return Object.freeze(Object.fromEntries(entries))
}
