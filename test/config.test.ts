import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { MAX_PROBLEMS } from '../lib/config/problems.ts'
import { MAX_LEVELS, MAX_TARGETS } from '../lib/config/resolve.ts'
import { DEFAULT_CONTINUE_INSTRUCTION } from '../lib/config/settings.ts'
import { ConfigError, parseConfig, type ResolvedRoute, type ResolvedTarget } from '../lib/config.ts'
import { fakeNames, fakeProvider, fakes, when } from './config/fake-providers.ts'
import { resolveConfig } from './config/json-schema.ts'

const resolve = (json: unknown) => resolveConfig(json, fakes).route

function messageOf(json: unknown): string {
  try {
    resolve(json)
  } catch (error) {
    assert.ok(error instanceof ConfigError, `a ConfigError and not ${error}`)
    assert.equal(error.name, 'ConfigError')
    return error.message
  }
  return 'no error'
}

function targetOf(json: unknown): ResolvedTarget {
  const route = resolve(json)
  assert.equal(route.kind, 'target')
  return route
}

/** The targets of a route, from left to right. */
function leaves(route: ResolvedRoute): ResolvedTarget[] {
  return route.kind === 'target' ? [route] : route.routes.flatMap(leaves)
}

const openai = (more: Record<string, unknown> = {}) => ({ provider: 'openai', ...more })
const nested = (levels: number): unknown => (levels === 1 ? openai() : { targets: [nested(levels - 1)] })

describe('config', () => {
  describe('what it makes of a good config', () => {
    it('fills in the defaults', () => {
      assert.deepEqual(resolve({ provider: 'openai' }), {
        kind: 'target',
        name: 'openai',
        path: '',
        provider: fakes.openai,
        apiKey: undefined,
        customHost: undefined,
        fields: {},
        settings: {
          retry: {
            attempts: 0,
            onStatusCodes: [408, 409, 429, 500, 502, 503, 504, 529],
            useRetryAfterHeader: true,
            maxDelay: 10_000,
          },
          connectTimeout: 10_000,
          firstChunkTimeout: 600_000,
          idleTimeout: 300_000,
          requestTimeout: undefined,
          minChunkRate: undefined,
          midStream: ['continue', 'restart'],
          prefill: undefined,
          continueInstruction: DEFAULT_CONTINUE_INSTRUCTION,
          toolCalls: 'whole',
          failOn: ['empty', 'invalid_tool_calls', 'invalid_json'],
          finishReasons: {},
          models: {},
          equivalentModels: true,
          prices: undefined,
          forwardHeaders: [],
          forwardMetadata: [],
          strict: true,
          overrideParams: {},
          metadata: {},
          breaker: undefined,
        },
      })
    })

    it('reads every setting of a lone target', () => {
      const target = targetOf({
        provider: 'azure-openai',
        api_key: 'secret',
        name: 'Zürich',
        custom_host: 'HTTPS://Example.com:443/openai//',
        resource_name: 'my-resource',
        deployment_id: 'gpt 5/eu',
        api_version: '2024-10-21',
        base_model: 'gpt-5',
        retry: { attempts: 10, on_status_codes: [429, 599], use_retry_after_header: false, max_delay: 1 },
        connect_timeout: 1,
        first_chunk_timeout: 2,
        idle_timeout: 3,
        request_timeout: 2_147_483_647,
        min_chunk_rate: { characters_per_second: 0.5, window: 1 },
        mid_stream: 'continue',
        prefill: false,
        continue_instruction: 'Weiter,\nbitte.',
        tool_calls: 'live',
        fail_on: ['length'],
        finish_reasons: { eos: 'stop', limit: 'length' },
        models: { 'gpt-4o': 'mine', '*': 'other' },
        equivalent_models: false,
        prices: { m: { input: 1, output: 2 } },
        cb_config: { failure_threshold: 1, interval: 2, cooldown_interval: 3, minimum_requests: 4 },
        forward_headers: ['X-Request-Id', 'x-request-id', 'traceparent'],
        forward_metadata: ['Team'],
        strict_open_ai_compliance: false,
        override_params: { model: 'gpt-5', stop: ['a', null, true, 1.5, { constructor: 'data' }] },
        metadata: { team: 'blue', constructor: 'data' },
      })
      assert.deepEqual(target, {
        kind: 'target',
        name: 'Zürich',
        path: '',
        provider: fakes['azure-openai'],
        apiKey: 'secret',
        customHost: 'https://example.com/openai',
        fields: {
          resource_name: 'my-resource',
          deployment_id: 'gpt 5/eu',
          api_version: '2024-10-21',
          base_model: 'gpt-5',
        },
        settings: {
          retry: { attempts: 10, onStatusCodes: [429, 599], useRetryAfterHeader: false, maxDelay: 1 },
          connectTimeout: 1,
          firstChunkTimeout: 2,
          idleTimeout: 3,
          requestTimeout: 2_147_483_647,
          minChunkRate: { charactersPerSecond: 0.5, window: 1 },
          midStream: ['continue'],
          prefill: false,
          continueInstruction: 'Weiter,\nbitte.',
          toolCalls: 'live',
          failOn: ['length'],
          finishReasons: { eos: 'stop', limit: 'length' },
          models: { 'gpt-4o': 'mine', '*': 'other' },
          equivalentModels: false,
          prices: {
            m: { input: 1, output: 2, cachedInput: 1, cacheWrite: 1, cacheWrite1h: 1, reasoning: 2, request: 0 },
          },
          forwardHeaders: ['x-request-id', 'traceparent'],
          forwardMetadata: ['Team'],
          strict: false,
          overrideParams: { model: 'gpt-5', stop: ['a', null, true, 1.5, { constructor: 'data' }] },
          metadata: { team: 'blue', constructor: 'data' },
          breaker: {
            failureThreshold: 1,
            failureShare: undefined,
            interval: 2,
            cooldown: 3,
            minimumRequests: 4,
            failureStatusCodes: [429, 500, 502, 503, 504, 529],
          },
        },
      })
    })

    const MODES: [string, unknown, string][] = [
      ['falls back between several targets', { targets: [openai(), openai()] }, 'fallback'],
      ['uses the one target there is', { targets: [openai()] }, 'single'],
      ['keeps a mode that is set', { strategy: { mode: 'single' }, targets: [openai(), openai()] }, 'single'],
      ['falls back among one if told so', { strategy: { mode: 'fallback' }, targets: [openai()] }, 'fallback'],
    ]
    for (const [sentence, json, mode] of MODES) {
      it(sentence, () => {
        const route = resolve(json)
        assert.equal(route.kind === 'group' && route.mode, mode)
      })
    }

    it('has the statuses of a strategy, and none if none were given', () => {
      const statuses = (json: unknown) => {
        const route = resolve(json)
        return route.kind === 'group' ? route.onStatusCodes : 'not a group'
      }
      assert.deepEqual(statuses({ strategy: { on_status_codes: [429, 446] }, targets: [openai()] }), [429, 446])
      assert.deepEqual(statuses({ strategy: { on_status_codes: [] }, targets: [openai()] }), [])
      assert.equal(statuses({ strategy: {}, targets: [openai()] }), undefined)
      assert.equal(statuses({ targets: [openai()] }), undefined)
    })

    it('names what has no name by its path', () => {
      const route = resolve({
        targets: [
          openai(),
          { targets: [openai({ name: 'mine' }), { provider: 'groq' }] },
          { name: 'g', targets: [openai()] },
        ],
      })
      assert.deepEqual(
        leaves(route).map((target) => target.name),
        ['targets[0]', 'mine', 'targets[1].targets[1]', 'targets[2].targets[0]'],
      )
      assert.equal(route.name, 'config')
      assert.deepEqual(route.kind === 'group' && route.routes.map((inner) => inner.name), [
        'targets[0]',
        'targets[1]',
        'g',
      ])
    })

    it('hands each setting down to all targets, where their own win', () => {
      const OUTER = {
        connect_timeout: 11,
        first_chunk_timeout: 12,
        idle_timeout: 13,
        request_timeout: 14,
        min_chunk_rate: { characters_per_second: 1 },
        mid_stream: 'error',
        prefill: true,
        continue_instruction: 'outer',
        tool_calls: 'whole',
        cb_config: { failure_threshold: 1 },
        forward_headers: ['a'],
        strict_open_ai_compliance: false,
        custom_host: 'http://outer',
      }
      const INNER = {
        connect_timeout: 21,
        first_chunk_timeout: 22,
        idle_timeout: 23,
        request_timeout: 24,
        min_chunk_rate: { characters_per_second: 2 },
        mid_stream: 'restart',
        prefill: false,
        continue_instruction: 'inner',
        tool_calls: 'live',
        cb_config: { failure_threshold_percentage: 50 },
        forward_headers: ['b'],
        strict_open_ai_compliance: true,
        custom_host: 'http://inner',
      }
      const alone = (settings: Record<string, unknown>) => {
        const { settings: resolved, customHost } = targetOf(openai(settings))
        return { ...resolved, customHost }
      }
      const route = resolve({
        ...OUTER,
        targets: [{ targets: [openai(), openai(INNER)] }, { ...INNER, targets: [openai()] }],
      })
      assert.deepEqual(
        leaves(route).map(({ settings, customHost }) => ({ ...settings, customHost })),
        [alone(OUTER), alone(INNER), alone(INNER)],
      )
    })

    it('merges retry, override_params and metadata key by key', () => {
      const route = resolve({
        retry: { attempts: 2, max_delay: 5 },
        override_params: { model: 'a', temperature: 1, deep: { x: 1 } },
        metadata: { team: 'blue', env: 'test' },
        targets: [
          {
            retry: { attempts: 0, on_status_codes: [500] },
            override_params: { model: 'b', deep: { y: 1 } },
            metadata: { env: 'prod' },
            targets: [openai()],
          },
          openai(),
        ],
      })
      const [inner, plain] = leaves(route)
      assert.deepEqual(inner?.settings.retry, {
        attempts: 0,
        onStatusCodes: [500],
        useRetryAfterHeader: true,
        maxDelay: 5,
      })
      assert.deepEqual(inner.settings.overrideParams, { model: 'b', temperature: 1, deep: { y: 1 } })
      assert.deepEqual(inner.settings.metadata, { team: 'blue', env: 'prod' })
      assert.equal(plain?.settings.retry.attempts, 2)
      assert.deepEqual(plain.settings.overrideParams, { model: 'a', temperature: 1, deep: { x: 1 } })
      assert.deepEqual(plain.settings.metadata, { team: 'blue', env: 'test' })
    })

    const TOOL_CALLS: [unknown, string][] = [
      [openai({ mid_stream: 'error' }), 'live'],
      [openai({ mid_stream: 'restart' }), 'whole'],
      [openai({ mid_stream: 'continue' }), 'whole'],
      [openai({ mid_stream: 'error', tool_calls: 'whole' }), 'whole'],
      [{ mid_stream: 'error', targets: [openai()] }, 'live'],
      [{ mid_stream: 'error', targets: [openai({ mid_stream: 'restart' })] }, 'whole'],
      [{ tool_calls: 'whole', targets: [openai({ mid_stream: 'error' })] }, 'whole'],
    ]
    for (const [json, toolCalls] of TOOL_CALLS) {
      it(`shows tool calls ${toolCalls} with ${JSON.stringify(json)}`, () => {
        assert.equal(leaves(resolve(json))[0]?.settings.toolCalls, toolCalls)
      })
    }

    it('gives inherited fields only to the providers that have them', () => {
      const route = resolve({
        aws_region: 'eu-west-1',
        api_version: 'v1',
        openai_project: 'p',
        targets: [
          openai(),
          { provider: 'bedrock', aws_region: 'us-east-1' },
          { provider: 'cohere' },
          { provider: 'groq' },
        ],
      })
      assert.deepEqual(
        leaves(route).map((target) => target.fields),
        [{ openai_project: 'p' }, { aws_region: 'us-east-1' }, { api_version: 'v1' }, {}],
      )
    })

    it('names several keys, and takes the first where one is wanted', () => {
      const [target] = leaves(resolve(openai({ api_keys: ['one', { name: 'b', key: 'two' }] })))
      assert.deepEqual(target?.apiKeys, [
        { name: '1', key: 'one' },
        { name: 'b', key: 'two' },
      ])
      assert.equal(target?.apiKey, 'one')
    })

    it('never inherits an api_key', () => {
      const route = resolve({ targets: [openai({ api_key: 'one' }), openai()] })
      assert.deepEqual(
        leaves(route).map((target) => target.apiKey),
        ['one', undefined],
      )
    })

    it('takes providers from the application, also under a known name, with any field', () => {
      const mine = fakeProvider('mine')
      const options = { providers: { mine } }
      const target = parseConfig({ provider: 'mine', aws_region: 'x', openai_project: 'y' }, options).route
      assert.equal(target.kind === 'target' && target.provider, mine)
      assert.deepEqual(target.kind === 'target' && target.fields, { aws_region: 'x', openai_project: 'y' })
      const other = parseConfig({ provider: 'openai' }, { providers: { openai: mine } }).route
      assert.equal(other.kind === 'target' && other.provider, mine)
      assert.equal(other.name, 'mine')
    })

    it('freezes all of the tree, and neither keeps nor changes what it was given', () => {
      const json = {
        strategy: { on_status_codes: [500] },
        retry: { on_status_codes: [429] },
        forward_headers: ['a'],
        override_params: { a: { b: [{}] } },
        metadata: { c: {} },
        commit_after: { ms: 1 },
        cb_config: { failure_threshold: 1, failure_status_codes: [500] },
        min_chunk_rate: { characters_per_second: 1 },
        targets: [
          openai({ metadata: { d: [] } }),
          { targets: [{ provider: 'bedrock', aws_region: 'x' }] },
          { strategy: { mode: 'loadbalance' }, targets: [openai({ weight: 2 })] },
          { strategy: { mode: 'hedge' }, targets: [openai(), openai()] },
          {
            strategy: {
              mode: 'conditional',
              conditions: [when({ $or: [{ 'metadata.a': { $regex: 'x', $in: ['y'] } }] }, 'b')],
            },
            targets: [openai({ name: 'b' })],
          },
        ],
      }
      const before = structuredClone(json)
      const given = new Set<unknown>()
      const walk = (value: unknown, visit: (object: object) => void) => {
        if (typeof value !== 'object' || value === null || Object.values(fakes).some((fake) => fake === value)) return
        visit(value)
        for (const item of Object.values(value)) walk(item, visit)
      }
      walk(json, (object) => given.add(object))
      const config = resolveConfig(json, fakes)
      assert.deepEqual(json, before)
      walk(json, (object) => assert.ok(!Object.isFrozen(object)))
      walk(config, (object) => {
        assert.ok(Object.isFrozen(object), `frozen: ${JSON.stringify(object)}`)
        assert.ok(!given.has(object), `a copy: ${JSON.stringify(object)}`)
      })
      walk(targetOf(openai()), (object) => assert.ok(Object.isFrozen(object)))
    })

    it('takes as many levels and targets as are allowed', () => {
      assert.equal(leaves(resolve(nested(MAX_LEVELS))).length, 1)
      assert.equal(
        leaves(resolve({ targets: Array.from({ length: MAX_TARGETS }, () => openai()) })).length,
        MAX_TARGETS,
      )
    })

    it('takes objects without a prototype', () => {
      const bare = Object.assign(Object.create(null), openai())
      assert.equal(targetOf(bare).provider, fakes.openai)
    })
  })

  describe('what it says of a bad config', () => {
    const integer = (from: number, to: number, unit = '') => `must be an integer from ${from} to ${to}${unit}`
    const DURATION = integer(1, 2_147_483_647, ' (milliseconds)')
    const STATUS = integer(201, 599, ' (an HTTP status that is a failure)')
    const MODES = 'single, fallback, loadbalance, conditional, hedge'
    const UNSET = 'undefined (is an environment variable not set?)'
    const LABEL = 'must be letters, digits and dashes only (it is part of a host name)'
    const TEXT = 'must be printable ASCII without spaces at its ends'
    const NAME = 'must be a string of 1 to 100 characters without line breaks or control characters'
    const NO_FEATURE = 'streamgate has no such feature'
    const KEY_CHARACTERS = 'has a space, a line break or another character that no key has (not shown here)'
    const bedrock = (more: object) => ({ provider: 'bedrock', ...more })
    const azure = (more: object) => ({ provider: 'azure-openai', ...more })
    const group = (more: object) => ({ targets: [openai()], ...more })
    let deep: unknown = 1
    for (let level = 0; level < 65; level++) deep = { a: deep }
    const cyclic: Record<string, unknown> = {}
    cyclic.a = cyclic

    const TABLE: Record<string, [json: unknown, message: string][]> = {
      'that is not a config at all': [
        [undefined, `config: must be an object, got ${UNSET}`],
        [null, 'config: must be an object, got null'],
        [[], 'config: must be an object, got an array'],
        ['pc-default-1', 'config: must be an object, got "pc-default-1"'],
        [() => openai(), 'config: must be an object, got a function'],
        [new Map(), 'config: must be an object, got an object'],
        [Object.create(openai()), 'config: must be an object, got an object'],
      ],
      'without a route': [
        [{}, 'config: needs either a provider or targets'],
        [{ targets: [] }, 'targets: must not be empty'],
        [{ targets: {} }, 'targets: must be an array, got an object'],
        [{ targets: [{}] }, 'targets[0]: needs either a provider or targets'],
        [{ targets: [openai(), { retry: {} }] }, 'targets[1]: needs either a provider or targets'],
        [{ targets: [openai(), null] }, 'targets[1]: must be an object, got null'],
        [{ targets: [openai(), { targets: [] }] }, 'targets[1].targets: must not be empty'],
        [nested(MAX_LEVELS + 1), `${'targets[0].'.repeat(9)}targets: is nested too deep, at most 10 levels`],
        [
          { targets: Array.from({ length: MAX_TARGETS + 1 }, () => openai()) },
          'targets: has too many targets, at most 100 in the whole config',
        ],
        [
          { targets: [{ targets: Array.from({ length: 60 }, () => openai()) }, { targets: Array(60).fill(openai()) }] },
          'targets[1].targets: has too many targets, at most 100 in the whole config',
        ],
      ],
      'with a provider': [
        [
          { provider: 'opena1' },
          `provider: unknown provider "opena1", expected one of ${fakeNames}; did you mean "openai"?`,
        ],
        [
          { targets: [openai(), { provider: 'azure' }] },
          `targets[1].provider: unknown provider "azure", expected one of ${fakeNames}; did you mean "azure-openai"?`,
        ],
        [
          { provider: 'aws' },
          `provider: unknown provider "aws", expected one of ${fakeNames}; did you mean "bedrock"?`,
        ],
        [{ provider: 'llama' }, `provider: unknown provider "llama", expected one of ${fakeNames}`],
        [{ provider: 'constructor' }, `provider: unknown provider "constructor", expected one of ${fakeNames}`],
        [{ provider: '__proto__' }, `provider: unknown provider "__proto__", expected one of ${fakeNames}`],
        [{ provider: '' }, `provider: unknown provider an empty string, expected one of ${fakeNames}`],
        [{ provider: 1 }, 'provider: must be a string, got 1'],
        [{ provider: undefined }, `provider: must be a string, got ${UNSET}`],
        [{ ...group({}), provider: 'openai' }, 'provider: cannot stand beside targets, put it into each target'],
      ],
      'with a strategy': [
        [group({ strategy: 'fallback' }), 'strategy: must be an object, got "fallback"'],
        [
          group({ strategy: { mode: 'falback' } }),
          `strategy.mode: unknown value "falback", expected one of ${MODES}; did you mean "fallback"?`,
        ],
        [group({ strategy: { mode: 7 } }), `strategy.mode: unknown value 7, expected one of ${MODES}`],
        [
          group({ strategy: { on_status_codes: 429 } }),
          'strategy.on_status_codes: must be an array of HTTP statuses, got 429',
        ],
        [group({ strategy: { on_status_codes: [429, 200] } }), `strategy.on_status_codes[1]: ${STATUS}, got 200`],
        [group({ strategy: { on_status_codes: ['5xx'] } }), `strategy.on_status_codes[0]: ${STATUS}, got "5xx"`],
        [group({ strategy: { modes: 1 } }), 'strategy.modes: unknown key, did you mean mode?'],
        [
          group({ strategy: { xyzzy: 1 } }),
          'strategy.xyzzy: unknown key, expected one of mode, on_status_codes, conditions, default, by, sticky, delay, max_extra',
        ],
        [openai({ strategy: { mode: 'single' } }), 'strategy: needs targets to choose from'],
      ],
      'with retry': [
        [openai({ retry: 3 }), 'retry: must be an object, got 3'],
        [openai({ retry: { attempts: 12 } }), `retry.attempts: ${integer(0, 10)}, got 12`],
        [openai({ retry: { attempts: -1 } }), `retry.attempts: ${integer(0, 10)}, got -1`],
        [openai({ retry: { attempts: 1.5 } }), `retry.attempts: ${integer(0, 10)}, got 1.5`],
        [openai({ retry: { attempts: '3' } }), `retry.attempts: ${integer(0, 10)}, got "3"`],
        [openai({ retry: { attempts: Number.NaN } }), `retry.attempts: ${integer(0, 10)}, got NaN`],
        [openai({ retry: { on_status_codes: [600] } }), `retry.on_status_codes[0]: ${STATUS}, got 600`],
        [
          openai({ retry: { use_retry_after_header: 'yes' } }),
          'retry.use_retry_after_header: must be true or false, got "yes"',
        ],
        [openai({ retry: { max_delay: 0 } }), `retry.max_delay: ${DURATION}, got 0`],
        [openai({ retries: 3 }), 'retries: unknown key, did you mean retry.attempts?'],
        [openai({ retry: { attempt: 1 } }), 'retry.attempt: unknown key, did you mean attempts?'],
        [
          { targets: [openai({ retry: { attempts: null } })] },
          `targets[0].retry.attempts: ${integer(0, 10)}, got null`,
        ],
      ],
      'with a timeout': ['connect_timeout', 'first_chunk_timeout', 'idle_timeout', 'request_timeout'].flatMap((key) =>
        [-5, 1.5, 2_147_483_648, Number.NaN, Number.POSITIVE_INFINITY, '60s', true, null, undefined, {}].map(
          (value): [unknown, string] => {
            const got = { undefined: UNSET, string: '"60s"', object: value === null ? 'null' : 'an object' }
            const told = got[typeof value as keyof typeof got] ?? String(value)
            return [openai({ [key]: value }), `${key}: ${integer(0, 2_147_483_647, ' (milliseconds)')}, got ${told}`]
          },
        ),
      ),
      'with a setting': [
        [
          openai({ mid_stream: 'resart' }),
          'mid_stream: unknown value "resart", expected one of continue, restart, error; did you mean "restart"?',
        ],
        [
          openai({ mid_stream: ['continue', 'resart'] }),
          'mid_stream: unknown value "resart", expected one of continue, restart; did you mean "restart"?',
        ],
        ...[
          ['restart', 'continue'],
          ['continue', 'continue'],
          ['continue', 'restart', 'restart'],
        ].map((mid_stream): [unknown, string] => [
          openai({ mid_stream }),
          'mid_stream: must be each rung once, and nothing behind "restart", such as ["continue", "restart"], got an array',
        ]),
        [openai({ tool_calls: 'lazy' }), 'tool_calls: unknown value "lazy", expected one of whole, live'],
        [openai({ finish_reasons: 'eos' }), 'finish_reasons: must be an object, got "eos"'],
        [
          openai({ finish_reasons: { eos: 'end' } }),
          'finish_reasons.eos: unknown value "end", expected one of stop, length, tool_calls, content_filter',
        ],
        [
          openai({ strict_open_ai_compliance: 'false' }),
          'strict_open_ai_compliance: must be true or false, got "false"',
        ],
        [openai({ name: '' }), `name: ${NAME}, got an empty string`],
        [openai({ name: 'a\nb' }), `name: ${NAME}, got "a\\nb"`],
        [openai({ name: 'a'.repeat(101) }), `name: ${NAME}, got a string of 101 characters`],
        [openai({ name: 5 }), 'name: must be a string, got 5'],
        [openai({ override_params: [] }), 'override_params: must be an object, got an array'],
        [
          openai({ override_params: { a: [1, () => 1] } }),
          'override_params.a[1]: must be plain JSON data, got a function',
        ],
        [
          openai({ override_params: { 'a b': { c: 1n } } }),
          'override_params["a b"].c: must be plain JSON data, got a bigint',
        ],
        [openai({ override_params: { a: Number.NaN } }), 'override_params.a: must be plain JSON data, got NaN'],
        [openai({ override_params: { a: new Date() } }), 'override_params.a: must be plain JSON data, got an object'],
        [openai({ override_params: { a: Symbol('x') } }), 'override_params.a: must be plain JSON data, got a symbol'],
        // biome-ignore lint/suspicious/noSparseArray: the hole is the point
        [openai({ override_params: { a: [1, , 2] } }), `override_params.a[1]: must be plain JSON data, got ${UNSET}`],
        [openai({ override_params: { a: undefined } }), `override_params.a: must be plain JSON data, got ${UNSET}`],
        [openai({ override_params: cyclic }), `override_params${'.a'.repeat(64)}: is nested more than 64 levels deep`],
        [openai({ metadata: deep }), `metadata${'.a'.repeat(64)}: is nested more than 64 levels deep`],
        [openai({ metadata: 'x' }), 'metadata: must be an object, got "x"'],
      ],
      'with keys that would reach a prototype': [
        [
          JSON.parse('{"provider":"openai","override_params":{"__proto__":{"x":1}}}'),
          'override_params.__proto__: is not allowed as a key',
        ],
        [
          JSON.parse('{"provider":"openai","metadata":{"a":[{"__proto__":1}]}}'),
          'metadata.a[0].__proto__: is not allowed as a key',
        ],
        [
          JSON.parse('{"__proto__":{"provider":"openai"}}'),
          /^__proto__: unknown key, expected one of strategy, .*\nconfig: needs either/,
        ],
        [JSON.parse('{"provider":"openai","constructor":{}}'), /^constructor: unknown key, expected one of strategy, /],
        [
          JSON.parse('{"provider":"openai","retry":{"__proto__":{"attempts":3}}}'),
          /^retry\.__proto__: unknown key, expected one of attempts, /,
        ],
        [JSON.parse('{"provider":"openai","toString":1}'), /^toString: unknown key, expected one of strategy, /],
      ] as [unknown, string][],
      'with forward_metadata': [
        [openai({ forward_metadata: 'a' }), 'forward_metadata: must be an array of keys of the metadata, got "a"'],
        [openai({ forward_metadata: ['a', 1] }), 'forward_metadata[1]: must be a key of the metadata, got 1'],
      ],
      'with forward_headers': [
        [openai({ forward_headers: 'x-a' }), 'forward_headers: must be an array of header names, got "x-a"'],
        [openai({ forward_headers: ['x-a', 1] }), 'forward_headers[1]: must be the name of a header, got 1'],
        [openai({ forward_headers: ['x a'] }), 'forward_headers[0]: must be the name of a header, got "x a"'],
        [openai({ forward_headers: [''] }), 'forward_headers[0]: must be the name of a header, got an empty string'],
        [openai({ forward_headers: ['a\r\nb'] }), 'forward_headers[0]: must be the name of a header, got "a\\r\\nb"'],
        [openai({ forward_headers: [':path'] }), 'forward_headers[0]: must be the name of a header, got ":path"'],
        ...[
          ...['host', 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'te', 'trailer', 'upgrade'],
          ...['proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'expect'],
          ...['content-type', 'content-encoding', 'accept-encoding'],
        ].map((header): [unknown, string] => [
          openai({ forward_headers: [header.toUpperCase()] }),
          `forward_headers[0]: "${header}" cannot be forwarded, streamgate sets it itself`,
        ]),
      ],
      'with a custom_host': [
        [openai({ custom_host: 5 }), 'custom_host: must be an absolute http:// or https:// URL, got a number'],
        [openai({ custom_host: undefined }), `custom_host: must be an absolute http:// or https:// URL, got ${UNSET}`],
        ...[
          '',
          '/v1',
          'example.com/v1',
          'http:example.com',
          'ftp://example.com',
          'file:///etc/passwd',
          ' http://a',
          'javascript:1',
          '//a',
        ].map((url): [unknown, string] => [
          openai({ custom_host: url }),
          'custom_host: must be an absolute URL that begins with http:// or https://',
        ]),
        ...['http://', 'http://a:99999', 'http://[::1', 'https://%', 'http://[fe80::1%25eth0]/'].map(
          (url): [unknown, string] => [openai({ custom_host: url }), 'custom_host: is not a valid URL'],
        ),
        ...['http://user@a', 'http://:hunter2@a/', 'https://u:hunter2@a/v1'].map((url): [unknown, string] => [
          openai({ custom_host: url }),
          'custom_host: must not contain a user name or password',
        ]),
        ...['http://a?x=1', 'http://a/?', 'http://a/v1#top', 'http://a#'].map((url): [unknown, string] => [
          openai({ custom_host: url }),
          'custom_host: must not contain a query (?) or fragment (#)',
        ]),
        ...['http://a/b c', 'http://a\\b', 'http://a/\n', 'http://ex\tample.com', 'http://ⓛocalhost'].map(
          (url): [unknown, string] => [
            openai({ custom_host: url }),
            'custom_host: must not contain spaces, backslashes or characters outside ASCII',
          ],
        ),
        [openai({ custom_host: `http://a/${'/'.repeat(2048)}` }), 'custom_host: must be at most 2048 characters long'],
      ],
      'with prices': [
        [openai({ prices: 7 }), 'prices: must be an object, got 7'],
        [openai({ prices: { m: { input: 1 } } }), 'prices.m: needs output'],
        [openai({ prices: { m: { input: -1, output: 1 } } }), 'prices.m.input: must be a number of 0 or more, got -1'],
        [
          openai({ prices: { m: { input: 1, output: 1, cached: 1 } } }),
          'prices.m.cached: unknown key cached, expected one of input, output, cached_input, cache_write, cache_write_1h, reasoning, request',
        ],
      ],
      'with several api_keys': [
        [openai({ api_keys: 'a' }), 'api_keys: must be an array, got a string'],
        [openai({ api_keys: [] }), 'api_keys: must not be empty'],
        [openai({ api_keys: [7] }), 'api_keys[0]: must be a string, or an object with a key and a name, got a number'],
        [openai({ api_keys: ['sk abc'] }), `api_keys[0]: ${KEY_CHARACTERS}`],
        [
          openai({ api_keys: [{ name: 'a' }] }),
          'api_keys[0]: must be a string, or an object with a key and a name, got an object',
        ],
        [openai({ api_keys: ['a', { name: '1', key: 'b' }] }), 'api_keys[1].name: is also the name of another key'],
        [openai({ api_key: 'a', api_keys: ['b'] }), 'api_keys: cannot stand beside api_key'],
      ],
      'with an api_key': [
        [openai({ api_key: undefined }), `api_key: must be a string, got ${UNSET}`],
        [openai({ api_key: null }), 'api_key: must be a string, got null'],
        [openai({ api_key: 123456 }), 'api_key: must be a string, got a number'],
        [openai({ api_key: ['a'] }), 'api_key: must be a string, got an array'],
        [openai({ api_key: () => 'a' }), 'api_key: must be a string, got a function'],
        [openai({ api_key: '' }), 'api_key: must not be empty (is an environment variable empty?)'],
        [openai({ api_key: 'sk-abc\n' }), `api_key: ${KEY_CHARACTERS}`],
        [openai({ api_key: 'Bearer sk' }), `api_key: ${KEY_CHARACTERS}`],
        [openai({ api_key: '“sk-abc”' }), `api_key: ${KEY_CHARACTERS}`],
        [group({ api_key: 'a' }), 'api_key: cannot stand beside targets, put it into each target'],
      ],
      'with the fields of a provider': [
        [openai({ aws_region: 'us-east-1' }), 'aws_region: is not a field of openai, only of bedrock'],
        [
          { targets: [{ provider: 'groq', api_version: 'v1' }] },
          'targets[0].api_version: is not a field of groq, only of azure-openai and cohere',
        ],
        ...['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'].flatMap((key): [unknown, string][] => [
          [bedrock({ [key]: 'a b' }), `${key}: ${KEY_CHARACTERS}`],
          [bedrock({ [key]: 42 }), `${key}: must be a string, got a number`],
        ]),
        [azure({ azure_ad_token: '' }), 'azure_ad_token: must not be empty (is an environment variable empty?)'],
        [
          bedrock({ bedrock_api: 'invok' }),
          'bedrock_api: unknown value "invok", expected one of converse, invoke; did you mean "invoke"?',
        ],
        ...['evil.com/', '169.254.169.254/?x=', 'a@b', 'a:1', '-a', 'a.b', 'a#', '..'].flatMap(
          (host): [unknown, string][] => [
            [azure({ resource_name: host }), `resource_name: ${LABEL}, got ${JSON.stringify(host)}`],
            [bedrock({ aws_region: host }), `aws_region: ${LABEL}, got ${JSON.stringify(host)}`],
            [{ provider: 'vertex-ai', vertex_region: host }, `vertex_region: ${LABEL}, got ${JSON.stringify(host)}`],
          ],
        ),
        [azure({ resource_name: undefined }), `resource_name: must be a string, got ${UNSET}`],
        ...['deployment_id', 'api_version', 'base_model'].flatMap((key) =>
          ['', ' a', 'a ', '.', '..', 'a\nb', 'ä'].map((value): [unknown, string] => [
            azure({ [key]: value }),
            `${key}: ${TEXT}, got ${value === '' ? 'an empty string' : JSON.stringify(value)}`,
          ]),
        ),
        [{ provider: 'vertex-ai', vertex_project_id: '..' }, `vertex_project_id: ${TEXT}, got ".."`],
        [{ provider: 'anthropic', anthropic_version: 'a\r\nb: c' }, `anthropic_version: ${TEXT}, got "a\\r\\nb: c"`],
        [{ provider: 'anthropic', anthropic_beta: ['a'] }, 'anthropic_beta: must be a string, got an array'],
        [openai({ openai_organization: 1 }), 'openai_organization: must be a string, got 1'],
        [openai({ openai_project: '' }), `openai_project: ${TEXT}, got an empty string`],
        [{ provider: 'cohere', api_version: 'v3' }, 'api_version: must be v2 or v1 for cohere, got "v3"'],
        [
          { api_version: '2024-10-21', targets: [azure({}), { provider: 'cohere' }] },
          'targets[1].api_version: must be v2 or v1 for cohere, got "2024-10-21" (inherited)',
        ],
      ],
      'with keys that are not ours': [
        [openai({ apiKey: 'x' }), 'apiKey: unknown key, did you mean api_key?'],
        [openai({ ovveride_params: {} }), 'ovveride_params: unknown key, did you mean override_params?'],
        [openai({ custmo_host: 1 }), 'custmo_host: unknown key, did you mean custom_host?'],
        [
          { targets: [openai({ request_timeot: 1 })] },
          'targets[0].request_timeot: unknown key, did you mean request_timeout?',
        ],
        [openai({ model: 'x' }), 'model: unknown key, did you mean override_params.model?'],
        [openai({ base_url: 'x' }), 'base_url: unknown key, did you mean custom_host?'],
        [openai({ timeout: 1 }), 'timeout: unknown key, did you mean request_timeout?'],
        [
          openai({ on_status_codes: [1] }),
          'on_status_codes: unknown key, did you mean retry.on_status_codes or strategy.on_status_codes?',
        ],
        [openai({ virtual_key: 'vk' }), `virtual_key: ${NO_FEATURE}, give provider and api_key instead`],
        ...[
          ...['cache', 'before_request_hooks', 'after_request_hooks', 'input_guardrails', 'output_guardrails'],
          ...['default_input_guardrails', 'default_output_guardrails', 'guardrails', 'prompt_id', 'mcp_servers'],
        ].flatMap((key): [unknown, string][] => [
          [openai({ [key]: {} }), `${key}: ${NO_FEATURE}`],
          [{ targets: [openai({ [key]: undefined })] }, `targets[0].${key}: ${NO_FEATURE}`],
        ]),
      ],
    }
    for (const [subject, rows] of Object.entries(TABLE)) {
      it(`explains what is wrong ${subject}`, () => {
        for (const [json, message] of rows) {
          const actual = messageOf(json)
          if ((message as unknown) instanceof RegExp) assert.match(actual, message as unknown as RegExp)
          else assert.equal(actual, message)
        }
      })
    }

    it('lists all known keys for a key that resembles none', () => {
      assert.match(
        messageOf(openai({ xyzzy: 1 })),
        /^xyzzy: unknown key, expected one of strategy, targets, provider, .*, openai_project$/,
      )
    })

    it('cuts a key that is far too long', () => {
      assert.match(
        messageOf(openai({ ['a'.repeat(5000)]: 1 })),
        /^\["a{40}…"\]: unknown key, expected one of strategy, /,
      )
    })

    it('lists every problem, each on a line of its own', () => {
      const json = {
        retry: { attempts: 99, nope: 1 },
        cache: {},
        targets: [openai({ provider: 'x', idle_timeout: -1 }), { weight: -1, provider: 'groq', aws_region: 'a' }, {}],
      }
      assert.deepEqual(
        messageOf(json)
          .split('\n')
          .map((line) => line.slice(0, line.indexOf(':'))),
        [
          'retry.attempts',
          'retry.nope',
          'cache',
          'targets[0].idle_timeout',
          'targets[0].provider',
          'targets[1].weight',
          'targets[1].aws_region',
          'targets[2]',
        ],
      )
    })

    it('is printed with every problem once', () => {
      const error = new ConfigError([{ path: 'targets', message: 'must not be empty' }])
      assert.equal(inspect(error).split('must not be empty').length, 2)
    })

    it(`stops at ${MAX_PROBLEMS} problems`, () => {
      const json = openai(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`key${i}`, i])))
      assert.equal(messageOf(json).split('\n').length, MAX_PROBLEMS)
    })

    it('leaves no mark on Object.prototype', () => {
      const hostile = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
      const json = `{"provider":"openai","metadata":${hostile},"override_params":${hostile},"retry":${hostile}}`
      messageOf(JSON.parse(json))
      assert.equal(({} as Record<string, unknown>).polluted, undefined)
      const { settings } = targetOf(
        JSON.parse('{"provider":"openai","metadata":{"constructor":{"prototype":{"polluted":1}}}}'),
      )
      assert.deepEqual(Object.keys(settings.metadata), ['constructor'])
      assert.equal(({} as Record<string, unknown>).polluted, undefined)
    })

    it('never shows the value of a key, even one that stands in the wrong place', () => {
      const places = ['provider', 'name', 'custom_host', 'weight', 'mid_stream', 'tool_calls', 'retry', 'metadata']
      const secrets = ['api_key', 'azure_ad_token', 'aws_access_key_id', 'aws_secret_access_key', 'aws_session_token']
      const others = [
        'strategy',
        'targets',
        'idle_timeout',
        'forward_headers',
        'resource_name',
        'api_version',
        'bedrock_api',
        'nope',
      ]
      const tail = fc.stringMatching(/^[A-Za-z0-9]{12,60}$/)
      const key = fc.oneof(
        fc
          .tuple(fc.constantFrom('sk-', 'sk-proj-', 'gsk_', 'AKIA', 'AIza', 'ABSK', 'eyJ', 'Bearer ', 'xai-'), tail)
          .map((parts) => parts.join('')),
        fc.stringMatching(/^[A-Za-z0-9]{32,64}$/),
      )
      fc.assert(
        fc.property(
          key,
          fc.constantFrom(...places, ...secrets, ...others),
          fc.constantFrom('', '\n', ' x', '"', '\\'),
          (value, at, end) => {
            for (const json of [
              openai({ [at]: value + end }),
              { [at]: value + end },
              openai({ [at]: [value + end] }),
            ]) {
              const message = messageOf(json)
              assert.ok(!message.includes(value), message)
            }
          },
        ),
      )
      fc.assert(
        fc.property(fc.stringMatching(/^[a-z0-9]{6,20}$/), fc.constantFrom(...secrets), (value, at) => {
          for (const end of ['\n', ' ', 'é'])
            assert.ok(!messageOf({ provider: 'bedrock', [at]: value + end }).includes(value))
        }),
      )
      assert.equal(
        messageOf({ provider: 'sk-abc' }),
        `provider: unknown provider something that looks like a key, expected one of ${fakeNames}`,
      )
      assert.match(messageOf(openai({ 'sk-abcdef': 1 })), /^\[something that looks like a key\]: unknown key/)
    })

    it('answers any JSON with a frozen route or a ConfigError', () => {
      const keys = [
        'provider',
        'targets',
        'retry',
        'strategy',
        'weight',
        'metadata',
        'api_key',
        '__proto__',
        'mode',
        'attempts',
        'conditions',
        'query',
        '$and',
        'cb_config',
        'commit_after',
      ]
      const { value } = fc.letrec((tie) => ({
        value: fc.oneof(
          { maxDepth: 6 },
          fc.constantFrom('openai', 'fallback', 'conditional', 'loadbalance', 1, null, true),
          fc.jsonValue(),
          tie('array'),
          tie('object'),
        ),
        array: fc.array(tie('value'), { maxLength: 3 }),
        object: fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 5 }),
      }))
      fc.assert(
        fc.property(value, (json) => {
          const message = messageOf(json)
          for (const line of message.split('\n')) assert.match(line, /^no error$|^[^ ].*?: \S/)
        }),
        { numRuns: 500 },
      )
    })
  })
})
