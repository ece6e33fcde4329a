import assert from 'node:assert/strict'
import { DEFAULT_CONTINUE_INSTRUCTION } from '../../lib/config/settings.ts'
import { ConfigError } from '../../lib/config.ts'
import { fakes } from './fake-providers.ts'
import { resolveConfig } from './json-schema.ts'

const openai = (more: object = {}) => ({ provider: 'openai', ...more })

function messageOf(json: unknown): string {
  try {
    resolveConfig(json, fakes)
  } catch (error) {
    assert.ok(error instanceof ConfigError, `a ConfigError and not ${error}`)
    return error.message
  }
  return 'no error'
}

function settingsOf(json: unknown) {
  const { route } = resolveConfig(json, fakes)
  assert.equal(route.kind, 'target')
  return route.settings
}

const MAX = 2_147_483_647
const integer = (from: number, to = MAX, unit = '') => `must be an integer from ${from} to ${to}${unit}`
const DURATION = integer(1, MAX, ' (milliseconds)')

describe('the settings of a whole request', () => {
  it('have these defaults', () => {
    assert.deepEqual(resolveConfig(openai(), fakes).request, {
      totalTimeout: undefined,
      retryBudget: undefined,
      modelRouting: false,
      commitAfter: undefined,
      keepAlive: 15_000,
      keepAliveBeforeCommit: false,
      coalesce: undefined,
      logChunks: false,
    })
  })

  it('have no keep-alive with 0, nor deadlines', () => {
    const off = { keep_alive: 0, connect_timeout: 0, first_chunk_timeout: 0, idle_timeout: 0, request_timeout: 0 }
    assert.equal(resolveConfig(openai(off), fakes).request.keepAlive, undefined)
    const { connectTimeout, firstChunkTimeout, idleTimeout, requestTimeout } = settingsOf(openai(off))
    assert.deepEqual([connectTimeout, firstChunkTimeout, idleTimeout, requestTimeout], Array(4).fill(undefined))
  })

  it('stand at the top, of a target as of a group', () => {
    const given = {
      total_timeout: 60_000,
      retry_budget: 0,
      model_routing: true,
      commit_after: { chunks: 1, ms: 2, bytes: 3 },
      keep_alive: 15_000,
      keep_alive_before_commit: true,
      coalesce: { ms: 40 },
      log_chunks: true,
    }
    const request = {
      totalTimeout: 60_000,
      retryBudget: 0,
      modelRouting: true,
      commitAfter: { chunks: 1, ms: 2, bytes: 3 },
      keepAlive: 15_000,
      keepAliveBeforeCommit: true,
      coalesce: { ms: 40, chars: 16_384 },
      logChunks: true,
    }
    assert.deepEqual(resolveConfig(openai(given), fakes).request, request)
    assert.deepEqual(resolveConfig({ ...given, targets: [openai()] }, fakes).request, request)
  })

  it('may hold an answer back by one bound alone', () => {
    for (const commitAfter of [{ chunks: 5 }, { ms: 200 }, { bytes: 1000 }]) {
      assert.deepEqual(resolveConfig(openai({ commit_after: commitAfter }), fakes).request.commitAfter, commitAfter)
    }
  })

  it('join text for a bounded time, up to a bounded length', () => {
    const joined = (coalesce: unknown) => resolveConfig(openai({ coalesce }), fakes).request.coalesce
    assert.deepEqual(joined({ chars: 20 }), { ms: 100, chars: 20 })
    assert.deepEqual(joined({ ms: 5, chars: 1_000_000 }), { ms: 5, chars: 16_384 })
  })

  it('may say that nothing keeps the connection alive before the commit', () => {
    assert.equal(resolveConfig(openai({ keep_alive_before_commit: false }), fakes).request.keepAliveBeforeCommit, false)
  })

  const KEYS = [
    'total_timeout',
    'retry_budget',
    'commit_after',
    'keep_alive',
    'keep_alive_before_commit',
    'coalesce',
    'log_chunks',
  ]
  const WRONG: [json: unknown, message: string][] = [
    ...KEYS.flatMap((key): [unknown, string][] => [
      [
        { targets: [openai({ [key]: 1 })] },
        `targets[0].${key}: is for the whole request, it belongs at the top of the config`,
      ],
      [
        { targets: [{ [key]: 1, targets: [openai()] }] },
        `targets[0].${key}: is for the whole request, it belongs at the top of the config`,
      ],
      [openai({ retry: { [key]: 1 } }), `retry.${key}: is for the whole request, it belongs at the top of the config`],
    ]),
    [openai({ total_timeot: 1 }), 'total_timeot: unknown key, did you mean total_timeout?'],
    [openai({ total_timeout: 0 }), `total_timeout: ${DURATION}, got 0`],
    [openai({ retry_budget: 101 }), `retry_budget: ${integer(0, 100)}, got 101`],
    [openai({ retry_budget: -1 }), `retry_budget: ${integer(0, 100)}, got -1`],
    [openai({ retry_budget: 1.5 }), `retry_budget: ${integer(0, 100)}, got 1.5`],
    [openai({ commit_after: {} }), 'commit_after: needs chunks or ms or bytes'],
    [openai({ commit_after: 200 }), 'commit_after: must be an object, got 200'],
    [openai({ commit_after: { chunks: 0 } }), `commit_after.chunks: ${integer(1)}, got 0`],
    [openai({ commit_after: { bytes: 1.5 } }), `commit_after.bytes: ${integer(1)}, got 1.5`],
    [openai({ commit_after: { ms: '5' } }), `commit_after.ms: ${DURATION}, got "5"`],
    [
      openai({ commit_after: { milliseconds: 5, chunks: 1 } }),
      'commit_after.milliseconds: unknown key, expected one of chunks, ms, bytes',
    ],
    [openai({ coalesce: {} }), 'coalesce: needs ms or chars'],
    [openai({ coalesce: { ms: 0 } }), `coalesce.ms: ${DURATION}, got 0`],
    [openai({ coalesce: { chars: 1.5 } }), `coalesce.chars: ${integer(1)}, got 1.5`],
    [openai({ log_chunks: 'text' }), 'log_chunks: must be true or false, got "text"'],
    [openai({ keep_alive: '15s' }), `keep_alive: ${integer(0, MAX, ' (milliseconds)')}, got "15s"`],
    [openai({ keep_alive_before_commit: true }), 'keep_alive_before_commit: needs keep_alive'],
    [
      openai({ keep_alive_before_commit: true, keep_alive: -1 }),
      `keep_alive: ${integer(0, MAX, ' (milliseconds)')}, got -1`,
    ],
    [
      openai({ keep_alive: 5, keep_alive_before_commit: 'yes' }),
      'keep_alive_before_commit: must be true or false, got "yes"',
    ],
  ]
  it('have each mistake explained', () => {
    for (const [json, message] of WRONG) assert.equal(messageOf(json), message)
  })
})

describe('the settings of a target', () => {
  it('measure a rate over five seconds unless told', () => {
    const rate = { charactersPerSecond: 20, window: 5000 }
    assert.deepEqual(settingsOf(openai({ min_chunk_rate: { characters_per_second: 20 } })).minChunkRate, rate)
  })

  const BREAKERS: [string, object, object][] = [
    ['after a number of failures', { failure_threshold: 3 }, { failureThreshold: 3 }],
    ['by a share of ten requests', { failure_threshold_percentage: 30 }, { failureShare: 0.3, minimumRequests: 10 }],
    [
      'by a share of as many requests as told',
      { failure_threshold_percentage: 100, minimum_requests: 2 },
      { failureShare: 1, minimumRequests: 2 },
    ],
    [
      'by both',
      { failure_threshold: 3, failure_threshold_percentage: 12.5 },
      { failureThreshold: 3, failureShare: 0.125, minimumRequests: 10 },
    ],
    [
      'as told in all ways',
      { failure_threshold: 1, interval: 2, cooldown_interval: 3, minimum_requests: 4, failure_status_codes: [418] },
      { failureThreshold: 1, interval: 2, cooldown: 3, minimumRequests: 4, failureStatusCodes: [418] },
    ],
  ]
  for (const [how, config, breaker] of BREAKERS) {
    it(`may have a breaker that opens ${how}`, () => {
      assert.deepEqual(settingsOf(openai({ cb_config: config })).breaker, {
        failureThreshold: undefined,
        failureShare: undefined,
        interval: 60_000,
        cooldown: 30_000,
        minimumRequests: 1,
        failureStatusCodes: [429, 500, 502, 503, 504, 529],
        ...breaker,
      })
    })
  }

  it('inherit a breaker and a rate as a whole, not key by key', () => {
    const { route } = resolveConfig(
      {
        cb_config: { failure_threshold: 1, interval: 5 },
        min_chunk_rate: { characters_per_second: 1, window: 5 },
        targets: [
          openai({ cb_config: { failure_threshold_percentage: 50 }, min_chunk_rate: { characters_per_second: 2 } }),
        ],
      },
      fakes,
    )
    const [target] = route.kind === 'group' ? route.routes : []
    assert.equal(target?.kind, 'target')
    assert.equal(target.settings.breaker?.failureThreshold, undefined)
    assert.equal(target.settings.breaker?.interval, 60_000)
    assert.deepEqual(target.settings.minChunkRate, { charactersPerSecond: 2, window: 5000 })
  })

  it('ask for a continuation without naming a language or a manner', () => {
    assert.ok(DEFAULT_CONTINUE_INSTRUCTION.length <= 2000)
    assert.match(DEFAULT_CONTINUE_INSTRUCTION, /last .*words, repeated exactly/)
    assert.match(DEFAULT_CONTINUE_INSTRUCTION, /Keep to the language/)
    assert.equal(
      settingsOf(openai({ continue_instruction: DEFAULT_CONTINUE_INSTRUCTION })).continueInstruction,
      settingsOf(openai()).continueInstruction,
    )
  })

  const STATUS = integer(201, 599, ' (an HTTP status that is a failure)')
  const breaker = (more: object) => openai({ cb_config: { failure_threshold: 1, ...more } })
  const rate = (more: object) => openai({ min_chunk_rate: { characters_per_second: 1, ...more } })
  const WRONG: [json: unknown, message: string][] = [
    [openai({ cb_config: {} }), 'cb_config: needs failure_threshold or failure_threshold_percentage'],
    [openai({ cb_config: { interval: 5 } }), 'cb_config: needs failure_threshold or failure_threshold_percentage'],
    [openai({ cb_config: true }), 'cb_config: must be an object, got true'],
    [breaker({ failure_threshold: 0 }), `cb_config.failure_threshold: ${integer(1)}, got 0`],
    [
      breaker({ failure_threshold_percentage: 0.5 }),
      'cb_config.failure_threshold_percentage: must be a number from 1 to 100, got 0.5',
    ],
    [
      breaker({ failure_threshold_percentage: 101 }),
      'cb_config.failure_threshold_percentage: must be a number from 1 to 100, got 101',
    ],
    [breaker({ interval: 0 }), `cb_config.interval: ${DURATION}, got 0`],
    [breaker({ cooldown_interval: '30s' }), `cb_config.cooldown_interval: ${DURATION}, got "30s"`],
    [breaker({ cooldown: 5 }), 'cb_config.cooldown: unknown key, did you mean cooldown_interval?'],
    [breaker({ minimum_requests: 0 }), `cb_config.minimum_requests: ${integer(1)}, got 0`],
    [breaker({ failure_status_codes: [200] }), `cb_config.failure_status_codes[0]: ${STATUS}, got 200`],
    [rate({ characters_per_second: 0 }), 'min_chunk_rate.characters_per_second: must be a number above 0, got 0'],
    [rate({ characters_per_second: '5' }), 'min_chunk_rate.characters_per_second: must be a number above 0, got "5"'],
    [rate({ window: 0 }), `min_chunk_rate.window: ${DURATION}, got 0`],
    [openai({ min_chunk_rate: { window: 5 } }), 'min_chunk_rate: needs characters_per_second'],
    [openai({ min_chunk_rate: 5 }), 'min_chunk_rate: must be an object, got 5'],
    [openai({ prefill: 'yes' }), 'prefill: must be true or false, got "yes"'],
    [openai({ continue_instruction: '' }), 'continue_instruction: must not be empty'],
    [openai({ continue_instruction: ' \n' }), 'continue_instruction: must not be empty'],
    [openai({ continue_instruction: 'a'.repeat(2001) }), 'continue_instruction: must be at most 2000 characters long'],
    [openai({ continue_instruction: ['a'] }), 'continue_instruction: must be a string, got an array'],
  ]
  it('have each mistake explained', () => {
    for (const [json, message] of WRONG) assert.equal(messageOf(json), message)
  })
})
