import assert from 'node:assert/strict'
import fc from 'fast-check'
import { stickyNumber, weightedOrder } from '../../../lib/middleware/routing/weighted.ts'

/** mulberry32: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** How often each index came first. */
function shares(weights: number[], times: number, draw: (time: number) => (index: number) => number): number[] {
  const counts = weights.map(() => 0)
  for (let time = 0; time < times; time++) {
    const [first = -1] = weightedOrder(weights, draw(time))
    counts[first] = (counts[first] ?? 0) + 1
  }
  return counts.map((count) => count / times)
}

/** Within five standard deviations of what the weights promise. */
function assertShares(actual: number[], weights: number[], times: number) {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  weights.forEach((weight, index) => {
    const share = weight / total
    const room = 5 * Math.sqrt((share * (1 - share)) / times)
    assert.ok(Math.abs((actual[index] ?? 0) - share) <= room, `index ${index}: ${actual[index]} for ${share}`)
  })
}

const TIMES = 10_000
const WEIGHTS = [
  [1, 1],
  [1, 2, 7],
  [0.1, 0.3],
  [5, 0, 5],
  [100, 1],
  [1e-9, 3e-9],
  [1e9, 1e9, 2e9],
]
const numbers = (values: number[]) => (index: number) => values[index] ?? 0

describe('the order by weight', () => {
  it('has all indexes but those without weight, each once', () => {
    const weight = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e300, noNaN: true }))
    const u = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))
    fc.assert(
      fc.property(fc.array(fc.tuple(weight, u), { maxLength: 20 }), (entries) => {
        const weights = entries.map(([value]) => value)
        const order = Array.from(weightedOrder(weights, numbers(entries.map(([, value]) => value))))
        const expected = weights.flatMap((value, index) => (value > 0 ? [index] : []))
        assert.deepEqual(
          order.toSorted((a, b) => a - b),
          expected,
        )
      }),
    )
  })

  it('is by the numbers alone if the weights are equal', () => {
    assert.deepEqual([...weightedOrder([1, 1, 1], numbers([0.2, 0.9, 0.5]))], [1, 2, 0])
  })

  it('prefers the heavier one for equal numbers', () => {
    assert.deepEqual([...weightedOrder([1, 3, 2], () => 0.5)], [1, 2, 0])
  })

  for (const weights of WEIGHTS) {
    it(`gives the first place in the shares of ${weights.join(' : ')}`, () => {
      const random = generator(1)
      assertShares(
        shares(weights, TIMES, () => random),
        weights,
        TIMES,
      )
    })
  }

  it('gives the second place in the shares of those left', () => {
    const random = generator(2)
    const seconds = [0, 0, 0]
    let drawn = 0
    while (drawn < TIMES) {
      const [first, second = -1] = weightedOrder([5, 1, 3], random)
      if (first !== 0) continue
      seconds[second] = (seconds[second] ?? 0) + 1
      drawn += 1
    }
    assertShares(
      seconds.map((count) => count / TIMES),
      [0, 1, 3],
      TIMES,
    )
  })
})

describe('a sticky number', () => {
  it('is the same for the same words, today and in another process', () => {
    assert.equal(stickyNumber('user-1', 'config', 'a'), 0.1657334328613267)
  })

  it('differs where words differ, also in where one ends', () => {
    assert.notEqual(stickyNumber('a', 'b'), stickyNumber('a', 'c'))
    assert.notEqual(stickyNumber('ab', 'c'), stickyNumber('a', 'bc'))
    assert.notEqual(stickyNumber('a"', 'b'), stickyNumber('a', '"b'))
  })

  const NAMES = ['a', 'b', 'c']
  const sticky = (key: string, names: readonly string[]) => (index: number) => stickyNumber(key, names[index] ?? '')

  for (const weights of WEIGHTS) {
    it(`spreads keys in the shares of ${weights.join(' : ')}`, () => {
      assertShares(
        shares(weights, TIMES, (time) => sticky(`user-${time}`, NAMES)),
        weights,
        TIMES,
      )
    })
  }

  it('keeps a key where it is when another route comes or goes', () => {
    const route = fc.record({ name: fc.string(), weight: fc.double({ min: 0.01, max: 100, noNaN: true }) })
    const routes = fc.uniqueArray(route, { selector: ({ name }) => name, minLength: 2, maxLength: 8 })
    fc.assert(
      fc.property(fc.string(), routes, fc.nat(), (key, all, choice) => {
        const gone = all[choice % all.length]
        const order = (some: typeof all) => {
          const names = some.map(({ name }) => name)
          const weights = some.map(({ weight }) => weight)
          return Array.from(weightedOrder(weights, sticky(key, names)), (index) => names[index])
        }
        const fewer = order(all.filter((one) => one !== gone))
        assert.deepEqual(
          fewer,
          order(all).filter((name) => name !== gone?.name),
        )
      }),
    )
  })
})
