import assert from 'node:assert/strict'
import { hedgeStatistics } from '../../../lib/middleware/routing/hedge-statistics.ts'

describe('the statistics of hedging', () => {
  const noted = (times: readonly number[], name = 'a') => {
    const statistics = hedgeStatistics()
    for (const ms of times) statistics.note(name, ms)
    return statistics
  }
  const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1)

  it('is the 95th percentile of a target’s times, once 20 are known', () => {
    assert.equal(noted(upTo(19)).p95('a'), undefined)
    assert.equal(noted(upTo(20)).p95('a'), 20)
    assert.equal(noted(upTo(100).reverse()).p95('a'), 96)
    assert.equal(noted([...Array(19).fill(50), 5000]).p95('a'), 5000)
    assert.equal(noted([...Array(39).fill(50), 5000]).p95('a'), 50)
    // By number, not by spelling.
    assert.equal(noted([...Array(30).fill(100), ...Array(9).fill(9)]).p95('a'), 100)
  })

  it('is each target’s own, of its last 200 answers', () => {
    const statistics = noted(upTo(200))
    assert.equal(statistics.p95('b'), undefined)
    for (let n = 0; n < 195; n += 1) statistics.note('a', 1)
    assert.equal(statistics.p95('a'), 1)
  })

  it('is an allowance of extra calls for a group: ten at first, then its share of the requests', () => {
    const statistics = hedgeStatistics()
    const spent = (requests: number, share: number) =>
      Array.from({ length: requests }).filter(() => {
        statistics.count('g', share)
        return statistics.spend('g')
      }).length
    assert.equal(spent(1, 0.5), 1)
    assert.equal(spent(200, 0.25), 59)
    assert.equal(spent(100, 1), 100)
    assert.equal(statistics.spend('unheard of'), false)
  })

  it('saves up ten extra calls at most', () => {
    const statistics = hedgeStatistics()
    for (let n = 0; n < 1000; n += 1) statistics.count('g', 1)
    assert.equal(Array.from({ length: 20 }).filter(() => statistics.spend('g')).length, 10)
  })
})
