import assert from 'node:assert/strict'
import { resolvePrices } from '../../lib/config/prices.ts'
import { attemptCost, priceOf, requestCost } from '../../lib/middleware/cost.ts'
import type { AttemptReport } from '../../lib/middleware/request-context.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { Usage } from '../../lib/types/chunk.ts'

const PRICES = resolvePrices({
  m: { input: 10, output: 100, cached_input: 1, cache_write: 12, cache_write_1h: 20, reasoning: 200, request: 5 },
  plain: { input: 10, output: 100 },
  'gpt-*': { input: 1, output: 1 },
  'gpt-5*': { input: 2, output: 2 },
  '*': { input: 3, output: 3 },
})
const NO_OTHERS = resolvePrices({ m: { input: 10, output: 100 } })
/** 400 characters are 100 tokens, and a turn is 4. */
const REQUEST: ChatRequest = { model: 'any', messages: [{ role: 'user', content: 'x'.repeat(400) }] }

const usage = (prompt_tokens: number, completion_tokens: number, more: Partial<Usage> = {}): Usage => ({
  prompt_tokens,
  completion_tokens,
  total_tokens: prompt_tokens + completion_tokens,
  ...more,
})
const failure = (kind: NonNullable<AttemptReport['failure']>['kind']) => ({
  kind,
  status: undefined,
  code: null,
  message: '',
})

type Spent = Parameters<typeof attemptCost>[0]
function cost(spent: Partial<Spent>, prices = PRICES) {
  const whole: Spent = {
    ...{ model: 'plain', response: undefined, outcome: 'whole', failure: undefined },
    ...{ timings: { connected: 1, headers: 2, total: 9 }, usage: undefined, characters: 0 },
  }
  return attemptCost({ ...whole, ...spent }, prices ?? {}, REQUEST)
}
/** In millionths, to compare them. */
const millionths = (of: ReturnType<typeof cost>) =>
  of &&
  Object.fromEntries(
    Object.entries(of).map(([key, part]) => [key, typeof part === 'number' ? Math.round(part * 1e6) : part]),
  )

describe('the cost of an attempt', () => {
  it('is that of each kind of tokens, and of the attempt itself', () => {
    const used = usage(1000, 500, {
      prompt_tokens_details: { cached_tokens: 300, cache_write_tokens: 200, cache_write_1h_tokens: 50 },
      completion_tokens_details: { reasoning_tokens: 400 },
    })
    assert.deepEqual(millionths(cost({ model: 'm', usage: used })), {
      input: 5000,
      cachedInput: 300,
      cacheWrite: 150 * 12 + 50 * 20,
      output: 10_000,
      reasoning: 80_000,
      total: 5000 + 300 + 2800 + 10_000 + 80_000 + 5_000_000,
      estimated: false,
    })
  })

  it('has one price for all that goes in and one for all that comes out, unless others are given', () => {
    const used = usage(100, 50, {
      prompt_tokens_details: { cached_tokens: 10, cache_write_tokens: 10 },
      completion_tokens_details: { reasoning_tokens: 20 },
    })
    assert.equal(millionths(cost({ usage: used }))?.total, 1000 + 5000)
  })

  it('is never negative, whatever a provider counts', () => {
    const used = usage(1, 1, {
      prompt_tokens_details: { cached_tokens: 10, cache_write_tokens: 10, cache_write_1h_tokens: 20 },
      completion_tokens_details: { reasoning_tokens: 20 },
    })
    for (const part of Object.values(cost({ usage: used }) ?? {})) assert.ok(Number(part) >= 0)
  })

  const estimates: [name: string, Partial<Spent>, total: number, estimated: boolean][] = [
    ['whole, and not counted', { characters: 40 }, 1040 + 1000, true],
    ['broken off', { outcome: 'failed', failure: failure('truncated'), characters: 8 }, 1040 + 200, true],
    [
      'broken off, the prompt counted',
      { outcome: 'failed', failure: failure('truncated'), characters: 8, usage: usage(10, 1) },
      100 + 200,
      true,
    ],
    ['aborted, with nothing come yet', { outcome: 'aborted', failure: failure('truncated') }, 1040, true],
    ['too slow', { outcome: 'failed', failure: failure('timeout') }, 1040, true],
    ['useless, and counted', { outcome: 'failed', failure: failure('unusable'), usage: usage(10, 2) }, 300, false],
    ['refused', { outcome: 'failed', failure: failure('status') }, 0, false],
    ['an error in the stream', { outcome: 'failed', failure: failure('in-band') }, 0, false],
    ['an error behind text', { outcome: 'failed', failure: failure('in-band'), characters: 4 }, 1040 + 100, true],
    ['never connected', { outcome: 'aborted', failure: failure('truncated'), timings: { total: 1 } }, 0, false],
  ]
  for (const [name, spent, total, estimated] of estimates) {
    it(`is ${total} millionths${estimated ? ', estimated,' : ''} for one that is ${name}`, () => {
      const { total: actual, estimated: said } = millionths(cost(spent)) ?? {}
      assert.deepEqual([actual, said], [total, estimated])
    })
  }

  it('is unknown without a price', () => {
    assert.equal(cost({ model: 'other', usage: usage(1, 1) }, NO_OTHERS), undefined)
  })
})

describe('the price of a model', () => {
  const cases: [asked: string, answered: string | undefined, input: number | undefined][] = [
    ['m', undefined, 10],
    ['deployment', 'plain', 10],
    ['gpt-4o', undefined, 1],
    ['gpt-5-mini', undefined, 2],
    ['gpt-5-mini', 'm', 10],
    ['other', undefined, 3],
    ['constructor', undefined, 3],
  ]
  for (const [asked, answered, input] of cases) {
    it(`is ${input} for ${asked}${answered ? `, answered by ${answered}` : ''}`, () => {
      assert.equal(priceOf(PRICES ?? {}, asked, answered)?.input, input)
    })
  }

  it('is none where none fits', () => assert.equal(priceOf(NO_OTHERS ?? {}, 'other', undefined), undefined))
})

describe('the cost of a request', () => {
  const leg = (attempt: number, outcome: AttemptReport['outcome'], total?: number, estimated = false) =>
    ({
      ...{ attempt, target: 't', model: 'm', outcome },
      ...(total !== undefined && {
        cost: { total, estimated, input: total, cachedInput: 0, cacheWrite: 0, output: 0, reasoning: 0 },
      }),
    }) as AttemptReport

  it('is that of all attempts', () => {
    const attempts = [leg(1, 'failed', 1, true), leg(2, 'aborted', 2), leg(3, 'failed'), leg(4, 'whole', 4)]
    const { legs, ...sums } = requestCost(attempts) ?? { legs: [] }
    assert.deepEqual(sums, { total: 7, wasted: 3, estimated: true, unpriced: 1 })
    assert.deepEqual(
      legs.map(({ attempt, outcome, total }) => [attempt, outcome, total]),
      [
        [1, 'failed', 1],
        [2, 'aborted', 2],
        [4, 'whole', 4],
      ],
    )
  })

  it('is unknown where no attempt has one', () => assert.equal(requestCost([leg(1, 'whole')]), undefined))
})
