import assert from 'node:assert/strict'
import { resolveConfig } from '../../../lib/config/resolve.ts'
import { isLive, loadOf } from '../../../lib/middleware/routing/load.ts'
import { fakes } from '../../config/fake-providers.ts'

const a = { name: 'a', provider: 'openai' }
const b = { name: 'b', provider: 'openai' }
const routeOf = (json: unknown) => resolveConfig(json, fakes).route

describe('the load of targets', () => {
  let now = 0
  const fresh = () => {
    now = 0
    return loadOf(() => now)
  }
  const [routeA, both] = [routeOf(a), routeOf({ targets: [a, b] })]
  const answered = (firstContent: number) => ({ firstContent, failed: false })

  it('is nothing for one that nobody has asked', () => {
    assert.equal(fresh().figure(routeA, 'latency'), 0)
    assert.equal(fresh().figure(both, 'least_busy'), 0)
  })

  it('is how many attempts are under way, of a group on all its targets', () => {
    const load = fresh()
    const ends = ['a', 'a', 'b'].map((name) => load.begin(name))
    assert.deepEqual([load.figure(routeA, 'least_busy'), load.figure(both, 'least_busy')], [2, 3])
    for (const end of ends) end({ firstContent: undefined, failed: false })
    assert.equal(load.figure(both, 'least_busy'), 0)
  })

  it('is a mean of the times to the first content in which newer ones count more, of a group on its first target', () => {
    const load = fresh()
    load.begin('a')(answered(1000))
    assert.equal(load.figure(routeA, 'latency'), 1000)
    load.begin('a')(answered(2000))
    load.begin('b')(answered(5))
    assert.equal(load.figure(routeA, 'latency'), 1300)
    assert.equal(load.figure(both, 'latency'), 1300)
  })

  it('is ten seconds for a failure without content, and nothing for a client that left', () => {
    const load = fresh()
    load.begin('a')({ firstContent: undefined, failed: false })
    assert.equal(load.figure(routeA, 'latency'), 0)
    load.begin('a')({ firstContent: undefined, failed: true })
    assert.equal(load.figure(routeA, 'latency'), 10_000)
  })

  it('loses half of its weight in a minute, so that a slow target is tried again', () => {
    const load = fresh()
    load.begin('a')(answered(1000))
    now = 60_000
    assert.equal(load.figure(routeA, 'latency'), 500)
  })

  it('is kept for configs that balance by it alone, however deep', () => {
    const balanced = (by?: string) => ({ strategy: { mode: 'loadbalance', ...(by && { by }) }, targets: [a, b] })
    const cases: [unknown, boolean][] = [
      [a, false],
      [{ targets: [a, b] }, false],
      [balanced(), false],
      [balanced('weight'), false],
      [balanced('latency'), true],
      [{ targets: [{ name: 'c', provider: 'openai' }, balanced('least_busy')] }, true],
    ]
    for (const [json, expected] of cases) assert.equal(isLive(routeOf(json)), expected)
  })
})
