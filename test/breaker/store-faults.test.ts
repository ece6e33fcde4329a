import assert from 'node:assert/strict'
import { type BreakerTarget, createBreaker, type Verdict } from '../../lib/breaker/breaker.ts'
import { memoryStore } from '../../lib/breaker/memory-store.ts'
import type { BreakerStore } from '../../lib/breaker/store.ts'
import { settings } from './settings.ts'

const CLOSED: Verdict = { type: 'closed' }
const PROBE: Verdict = { type: 'probe', until: 0, lapses: Number.POSITIVE_INFINITY }
const TARGET: BreakerTarget = { name: 'a', settings: settings() }

/** A store whose every operation does the same. */
function uniform(operation: () => never | Promise<never>): BreakerStore {
  return { increment: operation, get: operation, set: operation, setIfAbsent: operation, delete: operation }
}

/** A breaker on such a store, with what it told its logger. */
function faulty(store: BreakerStore) {
  let time = 0
  const told: Error[] = []
  const breaker = createBreaker(store, { now: () => time, logger: { error: (error: Error) => told.push(error) } })
  return {
    breaker,
    told,
    pass(ms: number) {
      time += ms
    },
  }
}

describe('a breaker store that does not work', () => {
  const stores: Record<string, () => never | Promise<never>> = {
    'that throws': () => {
      throw new Error('no store')
    },
    'that rejects': () => Promise.reject(new Error('no store')),
    'that hangs': () => new Promise(() => {}),
  }
  for (const [what, operation] of Object.entries(stores)) {
    it(`${what} counts as closed`, async () => {
      const { breaker, told } = faulty(uniform(operation))
      assert.deepEqual(await breaker.admit(TARGET), CLOSED)
      assert.equal(told.length, 1)
      assert.match(String(told[0]?.cause), /no store|No answer within 250 ms/)
    })

    it(`${what} harms no record`, async () => {
      for (const verdict of [CLOSED, PROBE, { type: 'open', until: 0 } as const]) {
        for (const result of ['success', 'failure', 'neutral'] as const) {
          assert.equal(await faulty(uniform(operation)).breaker.record(TARGET, verdict, result), undefined)
        }
      }
    })
  }

  it('is not asked for a second, so that it cannot slow down each request', async () => {
    let asked = 0
    const { breaker, pass } = faulty(
      uniform(() => {
        asked += 1
        throw new Error('no store')
      }),
    )
    assert.deepEqual(breaker.admit(TARGET), CLOSED)
    pass(999)
    assert.deepEqual(breaker.admit(TARGET), CLOSED)
    assert.equal(breaker.record(TARGET, CLOSED, 'failure'), undefined)
    assert.equal(asked, 1)
    pass(1)
    assert.deepEqual(breaker.admit(TARGET), CLOSED)
    assert.equal(asked, 2)
  })

  it('is told of once a minute', async () => {
    const { breaker, told, pass } = faulty(uniform(() => Promise.reject(new Error('no store'))))
    for (let second = 0; second < 121; second += 1) {
      await breaker.admit(TARGET)
      pass(1000)
    }
    assert.equal(told.length, 3)
    assert.match(String(told[0]), /circuits count as closed/i)
  })

  it('works again as soon as it can', async () => {
    const memory = memoryStore({ now: () => 0 })
    await memory.set('open:a', '5000', 60_000)
    let down = true
    const store = {
      ...memory,
      get: (key: string) => (down ? Promise.reject(new Error('no store')) : memory.get(key)),
    }
    const { breaker, pass } = faulty(store)
    assert.deepEqual(await breaker.admit(TARGET), CLOSED)
    down = false
    pass(1000)
    assert.deepEqual(await breaker.admit(TARGET), { type: 'open', until: 5000 })
  })

  it('gives back the probe that it granted too late', async () => {
    const memory = memoryStore({ now: () => 0 })
    await memory.set('open:a', '0', 60_000)
    let grant = (_won: boolean) => {}
    let giveBack = (_keys: readonly string[]) => {}
    const granted = new Promise<boolean>((resolve) => {
      grant = resolve
    })
    const returned = new Promise<readonly string[]>((resolve) => {
      giveBack = resolve
    })
    const { breaker, pass } = faulty({
      ...memory,
      setIfAbsent: () => granted,
      delete: (keys) => giveBack(keys),
    })
    assert.deepEqual(await breaker.admit(TARGET), CLOSED)
    pass(5000)
    grant(true)
    assert.deepEqual(await returned, ['probe:0:a'])
  })
})
