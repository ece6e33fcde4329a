import assert from 'node:assert/strict'
import type { ResolvedGroup, ResolvedRoute } from '../../lib/config/resolved.ts'
import { ConfigError } from '../../lib/config.ts'
import { fakes, when } from './fake-providers.ts'
import { resolveConfig } from './json-schema.ts'

const openai = (more: object = {}) => ({ provider: 'openai', ...more })
const [a, b, c] = ['a', 'b', 'c'].map((name) => openai({ name }))
const TWO = [a, b]
const always = { 'params.model': 'm' }

function messageOf(json: unknown): string {
  try {
    resolveConfig(json, fakes)
  } catch (error) {
    assert.ok(error instanceof ConfigError, `a ConfigError and not ${error}`)
    return error.message
  }
  return 'no error'
}

/** A group, as far as its mode makes it different from others; its routes by name. */
function ofMode<Mode extends ResolvedGroup['mode']>(mode: Mode, strategy: object, targets: unknown[] = TWO) {
  const { route } = resolveConfig({ strategy: { mode, ...strategy }, targets }, fakes)
  assert.ok(route.kind === 'group' && route.mode === mode)
  return route as Extract<ResolvedGroup, { mode: Mode }>
}

describe('the strategies of a config', () => {
  describe('loadbalance', () => {
    it('has a weight for each target, 1 if none is given', () => {
      const { routes, weights, sticky } = ofMode('loadbalance', {}, [a, openai({ weight: 0.5 }), openai({ weight: 0 })])
      assert.deepEqual([routes.length, weights, sticky], [3, [1, 0.5, 0], undefined])
      assert.equal(ofMode('loadbalance', {}).by, 'weight')
      assert.equal(ofMode('loadbalance', { by: 'latency' }).by, 'latency')
    })

    it('may be sticky', () => {
      assert.equal(ofMode('loadbalance', { sticky: 'user' }).sticky, 'user')
    })

    it('may hold statuses to fall back on, and weigh groups', () => {
      const inner = { strategy: { mode: 'loadbalance' }, weight: 3, targets: [openai({ weight: 2 }), a] }
      const group = ofMode('loadbalance', { on_status_codes: [429] }, [inner, b])
      assert.deepEqual([group.onStatusCodes, group.weights], [[429], [3, 1]])
      const [first] = group.routes
      assert.deepEqual(first.kind === 'group' && first.mode === 'loadbalance' && first.weights, [2, 1])
    })
  })

  it('may have a target twice, in several groups', () => {
    const group = { retry: { attempts: 1 }, targets: [a, b] }
    assert.equal(ofMode('fallback', {}, [group, c, a]).routes.length, 3)
  })

  describe('conditional', () => {
    it('has the targets that its conditions and its default name', () => {
      const group = { name: 'b', targets: [a, openai({ name: 'c' })] }
      const conditions = [when(always, 'b'), when({ 'metadata.x': 1 }, 'a')]
      const {
        routes,
        conditions: resolved,
        otherwise,
      } = ofMode('conditional', { conditions, default: 'a' }, [a, group])
      assert.deepEqual(
        resolved.map(({ route }) => route),
        [routes[1], routes[0]],
      )
      assert.equal(otherwise, routes[0])
      assert.deepEqual(
        resolved.map(({ query }) => query),
        [
          { of: 'params', key: 'model', operator: '$eq', operand: 'm' },
          { of: 'metadata', key: 'x', operator: '$eq', operand: 1 },
        ],
      )
    })

    it('needs no default', () => {
      assert.equal(ofMode('conditional', { conditions: [when(always, 'a')] }).otherwise, undefined)
    })

    it('has names of its own, that other groups may have too', () => {
      const inner = { name: 'b', strategy: { mode: 'conditional', conditions: [when(always, 'a')] }, targets: [a] }
      const { otherwise } = ofMode('conditional', { conditions: [when(always, 'a')], default: 'b' }, [a, inner])
      const nested: ResolvedRoute | undefined = otherwise?.kind === 'group' ? otherwise.routes[0] : undefined
      assert.equal(nested?.name, 'a')
    })
  })

  describe('hedge', () => {
    it('waits for the 95th percentile and makes one call in twenty more, unless told', () => {
      const { delay, maxExtra } = ofMode('hedge', {})
      assert.deepEqual([delay, maxExtra], ['p95', 0.05])
    })

    it('does as it is told', () => {
      const { delay, maxExtra, onStatusCodes } = ofMode('hedge', { delay: 300, max_extra: 1, on_status_codes: [500] })
      assert.deepEqual([delay, maxExtra, onStatusCodes], [300, 1, [500]])
      assert.equal(ofMode('hedge', { delay: 'p95' }).delay, 'p95')
    })
  })

  const belongs = (mode: string, here?: string) =>
    `belongs to strategy.mode "${mode}"${here === undefined ? '' : `, and here it is "${here}"`}`
  const conditional = (conditions: unknown, more: object = {}, targets: unknown = TWO) => ({
    strategy: { mode: 'conditional', conditions, ...more },
    targets,
  })
  const balanced = (targets: unknown[], more: object = {}) => ({ strategy: { mode: 'loadbalance', ...more }, targets })
  const hedged = (more: object, targets: unknown[] = TWO) => ({ strategy: { mode: 'hedge', ...more }, targets })
  const DELAY = 'must be an integer from 1 to 2147483647 (milliseconds) or "p95"'
  const SHARE = 'must be a number above 0 and at most 1'

  const WRONG: Record<string, [json: unknown, message: string][]> = {
    'a weight': [
      [openai({ weight: 1 }), `weight: ${belongs('loadbalance')}`],
      [{ targets: [openai({ weight: 1 })] }, `targets[0].weight: ${belongs('loadbalance', 'single')}`],
      [{ targets: [a, openai({ weight: 0 })] }, `targets[1].weight: ${belongs('loadbalance', 'fallback')}`],
      [
        balanced([{ targets: [openai({ weight: 2 })] }]),
        `targets[0].targets[0].weight: ${belongs('loadbalance', 'single')}`,
      ],
      [openai({ weight: -1 }), 'weight: must be a number of 0 or more, got -1'],
      [
        balanced([openai({ weight: Number.POSITIVE_INFINITY })]),
        'targets[0].weight: must be a number of 0 or more, got Infinity',
      ],
      [balanced([openai({ weight: '1' })]), 'targets[0].weight: must be a number of 0 or more, got "1"'],
      [balanced([openai({ weight: 0 }), openai({ weight: 0 })]), 'targets: needs at least one with a weight above 0'],
    ],
    'sticky targets that names do not tell apart': [
      [balanced([a, a, b], { sticky: 'user' }), 'targets[1].name: is also the name of another target of this group'],
      [balanced([a, b], { sticky: 7 }), 'strategy.sticky: must be a string, got 7'],
      [
        balanced([a, b], { sticky: 'user', by: 'latency' }),
        'strategy.sticky: cannot stand beside by "latency": one of them must choose',
      ],
    ],
    conditions: [
      [conditional('a'), 'strategy.conditions: must be an array, got "a"'],
      [conditional([]), 'strategy.conditions: must not be empty'],
      [
        { strategy: { mode: 'conditional', default: 'a' }, targets: TWO },
        'strategy: needs conditions for mode "conditional"',
      ],
      [conditional(['a']), 'strategy.conditions[0]: must be an object, got "a"'],
      [conditional([{}]), 'strategy.conditions[0]: needs query\nstrategy.conditions[0]: needs then'],
      [conditional([{ query: always }]), 'strategy.conditions[0]: needs then'],
      [conditional([JSON.parse('{"then":"a"}')]), 'strategy.conditions[0]: needs query'],
      [
        conditional([{ ...when(always, 'a'), els: 'b' }]),
        'strategy.conditions[0].els: unknown key, expected one of query, then',
      ],
      [conditional([when(always, 3)]), 'strategy.conditions[0].then: must be a string, got 3'],
      [conditional([when(always, 'a'), when({}, 'b')]), 'strategy.conditions[1].query: must not be empty'],
    ],
    'names that targets of one request share': [
      [{ targets: [a, b, a] }, 'targets[2].name: is also the name of another target of this group'],
      [
        { targets: [a, { ...a, api_key: 'other' }] },
        'targets[1].name: is also the name of another target of this group',
      ],
      [balanced([a, a]), 'targets[1].name: is also the name of another target of this group'],
      [hedged({}, [a, a]), 'targets[1].name: is also the name of another target of this group'],
      [
        { targets: [{ provider: 'openai', name: 'targets[1]' }, openai()] },
        'targets[1].name: is also the name of another target of this group',
      ],
      [
        { targets: [balanced([a, b]), c, { ...a, api_key: 'other' }] },
        'targets[2].name: is also the name of another target that the same request may use, targets[0].targets[0]',
      ],
      [
        { targets: [c, conditional([when(always, 'a')]), balanced([{ ...b, override_params: { model: 'm' } }])] },
        'targets[2].targets[0].name: is also the name of another target that the same request may use, targets[1].targets[1]',
      ],
    ],
    names: [
      [
        conditional([when(always, 'a'), when(always, 'bb')]),
        'strategy.conditions[1].then: unknown target "bb", expected one of a, b; did you mean "b"?',
      ],
      [
        conditional([when(always, 'a')], { default: 'x' }),
        'strategy.default: unknown target "x", expected one of a, b',
      ],
      [
        conditional([when(always, 'targets[0]')], {}, [openai()]),
        'strategy.conditions[0].then: names a target, and no target of this group has a name',
      ],
      [
        conditional([when(always, 'c')], {}, [a, { name: 'b', targets: [c] }]),
        'strategy.conditions[0].then: unknown target "c", expected one of a, b',
      ],
      [
        conditional([when(always, 'a')], {}, [a, b, a]),
        'targets[2].name: is also the name of another target of this group',
      ],
      [
        { targets: [conditional([when(always, 'x')])] },
        'targets[0].strategy.conditions[0].then: unknown target "x", expected one of a, b',
      ],
    ],
    'a hedge': [
      [hedged({ delay: 0 }), `strategy.delay: ${DELAY}, got 0`],
      [hedged({ delay: 'p99' }), `strategy.delay: ${DELAY}, got "p99"`],
      ...[0, -0.1, 1.01, '5%', Number.NaN].map((share): [unknown, string] => [
        hedged({ max_extra: share }),
        `strategy.max_extra: ${SHARE}, got ${typeof share === 'string' ? `"${share}"` : share}`,
      ]),
      [hedged({}, [a]), 'targets: needs at least two for strategy.mode "hedge"'],
    ],
    'keys of another mode': [
      [{ strategy: { delay: 5 }, targets: TWO }, `strategy.delay: ${belongs('hedge', 'fallback')}`],
      [{ strategy: { max_extra: 0.1 }, targets: [a] }, `strategy.max_extra: ${belongs('hedge', 'single')}`],
      [hedged({ sticky: 'user' }), `strategy.sticky: ${belongs('loadbalance', 'hedge')}`],
      [balanced(TWO, { default: 'a' }), `strategy.default: ${belongs('conditional', 'loadbalance')}`],
      [
        { strategy: { mode: 'fallback', conditions: [when(always, 'nobody')] }, targets: TWO },
        `strategy.conditions: ${belongs('conditional', 'fallback')}`,
      ],
      [
        conditional([when(always, 'a')], { on_status_codes: [500] }),
        'strategy.on_status_codes: belongs to strategy.mode "single", "fallback", "loadbalance", "hedge", and here it is "conditional"',
      ],
      [openai({ conditions: [] }), 'conditions: unknown key, did you mean strategy.conditions?'],
      [
        { strategy: { cb_config: {} }, targets: TWO },
        'strategy.cb_config: unknown key, did you mean cb_config beside strategy, or in a target?',
      ],
    ],
    'a mode, and not what follows from it': [
      [
        { strategy: { mode: 'hege', delay: 5 }, targets: [openai({ weight: 1 }), a] },
        'strategy.mode: unknown value "hege", expected one of single, fallback, loadbalance, conditional, hedge; did you mean "hedge"?',
      ],
      [{ strategy: 'loadbalance', targets: [openai({ weight: 1 })] }, 'strategy: must be an object, got "loadbalance"'],
      [
        conditional([when(always, 'b')], {}, [a, openai({ name: 'b', idle_timeout: 'x' })]),
        'targets[1].idle_timeout: must be an integer from 0 to 2147483647 (milliseconds), got "x"',
      ],
      [conditional([when(always, 'b')], {}, [a, { name: 'b' }]), 'targets[1]: needs either a provider or targets'],
    ],
  }
  for (const [subject, rows] of Object.entries(WRONG)) {
    it(`explain what is wrong with ${subject}`, () => {
      for (const [json, message] of rows) assert.equal(messageOf(json), message)
    })
  }
})
