import assert from 'node:assert/strict'
import { type BreakerTarget, createBreaker, type Verdict } from '../../lib/breaker/breaker.ts'
import { memoryStore } from '../../lib/breaker/memory-store.ts'
import type { BreakerSettings } from '../../lib/config/resolved.ts'
import { settings } from './settings.ts'

type Result = 'success' | 'failure' | 'neutral'

const MINUTE = 60_000
const CLOSED: Verdict = { type: 'closed' }

/** A breaker for one target, on a clock that stands still. */
function circuit(change: Partial<BreakerSettings> = {}) {
  let time = 1_800_000_000_000
  const now = () => time
  const breaker = createBreaker(memoryStore({ now }), { now })
  const target: BreakerTarget = { name: 'a', settings: settings(change) }
  const admit = () => breaker.admit(target) as Verdict
  const record = (verdict: Verdict, result: Result, retryAfter?: number) => {
    assert.equal(breaker.record(target, verdict, result, retryAfter), undefined)
  }
  return {
    now,
    admit,
    record,
    pass(ms: number) {
      time += ms
    },
    /** Whole attempts, one after the other: `f` fails, `s` succeeds, `n` counts for nothing. */
    run(results: string) {
      for (const letter of results) record(admit(), letter === 'f' ? 'failure' : letter === 's' ? 'success' : 'neutral')
    },
    open: (until: number): Verdict => ({ type: 'open', until }),
    probe: (until: number): Verdict => ({ type: 'probe', until, lapses: time + 5 * MINUTE }),
  }
}

describe('a circuit breaker', () => {
  const tables: Record<string, [change: Partial<BreakerSettings>, results: string, opens: boolean][]> = {
    'by the number of failures': [
      [{}, '', false],
      [{}, 'ff', false],
      [{}, 'fff', true],
      [{}, 'sfsfsssssf', true],
      [{}, 'ffsss', false],
      [{}, 'nnnffnn', false],
      [{ minimumRequests: 5 }, 'fff', false],
      [{ minimumRequests: 5 }, 'ffff', false],
      [{ minimumRequests: 5 }, 'fffff', true],
      [{ minimumRequests: 5 }, 'ssfff', true],
      [{ minimumRequests: 5 }, 'nnfff', false],
      [{ failureThreshold: 1 }, 'f', true],
    ],
    'by the share of failures': [
      [{ failureThreshold: undefined, failureShare: 0.5, minimumRequests: 4 }, 'fff', false],
      [{ failureThreshold: undefined, failureShare: 0.5, minimumRequests: 4 }, 'ffff', true],
      [{ failureThreshold: undefined, failureShare: 0.5, minimumRequests: 4 }, 'ssff', true],
      [{ failureThreshold: undefined, failureShare: 0.5, minimumRequests: 4 }, 'sssff', false],
      [{ failureThreshold: undefined, failureShare: 1, minimumRequests: 2 }, 'sfffff', false],
      [{ failureThreshold: undefined, failureShare: 1, minimumRequests: 2 }, 'ff', true],
    ],
    'by either': [
      [{ failureThreshold: 3, failureShare: 0.9 }, 'ssssssfff', true],
      [{ failureThreshold: 10, failureShare: 0.5, minimumRequests: 2 }, 'ff', true],
      [{ failureThreshold: 10, failureShare: 0.5, minimumRequests: 2 }, 'ssff', true],
      [{ failureThreshold: 10, failureShare: 0.5, minimumRequests: 2 }, 'sssff', false],
    ],
  }
  for (const [what, table] of Object.entries(tables)) {
    describe(`opens ${what}`, () => {
      for (const [change, results, opens] of table) {
        it(`${JSON.stringify(change)}: ${results || 'nothing'} ${opens ? 'opens' : 'does not open'} it`, () => {
          const { run, admit, open, now } = circuit(change)
          run(results)
          assert.deepEqual(admit(), opens ? open(now() + 10_000) : CLOSED)
        })
      }
    })
  }

  it('counts no failure that is older than the interval', () => {
    const { run, pass, admit } = circuit()
    run('ff')
    pass(MINUTE)
    run('ff')
    assert.deepEqual(admit(), CLOSED)
  })

  it('sees a burst that is shorter than half the interval as a whole, wherever it falls', () => {
    for (let offset = 0; offset < MINUTE; offset += 1000) {
      const { run, pass, admit } = circuit()
      pass(offset)
      run('f')
      pass(15_000)
      run('f')
      pass(14_999)
      run('f')
      assert.equal(admit().type, 'open', `at ${offset} ms`)
    }
  })

  it('does not lose a burst that follows on an older failure', () => {
    for (let offset = 0; offset < MINUTE; offset += 1000) {
      const { run, pass, admit } = circuit()
      pass(offset)
      run('f')
      pass(50_000)
      run('f')
      pass(20_000)
      run('ff')
      assert.equal(admit().type, 'open', `at ${offset} ms`)
    }
  })

  it('stays open for the cooldown, then admits one probe and nobody else', () => {
    const { run, pass, admit, open, probe, now } = circuit()
    run('fff')
    const until = now() + 10_000
    pass(9_999)
    assert.deepEqual(admit(), open(until))
    pass(1)
    assert.deepEqual(admit(), probe(until))
    assert.deepEqual(admit(), open(until))
    pass(MINUTE)
    assert.deepEqual(admit(), open(until))
  })

  describe('on a clock that jumps back', () => {
    it('is probed at once after a jump that is longer than the cooldown', () => {
      const { run, pass, admit } = circuit()
      run('fff')
      pass(-60 * MINUTE)
      assert.equal(admit().type, 'probe')
    })

    it('stays open for twice the cooldown at most', () => {
      for (let jump = 0; jump <= 60_000; jump += 1000) {
        const { run, pass, admit } = circuit()
        run('fff')
        pass(-jump)
        let waited = 0
        for (; admit().type === 'open' && waited < MINUTE; waited += 1000) pass(1000)
        assert.ok(waited <= 20_000, `${waited} ms after a jump of ${jump} ms`)
      }
    })

    it('keeps to a wait that the provider asked for', () => {
      const { record, run, admit, pass } = circuit()
      run('ff')
      record(admit(), 'failure', 5 * MINUTE)
      pass(4 * MINUTE)
      assert.equal(admit().type, 'open')
    })
  })

  it('closes after a probe that succeeded, and has forgotten the failures', () => {
    const { run, record, pass, admit } = circuit()
    run('fff')
    pass(10_000)
    record(admit(), 'success')
    assert.deepEqual(admit(), CLOSED)
    run('ff')
    assert.deepEqual(admit(), CLOSED)
    run('f')
    assert.equal(admit().type, 'open')
  })

  it('opens again after a probe that failed, for a whole cooldown', () => {
    const { run, record, pass, admit, open, probe, now } = circuit()
    run('fff')
    pass(25_000)
    record(admit(), 'failure')
    assert.deepEqual(admit(), open(now() + 10_000))
    pass(10_000)
    assert.deepEqual(admit(), probe(now()))
  })

  it('gives the next one the probe that told nothing', () => {
    const { run, record, pass, admit, probe, now } = circuit()
    run('fff')
    pass(10_000)
    record(admit(), 'neutral')
    assert.deepEqual(admit(), probe(now()))
  })

  it('takes a probe for lost that never ends', () => {
    const { run, pass, admit } = circuit()
    run('fff')
    pass(10_000)
    assert.equal(admit().type, 'probe')
    pass(5 * MINUTE - 1)
    assert.equal(admit().type, 'open')
    pass(1)
    assert.equal(admit().type, 'probe')
  })

  it('closes, but neither opens nor gives back, when a lost probe ends after all', () => {
    const { run, record, pass, admit, open, now } = circuit()
    run('fff')
    pass(10_000)
    const until = now()
    const lost = admit()
    pass(5 * MINUTE)
    assert.equal(admit().type, 'probe')
    record(lost, 'neutral')
    record(lost, 'failure')
    assert.deepEqual(admit(), open(until))
    record(lost, 'success')
    assert.deepEqual(admit(), CLOSED)
  })

  it('wants a probe also after a long silence', () => {
    const { run, pass, admit } = circuit()
    run('fff')
    pass(60 * MINUTE)
    assert.equal(admit().type, 'probe')
  })

  it('forgets a circuit that nobody asked for', () => {
    const { run, pass, admit } = circuit()
    run('fff')
    pass(10_000 + 60 * MINUTE)
    assert.deepEqual(admit(), CLOSED)
  })

  describe('follows the wait that the provider told', () => {
    const waits: [told: number, cooldown: number][] = [
      [30_000, 30_000],
      [2_500, 2_500],
      [0, 1_000],
      [-5, 1_000],
      [600_000, 600_000],
      [86_400_000, 600_000],
    ]
    for (const [told, cooldown] of waits) {
      it(`${told} ms opens it for ${cooldown} ms`, () => {
        const { run, record, admit, open, now } = circuit()
        run('ff')
        record(admit(), 'failure', told)
        assert.deepEqual(admit(), open(now() + cooldown))
      })
    }

    it('also after a probe', () => {
      const { run, record, pass, admit, open, now } = circuit()
      run('fff')
      pass(10_000)
      record(admit(), 'failure', 120_000)
      assert.deepEqual(admit(), open(now() + 120_000))
    })

    it('but one wait opens no circuit', () => {
      const { record, admit } = circuit()
      record(admit(), 'failure', 30_000)
      assert.deepEqual(admit(), CLOSED)
    })
  })

  describe('with attempts that end long after their verdict', () => {
    it('does not open for longer when those that began before fail too', () => {
      const { run, record, pass, admit, open, now } = circuit()
      const early = [admit(), admit(), admit()]
      run('fff')
      const until = now() + 10_000
      pass(5_000)
      for (const verdict of early) record(verdict, 'failure', 300_000)
      assert.deepEqual(admit(), open(until))
    })

    it('does not close when those that began before succeed', () => {
      const { run, record, pass, admit, open, now } = circuit()
      const early = admit()
      run('fff')
      const until = now() + 10_000
      pass(5_000)
      record(early, 'success')
      assert.deepEqual(admit(), open(until))
    })

    it('does not take the probe from who has it when those that began before end', () => {
      const { run, record, pass, admit } = circuit()
      const early = [admit(), admit(), admit()]
      run('fff')
      pass(10_000)
      assert.equal(admit().type, 'probe')
      for (const result of ['failure', 'success', 'neutral'] as const) record(early.pop() ?? CLOSED, result)
      assert.equal(admit().type, 'open')
    })
  })

  describe('with attempts on an open circuit, for want of a better target', () => {
    it('closes when one succeeds', () => {
      const { run, record, admit } = circuit()
      run('fff')
      record(admit(), 'success')
      assert.deepEqual(admit(), CLOSED)
      run('ff')
      assert.deepEqual(admit(), CLOSED)
    })

    it('does not open for longer when they fail', () => {
      const { run, pass, admit, open, now } = circuit()
      run('fff')
      const until = now() + 10_000
      pass(5_000)
      run('fffnff')
      assert.deepEqual(admit(), open(until))
    })
  })

  it('keeps the circuits of two targets apart', () => {
    const now = () => 0
    const breaker = createBreaker(memoryStore({ now }), { now })
    const target = (name: string) => ({ name, settings: settings({ failureThreshold: 1 }) })
    assert.equal(breaker.record(target('a'), CLOSED, 'failure'), undefined)
    assert.deepEqual(breaker.admit(target('a')), { type: 'open', until: 10_000 })
    assert.deepEqual(breaker.admit(target('b')), CLOSED)
  })
})
