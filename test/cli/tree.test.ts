import assert from 'node:assert/strict'
import { treeOf } from '../../lib/cli/check/tree.ts'
import { parseConfig } from '../../lib/config.ts'

/** The line of a tree that begins with this label; undefined if there is none. */
function told(config: object, label: string): string | undefined {
  const lines = treeOf(parseConfig({ provider: 'openai', ...config }), () => 'somewhere')
  return lines.find((line) => line.trim().startsWith(label))?.trim()
}

describe("a config's tree", () => {
  for (const [title, config, label, expected] of [
    ['a key of its own', { api_key: 'k' }, 'key', 'key          of the config'],
    [
      'an Entra token',
      { provider: 'azure-openai', azure_ad_token: 'token', resource_name: 'r' },
      'key',
      'key          azure_ad_token of the config',
    ],
    [
      'AWS keys',
      { provider: 'bedrock', aws_access_key_id: 'id', aws_secret_access_key: 'secret' },
      'key',
      'key          AWS keys of the config',
    ],
    [
      "AWS's default chain",
      { provider: 'bedrock' },
      'key',
      "key          what AWS's default chain finds here, else the client's token",
    ],
    [
      'a deployment',
      { provider: 'azure-openai', resource_name: 'r', deployment_id: 'mine' },
      'model',
      'model        mine',
    ],
    ['what goes past the translations', {}, 'as written', 'as written   Responses'],
    ['the same of Claude', { provider: 'anthropic' }, 'as written', 'as written   Messages'],
    [
      'a parameter that only a translation knows',
      { provider: 'anthropic', override_params: { reasoning_effort: 'low' } },
      'as written',
      undefined,
    ],
    ['an API that is not to be asked', { openai_api: 'chat' }, 'as written', undefined],
    ['a provider that speaks its own', { provider: 'google' }, 'as written', undefined],
    [
      "a model that is no Claude's",
      {
        provider: 'vertex-ai',
        vertex_project_id: 'p',
        vertex_region: 'r',
        override_params: { model: 'gemini-2.5-pro' },
      },
      'as written',
      undefined,
    ],
    ['no retries', {}, 'retries', undefined],
    [
      'retries that do not wait as told',
      { retry: { attempts: 1, on_status_codes: [429], use_retry_after_header: false } },
      'retries',
      'retries      1 on 429 and failures of the stream',
    ],
    [
      'all timeouts',
      {
        connect_timeout: 1500,
        first_chunk_timeout: 999,
        idle_timeout: 60_000,
        request_timeout: 61_000,
        min_chunk_rate: { characters_per_second: 5 },
      },
      'timeouts',
      'timeouts     connect 1.5 s, first content 999 ms, silence 1 min, whole attempt 61 s, ' +
        'below 5 characters a second over 5 s',
    ],
    [
      'a breaker by share',
      { cb_config: { failure_threshold_percentage: 12.5 } },
      'breaker',
      'breaker      opens after 12.5 % failures of 10 or more requests within 1 min, for 30 s',
    ],
    [
      'a breaker by number or share',
      { cb_config: { failure_threshold: 3, failure_threshold_percentage: 50, minimum_requests: 4 } },
      'breaker',
      'breaker      opens after 3 failures or 50 % failures of 4 or more requests within 1 min, for 30 s',
    ],
    ['a budget of no retries', { retry_budget: 0 }, 'attempts', 'attempts     at most 1'],
    [
      'an answer that is held back',
      { commit_after: { chunks: 3, ms: 200, bytes: 1000 } },
      'held back',
      'held back    3 chunks or 200 ms or 1000 bytes',
    ],
    [
      'heartbeats',
      { keep_alive: 5000, keep_alive_before_commit: true },
      'keep-alive',
      'keep-alive   5 s, before the first content too',
    ],
    ['heartbeats after the first content', { keep_alive: 5000 }, 'keep-alive', 'keep-alive   5 s'],
    ['nothing of the request, if nothing is set', { keep_alive: 0 }, 'for the request', undefined],
  ] as const) {
    it(`tells ${title}`, () => {
      assert.equal(told(config, label), expected)
    })
  }

  for (const [strategy, first] of [
    [{ mode: 'single' }, 'single: the first'],
    [
      { mode: 'hedge' },
      'hedge: the second beside the first after the p95 of its times, for 5 % of the requests at most',
    ],
    [{ mode: 'loadbalance' }, 'loadbalance: by weight, the others as fallbacks'],
  ] as const) {
    it(`tells what ${strategy.mode} does`, () => {
      const targets = [{ provider: 'openai' }, { provider: 'groq' }]
      assert.equal(treeOf(parseConfig({ strategy, targets }), () => 'somewhere')[0], first)
    })
  }
})
