import assert from 'node:assert/strict'
import { resolveConfig } from '../../../lib/config/resolve.ts'
import type { ResolvedRoute } from '../../../lib/config.ts'
import { apiError, streamFailure, UpstreamError } from '../../../lib/errors.ts'
import { type Candidate, type Circumstances, type Failures, plan } from '../../../lib/middleware/routing/plan.ts'
import { fakes, when } from '../../config/fake-providers.ts'

type Named = Record<string, unknown>
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name): Named => ({ name, provider: 'openai' }))
const group = (mode: string, targets: unknown[], strategy: object = {}): Named => ({
  strategy: { mode, ...strategy },
  targets,
})
const routeOf = (json: unknown): ResolvedRoute => resolveConfig(json, fakes).route

const circumstances = (more: Partial<Circumstances> & { model?: string } = {}): Circumstances => ({
  request: { model: more.model ?? 'm', messages: [] },
  metadata: {},
  random: () => 0.5,
  ...more,
})

const status = (code: number) => new UpstreamError('status', apiError(code, String(code)), { status: code })

/** As it is written in the tables: `a`, and `a|b` for b beside a. */
const show = ({ target, hedgeWith }: Candidate) => (hedgeWith ? `${target.name}|${hedgeWith.target.name}` : target.name)

/**
 * Runs a plan to its end: what was tried, and the failure it came to. `failures` by what was tried; 500 for all others. Of a
 * hedge both fail, unless told.
 */
function run(
  json: unknown,
  failures: Record<string, UpstreamError | Failures> = {},
  context: Circumstances = circumstances(),
): [tried: string, failure: UpstreamError] {
  const tries = plan(routeOf(json), context)
  const tried: string[] = []
  let next = tries.next()
  while (!next.done) {
    const name = show(next.value)
    tried.push(name)
    const failure = failures[name] ?? (next.value.hedgeWith ? [status(500), status(500)] : status(500))
    next = tries.next(failure instanceof UpstreamError ? [failure] : failure)
  }
  return [tried.join(' '), next.value]
}
const tried = (...run_: Parameters<typeof run>) => run(...run_)[0]

describe('plan', () => {
  it('tries one target once', () => {
    assert.equal(tried(a), 'a')
  })

  it('tries the first of a single group only', () => {
    assert.equal(tried(group('single', [a, b])), 'a')
  })

  it('tries all of a fallback group in order', () => {
    assert.equal(tried(group('fallback', [a, b, c])), 'a b c')
  })

  it('puts the better of two that are drawn first, and keeps all others as they are', () => {
    const worse: Record<string, number> = { a: 3, b: 2, c: 1 }
    const load = { figure: ({ name }: ResolvedRoute) => worse[name] ?? 0 }
    const context = () => {
      const drawn = [0.9, 0.8, 0.7]
      return circumstances({ load, random: () => drawn.shift() ?? 0 })
    }
    for (const by of ['latency', 'least_busy']) {
      assert.equal(tried(group('loadbalance', [a, b, c], { by }), {}, context()), 'b a c')
      assert.equal(tried(group('loadbalance', [b, a, c], { by }), {}, context()), 'b a c')
    }
    assert.equal(tried(group('loadbalance', [a, b, c]), {}, context()), 'a b c')
    assert.equal(
      tried(group('loadbalance', [a, b, c], { by: 'latency' }), {}, circumstances({ random: context().random })),
      'a b c',
    )
    assert.equal(tried(group('loadbalance', [a], { by: 'latency' }), {}, context()), 'a')
  })

  it('tries no target before the one before it has failed', () => {
    const tries = plan(routeOf(group('fallback', [a, b])), circumstances())
    const names = [tries.next(), tries.next([status(500)])].map(({ done, value }) => !done && value.target.name)
    assert.deepEqual(names, ['a', 'b'])
  })

  it('tells the last failure', () => {
    const last = status(503)
    for (const [json, name] of [
      [group('fallback', [a, b]), 'b'],
      [group('single', [a]), 'a'],
      [a, 'a'],
      [group('loadbalance', [a, b]), 'b'],
      [group('conditional', [a, b], { conditions: [when({ 'params.x': 1 }, 'a')], default: 'b' }), 'b'],
      [group('hedge', [a, b, c]), 'c'],
    ] as const) {
      assert.equal(run(json, { [name]: last })[1], last)
    }
  })

  describe('with on_status_codes', () => {
    const some = group('fallback', [a, b, c], { on_status_codes: [429, 503] })

    it('falls back on these statuses', () => {
      assert.equal(tried(some, { a: status(429), b: status(503) }), 'a b c')
    })

    it('tells the failure of any other status at once', () => {
      const failure = status(400)
      assert.deepEqual(run(some, { a: status(429), b: failure }), ['a b', failure])
    })

    it('falls back on no status at all if there is none on the list', () => {
      assert.equal(tried(group('fallback', [a, b], { on_status_codes: [] })), 'a')
    })

    const always: Record<string, UpstreamError> = {
      'a refused connection': streamFailure('connect', ''),
      'a timeout': streamFailure('timeout', ''),
      'a cut stream': streamFailure('truncated', ''),
      'a response that cannot be read': streamFailure('malformed', ''),
      'an error in the stream': new UpstreamError('in-band', apiError(500, ''), { status: 200 }),
      'a request that the target cannot serve': new UpstreamError('request', apiError(400, '')),
      'a status that is not known': new UpstreamError('status', apiError(500, '')),
    }
    for (const [name, failure] of Object.entries(always)) {
      it(`always falls back after ${name}`, () => assert.match(tried(some, { a: failure }), /^a b/))
    }

    it('decides about its own routes only', () => {
      const inner = group('fallback', [a, b], { on_status_codes: [429] })
      assert.equal(tried(group('fallback', [inner, c]), { a: status(500) }), 'a c')
      const outer = group('fallback', [group('fallback', [a, b]), c], { on_status_codes: [429] })
      assert.equal(tried(outer, { a: status(500), b: status(500) }), 'a b')
      assert.equal(tried(outer, { a: status(500), b: status(429) }), 'a b c')
    })
  })

  describe('of a loadbalance group', () => {
    const draws = (...numbers: number[]) => {
      const left = [...numbers]
      return circumstances({ random: () => left.shift() ?? assert.fail('drew once too often') })
    }

    it('draws the first, and has the others as fallbacks, as drawn', () => {
      const balanced = group('loadbalance', [a, b, c])
      assert.equal(tried(balanced, {}, draws(0.1, 0.9, 0.5)), 'b c a')
      assert.equal(tried(balanced, {}, draws(0.9, 0.1, 0.5)), 'a c b')
    })

    it('draws by weight, and never a weight of 0', () => {
      const weighted = (...weights: number[]) =>
        group(
          'loadbalance',
          [a, b, c].map((target, index) => ({ ...target, weight: weights[index] })),
        )
      assert.equal(tried(weighted(1, 9, 0), {}, draws(0.5, 0.5)), 'b a')
      assert.equal(tried(weighted(9, 1, 0), {}, draws(0.5, 0.5)), 'a b')
      assert.equal(tried(weighted(0, 0, 1), {}, draws(0.5)), 'c')
    })

    it('falls back on on_status_codes only', () => {
      const balanced = group('loadbalance', [a, b, c], { on_status_codes: [429] })
      assert.equal(tried(balanced, { b: status(429), c: status(400) }, draws(0.1, 0.9, 0.5)), 'b c')
    })

    describe('that is sticky', () => {
      const balanced = group('loadbalance', [a, b, c], { sticky: 'user' })
      const never = () => assert.fail('left to chance')
      const of = (metadata: Named) => tried(balanced, {}, circumstances({ metadata, random: never }))

      it('has the same order for the same value', () => {
        const orders = Array.from({ length: 50 }, (_, user) => of({ user: `u${user}` }))
        assert.deepEqual(
          orders,
          Array.from({ length: 50 }, (_, user) => of({ user: `u${user}`, other: 'x' })),
        )
        assert.equal(new Set(orders).size, 6)
      })

      it('takes the value from the config where the request has none', () => {
        const set = tried({ ...balanced, metadata: { user: 'u1' } }, {}, circumstances({ random: never }))
        assert.equal(set, of({ user: 'u1' }))
        const both = circumstances({ metadata: { user: 'u1' }, random: never })
        assert.equal(tried({ ...balanced, metadata: { user: 'u2' } }, {}, both), of({ user: 'u1' }))
      })

      it('leaves it to chance without a value', () => {
        assert.equal(tried(balanced, {}, draws(0.1, 0.9, 0.5)), 'b c a')
        const inherited = group('loadbalance', [a, b, c], { sticky: 'constructor' })
        assert.equal(tried(inherited, {}, draws(0.1, 0.9, 0.5)), 'b c a')
      })

      it('turns independently in groups inside one another, whatever their names', () => {
        const inner = { ...group('loadbalance', [a, b], { sticky: 'user' }), name: 'a' }
        const outer = { ...group('loadbalance', [inner, c], { sticky: 'user' }), name: 'outer' }
        const firsts = Array.from({ length: 2000 }, (_, user) => {
          const context = circumstances({ metadata: { user: `u${user}` }, random: never })
          return tried(outer, {}, context).split(' ').slice(0, 2).join(' ')
        })
        const count = (order: string) => firsts.filter((first) => first === order).length
        // Half of the users go to the inner group, and half of those to each of its targets.
        assert.ok(Math.abs(count('a b') - 500) < 100, `${count('a b')}`)
        assert.ok(Math.abs(count('b a') - 500) < 100, `${count('b a')}`)
      })
    })
  })

  describe('of a conditional group', () => {
    const conditions = [
      when({ 'metadata.plan': 'pro' }, 'a'),
      when({ 'params.model': { $regex: '^gpt' } }, 'b'),
      when({ 'metadata.plan': { $in: ['pro', 'team'] } }, 'c'),
    ]
    const open = group('conditional', [a, b, c, d], { conditions })
    const closed = group('conditional', [a, b, c, d], { conditions, default: 'd' })
    const TABLE: [why: string, context: Circumstances, tried: string][] = [
      ['whose condition holds', circumstances({ metadata: { plan: 'team' } }), 'c'],
      ['whose condition holds first', circumstances({ metadata: { plan: 'pro' }, model: 'gpt-5' }), 'a'],
      ['by what the request asks', circumstances({ model: 'gpt-5' }), 'b'],
      ['of the default if none holds', circumstances(), 'd'],
    ]
    for (const [why, context, expected] of TABLE) {
      it(`tries the target ${why}`, () => assert.equal(tried(closed, {}, context), expected))
    }

    it('looks at the metadata of the config too, where the request has none', () => {
      const set = { ...closed, metadata: { plan: 'pro' } }
      assert.equal(tried(set), 'a')
      assert.equal(tried(set, {}, circumstances({ metadata: { plan: 'team' } })), 'c')
    })

    it('is a request that cannot be served if none holds and there is no default', () => {
      const [names, { kind, status, api }] = run(open)
      assert.equal(names, '')
      assert.deepEqual([kind, status], ['request', undefined])
      assert.deepEqual(api, {
        status: 400,
        message: 'No condition of config holds for this request, and there is no default.',
        type: 'invalid_request_error',
        param: null,
        code: 'no_route',
        retryable: false,
      })
    })

    it('falls back from it where it has no route', () => {
      assert.equal(tried(group('fallback', [open, d], { on_status_codes: [] })), 'd')
    })
  })

  describe('of a hedge', () => {
    const two = group('hedge', [a, b], { delay: 50, max_extra: 0.1 })
    const three = group('hedge', [a, b, c])
    const failure = status(503)

    it('has the second target beside the first', () => {
      const first = plan(routeOf({ ...two, name: 'fast' }), circumstances()).next()
      assert.ok(!first.done && first.value.hedgeWith)
      const { target, hedgeWith } = first.value
      assert.equal(target.name, 'a')
      assert.deepEqual(
        { ...hedgeWith, target: hedgeWith.target.name },
        { target: 'b', delay: 50, maxExtra: 0.1, group: 'fast' },
      )
    })

    const BOTH: Failures = [status(500), status(500)]
    const TABLE: [why: string, json: unknown, failures: Failures, tried: string][] = [
      ['nothing after both of two have failed', two, BOTH, 'a|b'],
      ['the others after both have failed', three, BOTH, 'a|b c'],
      ['the second alone if it was not started', three, [failure], 'a|b b c'],
      ['the first again, last of all, if it was stopped for the second', three, [undefined, failure], 'a|b c a'],
      [
        'what is left of the first route, then of the second',
        group('hedge', [group('fallback', [a, c]), group('fallback', [b, d])]),
        BOTH,
        'a|b c d',
      ],
      [
        'all of the second route if it was not started',
        group('hedge', [a, group('fallback', [b, d]), c]),
        [failure],
        'a|b b d c',
      ],
      [
        'all of the first route if it was stopped',
        group('hedge', [group('fallback', [a, c]), b]),
        [undefined, failure],
        'a|b a c',
      ],
      [
        'the second of a hedge inside, which does not start beside',
        group('hedge', [group('hedge', [a, c]), b]),
        BOTH,
        'a|b c',
      ],
      ['the hedge inside that was not started', group('hedge', [a, group('hedge', [b, d])]), [failure], 'a|b b|d'],
      ['a hedge among the others', group('hedge', [a, b, group('hedge', [c, d])]), BOTH, 'a|b c|d'],
    ]
    for (const [why, json, failures, expected] of TABLE) {
      it(`tries ${why}`, () => assert.equal(tried(json, { 'a|b': failures }), expected))
    }

    it('falls back on on_status_codes only, looking at each failure', () => {
      const some = group('hedge', [a, b, c], { on_status_codes: [503] })
      assert.deepEqual(run(some, { 'a|b': [status(400), failure] })[0], 'a|b')
      assert.deepEqual(run(some, { 'a|b': [failure, status(400)] })[0], 'a|b')
      assert.deepEqual(run(some, { 'a|b': [failure, failure] })[0], 'a|b c')
      assert.equal(tried(some, { 'a|b': [status(400)] }), 'a|b')
      assert.equal(
        tried(some, { 'a|b': [undefined, streamFailure('truncated', '')], c: failure, a: failure }),
        'a|b c a',
      )
    })

    it('hands each route the failure of its own target', () => {
      const [first, second] = [status(500), status(503)]
      const inner = (targets: unknown[]) => group('fallback', targets, { on_status_codes: [503] })
      const [names] = run(group('hedge', [inner([a, c]), inner([b, d])]), { 'a|b': [first, second] })
      assert.equal(names, 'a|b d')
    })

    it('has no second beside the first where one of them has no route', () => {
      const none = group('conditional', [d], { conditions: [when({ 'params.x': 1 }, 'd')] })
      const named = { ...d }
      assert.equal(tried(group('hedge', [{ ...none }, a, b])), 'a b')
      assert.equal(tried(group('hedge', [a, none, named])), 'a d')
    })
  })

  describe('of groups in groups', () => {
    const pro = { metadata: { plan: 'pro' } }
    const byPlan = (first: unknown, second: unknown) =>
      group(
        'conditional',
        [
          { ...(first as Named), name: 'first' },
          { ...(second as Named), name: 'second' },
        ],
        {
          conditions: [when({ 'metadata.plan': 'pro' }, 'first')],
          default: 'second',
        },
      )
    const TABLE: [json: unknown, context: Partial<Circumstances>, tried: string][] = [
      [group('fallback', [group('fallback', [a, b]), group('single', [c, a]), d]), {}, 'a b c d'],
      [group('fallback', [group('loadbalance', [a, b]), c]), {}, 'a b c'],
      [group('loadbalance', [group('fallback', [a, b]), group('single', [c, d])]), {}, 'a b c'],
      [group('single', [group('loadbalance', [a, b]), c]), {}, 'a b'],
      [
        group('loadbalance', [
          { ...a, weight: 0 },
          { ...group('hedge', [b, c]), weight: 1 },
        ]),
        {},
        'b|c',
      ],
      [byPlan(group('fallback', [a, b]), group('hedge', [c, d])), pro, 'a b'],
      [byPlan(group('fallback', [a, b]), group('hedge', [c, d])), {}, 'c|d'],
      [byPlan(byPlan(group('loadbalance', [a, b]), c), d), pro, 'a b'],
      [group('fallback', [byPlan(group('single', [a]), group('single', [b])), group('hedge', [c, d])]), pro, 'a c|d'],
      [group('hedge', [byPlan(group('single', [a]), group('single', [b])), group('loadbalance', [c, d])]), {}, 'b|c d'],
      [group('fallback', [group('hedge', [a, b]), group('hedge', [c, d])]), {}, 'a|b c|d'],
    ]
    for (const [json, context, expected] of TABLE) {
      it(`tries ${expected}: ${JSON.stringify(json, (key, value) => (key === 'provider' ? undefined : value))}`, () => {
        assert.equal(tried(json, {}, circumstances(context)), expected)
      })
    }
  })
})
