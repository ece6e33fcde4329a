import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type BreakerTarget, createBreaker, type Verdict } from '../../lib/breaker/breaker.ts'
import { memoryStore } from '../../lib/breaker/memory-store.ts'
import type { BreakerStore } from '../../lib/breaker/store.ts'
import type { BreakerSettings } from '../../lib/config/resolved.ts'
import { settings } from './settings.ts'

const MINUTE = 60_000
const PROBE_TIME = 5 * MINUTE
const REMEMBERED = 60 * MINUTE

type Result = 'success' | 'failure' | 'neutral'

const anyResult = fc.constantFrom<Result>('success', 'failure', 'neutral')

const anySettings: fc.Arbitrary<BreakerSettings> = fc
  .record({
    failureThreshold: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    failureShare: fc.option(fc.double({ min: 0.2, max: 1, noNaN: true }), { nil: undefined }),
    interval: fc.integer({ min: 1000, max: 2 * MINUTE }),
    cooldown: fc.integer({ min: 1000, max: 2 * MINUTE }),
    minimumRequests: fc.integer({ min: 1, max: 5 }),
  })
  .map(settings)

type Step =
  | { type: 'pass'; ms: number }
  | { type: 'start' }
  | { type: 'end'; which: number; result: Result; retryAfter: number | undefined }

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constant('pass' as const),
    ms: fc.oneof({ weight: 4, arbitrary: fc.nat(MINUTE) }, { weight: 1, arbitrary: fc.nat(2 * REMEMBERED) }),
  }),
  { weight: 3, arbitrary: fc.record({ type: fc.constant('start' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('end' as const),
      which: fc.nat(),
      result: anyResult,
      retryAfter: fc.option(fc.integer({ min: 1000, max: 10 * MINUTE }), { nil: undefined, freq: 4 }),
    }),
  },
)

/** What may be said of a circuit from its history alone, whatever the breaker keeps in its store. */
function follow(own: BreakerSettings, steps: readonly Step[]): void {
  let now = 1_800_000_000_000
  const breaker = createBreaker(memoryStore({ now: () => now }), { now: () => now })
  const target: BreakerTarget = { name: 'a', settings: own }

  let until: number | undefined
  let counted: { at: number; success: boolean }[] = []
  const running: { verdict: Verdict; at: number }[] = []

  const start = () => {
    if (until !== undefined && now >= until + REMEMBERED) until = undefined
    const verdict = breaker.admit(target) as Verdict
    const probing = running.some(({ verdict, at }) => tells(verdict, at) && verdict.until === until)
    const expected = until === undefined ? 'closed' : now < until || probing ? 'open' : 'probe'
    assert.equal(verdict.type, expected)
    if (verdict.type !== 'closed') assert.equal(verdict.until, until)
    return verdict
  }
  const tells = (verdict: Verdict, at: number): verdict is Verdict & { type: 'probe' } =>
    verdict.type === 'probe' && now < at + PROBE_TIME
  const look = () => {
    const verdict = breaker.admit(target) as Verdict
    assert.equal(breaker.record(target, verdict, 'neutral'), undefined)
    return verdict
  }
  const count = (success: boolean, ms: number) =>
    counted.filter((one) => one.success === success && one.at > now - ms).length

  const end = ({ which, result, retryAfter }: Step & { type: 'end' }) => {
    const [attempt] = running.splice(which % running.length, 1)
    if (attempt === undefined) return
    const { verdict, at } = attempt
    const told = tells(verdict, at)
    assert.equal(breaker.record(target, verdict, result, retryAfter), undefined)
    const reopened = now + (retryAfter ?? own.cooldown)
    if (result === 'neutral') return

    if (verdict.type === 'closed') {
      counted.push({ at: now, success: result === 'success' })
      if (until !== undefined && now < until + REMEMBERED) return
      const open = look()
      if (result === 'success') assert.equal(open.type, 'closed')
      else if (open.type === 'closed') assert.ok(!mustOpen(own, count), 'there were enough failures')
      else {
        assert.ok(mayOpen(own, count), 'there were too few failures')
        until = reopened
        assert.deepEqual(open, { type: 'open', until })
      }
    } else if (result === 'success') {
      until = undefined
      counted = []
      assert.equal(look().type, 'closed')
    } else if (told) until = reopened
  }

  for (const step of steps) {
    if (step.type === 'pass') now += step.ms
    else if (step.type === 'start') running.push({ verdict: start(), at: now })
    else end(step)
  }
}

type Count = (success: boolean, ms: number) => number

/** What was counted lies within the interval, and holds all of the last half of it. */
function mayOpen(
  { interval, failureThreshold, failureShare, minimumRequests }: BreakerSettings,
  count: Count,
): boolean {
  const failures = count(false, interval)
  if (failures + count(true, interval) < minimumRequests) return false
  const share = failures / (failures + count(true, interval / 2))
  return failures >= (failureThreshold ?? Infinity) || share >= (failureShare ?? Infinity)
}

function mustOpen(
  { interval, failureThreshold, failureShare, minimumRequests }: BreakerSettings,
  count: Count,
): boolean {
  const failures = count(false, interval / 2)
  if (failures + count(true, interval / 2) < minimumRequests) return false
  const share = failures / (failures + count(true, interval))
  return failures >= (failureThreshold ?? Infinity) || share >= (failureShare ?? Infinity)
}

/** Attempts of as many processes on a circuit that is half open. */
async function race(scheduler: fc.Scheduler, results: readonly Result[]): Promise<void> {
  const now = () => 10_000
  const memory = memoryStore({ now })
  await memory.set('open:a', '10000', MINUTE)
  const target: BreakerTarget = { name: 'a', settings: settings() }
  let probes = 0
  let told: Verdict['type'] = 'probe'

  const attempt = async (result: Result) => {
    const breaker = createBreaker(slow(memory, scheduler), { now })
    const verdict = await breaker.admit(target)
    if (verdict.type !== 'probe') return
    probes += 1
    assert.deepEqual({ probes, told }, { probes: 1, told: 'probe' })
    await scheduler.schedule(Promise.resolve())
    probes -= 1
    if (result !== 'neutral') told = result === 'success' ? 'closed' : 'open'
    await breaker.record(target, verdict, result)
  }
  await scheduler.waitFor(Promise.all(results.map(attempt)))
  const after = await createBreaker(memory, { now }).admit(target)
  assert.equal(after.type, told)
}

/** Each operation is done at once when its turn comes, and its answer is told at another turn. */
function slow(store: BreakerStore, scheduler: fc.Scheduler): BreakerStore {
  const later = async <T>(operation: () => T | Promise<T>): Promise<T> => {
    await scheduler.schedule(Promise.resolve())
    const answer = await operation()
    return scheduler.schedule(Promise.resolve(answer))
  }
  return {
    increment: (...args) => later(() => store.increment(...args)),
    get: (...args) => later(() => store.get(...args)),
    set: (...args) => later(() => store.set(...args)),
    setIfAbsent: (...args) => later(() => store.setIfAbsent(...args)),
    delete: (...args) => later(() => store.delete(...args)),
  }
}

describe('a circuit breaker, whatever happens', () => {
  it('opens only by enough failures, keeps its cooldown, probes once at a time and closes by success', () => {
    fc.assert(fc.property(anySettings, fc.array(anyStep, { maxLength: 80, size: 'max' }), follow), { numRuns: 1000 })
  })

  it('admits one probe, however the operations of many processes on the store interleave', async () => {
    const results = fc.array(anyResult, { minLength: 2, maxLength: 20 })
    await fc.assert(fc.asyncProperty(fc.scheduler(), results, race), { numRuns: 300 })
  })
})
