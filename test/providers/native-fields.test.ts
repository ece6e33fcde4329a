import assert from 'node:assert/strict'
import { providers } from '../../lib/providers/index.ts'
import { mergedFields, namedField, nativeFields } from '../../lib/providers/native-fields.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { ProviderFields } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

type Json = Record<string, unknown>

const FIELDS: ProviderFields = { aws_region: 'us-east-1', vertex_project_id: 'p' }

async function sent(provider: string, model: string, request: Json, fields: ProviderFields = {}) {
  const endpoint = {
    apiKey: 'k',
    customHost: undefined,
    fields: { ...FIELDS, ...fields },
    strict: true,
    fetchMedia: noMedia,
  }
  const given = { model, messages: [{ role: 'user', content: 'Hi' }], ...request } as unknown as ChatRequest
  const encoded = await providers[provider]?.encode(given, endpoint)
  return { body: JSON.parse(encoded?.body ?? '') as Json, dropped: encoded?.dropped, headers: encoded?.headers ?? {} }
}

const SONNET = 'claude-sonnet-4-5'
const CLAUDE = 'anthropic.claude-sonnet-4-5-v1:0'
const GEMINI = 'gemini-2.5-flash'
const COMMAND = 'command-a-03-2025'
const thinking = { type: 'enabled', budget_tokens: 2000 }
const guardrail = { guardrailIdentifier: 'g', guardrailVersion: '1', trace: 'enabled' }

describe("a provider's own fields", () => {
  const rows: [provider: string, model: string, given: Json, expected: Json, fields?: ProviderFields][] = [
    ['anthropic', SONNET, { thinking }, { thinking }],
    [
      'anthropic',
      SONNET,
      { thinking, reasoning_effort: 'high', temperature: 0.5 },
      { thinking, temperature: undefined },
    ],
    ['anthropic', SONNET, { thinking: { type: 'disabled' }, temperature: 0.5 }, { temperature: 0.5 }],
    ['anthropic', SONNET, { context_management: { edits: [] } }, { context_management: { edits: [] } }],
    [
      'anthropic',
      SONNET,
      { container: 'c', mcp_servers: [{}], speed: 'fast' },
      { container: 'c', mcp_servers: [{}], speed: 'fast' },
    ],
    ['anthropic', SONNET, { cache_control: { type: 'ephemeral' } }, { cache_control: { type: 'ephemeral' } }],
    ['anthropic', 'claude-opus-5', { output_config: { effort: 'low' } }, { output_config: { effort: 'low' } }],
    ['vertex-ai', SONNET, { thinking }, { thinking }],
    ['bedrock', CLAUDE, { thinking }, { additionalModelRequestFields: { thinking } }],
    [
      'bedrock',
      CLAUDE,
      { context_management: { edits: [] } },
      { additionalModelRequestFields: { context_management: { edits: [] } } },
    ],
    ['bedrock', CLAUDE, { thinking }, { thinking }, { bedrock_api: 'invoke' }],
    ['bedrock', 'amazon.nova-pro-v1:0', { guardrailConfig: guardrail }, { guardrailConfig: guardrail }],
    ['bedrock', 'amazon.nova-pro-v1:0', { guardrail_config: guardrail }, { guardrailConfig: guardrail }],
    [
      'bedrock',
      'amazon.nova-pro-v1:0',
      { performanceConfig: { latency: 'optimized' } },
      { performanceConfig: { latency: 'optimized' } },
    ],
    [
      'bedrock',
      'amazon.nova-pro-v1:0',
      { top_k: 5, additionalModelRequestFields: { inferenceConfig: { x: 1 }, y: 2 }, inferenceConfig: { topP: 0.5 } },
      { additionalModelRequestFields: { inferenceConfig: { topK: 5, x: 1 }, y: 2 }, inferenceConfig: { topP: 0.5 } },
    ],
    [
      'bedrock',
      'amazon.nova-pro-v1:0',
      { promptVariables: { a: { text: 'b' } } },
      { promptVariables: { a: { text: 'b' } } },
    ],
    ['google', GEMINI, { safetySettings: [{ category: 'c' }] }, { safetySettings: [{ category: 'c' }] }],
    ['google', GEMINI, { safety_settings: [{ category: 'c' }] }, { safetySettings: [{ category: 'c' }] }],
    [
      'google',
      GEMINI,
      { temperature: 0.5, generationConfig: { mediaResolution: 'LOW', topK: 3 } },
      { generationConfig: { temperature: 0.5, mediaResolution: 'LOW', topK: 3 } },
    ],
    [
      'google',
      GEMINI,
      { reasoning_effort: 'high', generation_config: { thinking_config: { thinking_level: 'low' } } },
      { generationConfig: { thinkingConfig: { thinkingLevel: 'low' } } },
    ],
    [
      'google',
      GEMINI,
      { extra_body: { google: { thinking_config: { thinking_budget: 1 }, cached_content: 'c' } } },
      { generationConfig: { thinkingConfig: { thinkingBudget: 1 } }, cachedContent: 'c' },
    ],
    [
      'vertex-ai',
      GEMINI,
      { labels: { a: 'b' }, modelArmorConfig: { a: 1 } },
      { labels: { a: 'b' }, modelArmorConfig: { a: 1 } },
    ],
    ['google', GEMINI, { toolConfig: { retrieval_config: { a: 1 } } }, { toolConfig: { retrievalConfig: { a: 1 } } }],
    [
      'cohere',
      COMMAND,
      { thinking: { type: 'disabled' }, priority: 1, k: 3, p: 0.5 },
      { thinking: { type: 'disabled' }, priority: 1, k: 3, p: 0.5 },
    ],
    [
      'cohere',
      COMMAND,
      { connectors: [{ id: 'web-search' }], prompt_truncation: 'AUTO' },
      { connectors: [{ id: 'web-search' }], prompt_truncation: 'AUTO' },
      { api_version: 'v1' },
    ],
  ]
  for (const [provider, model, given, expected, fields] of rows) {
    it(`pass: ${Object.keys(given).join()} to ${provider}${fields ? ` (${Object.values(fields)})` : ''}`, async () => {
      const { body, dropped } = await sent(provider, model, given, fields)
      const own = Object.fromEntries(Object.keys(expected).map((name) => [name, body[name]]))
      assert.deepEqual(own, expected)
      const asked = new Set(Object.keys(given))
      assert.deepEqual(
        dropped?.filter((name) => asked.has(name) && !['temperature', 'reasoning_effort'].includes(name)),
        [],
      )
    })
  }

  it('of Converse go into headers where a model is invoked', async () => {
    const given = { guardrailConfig: guardrail, performanceConfig: { latency: 'optimized' } }
    const { headers, dropped } = await sent('bedrock', CLAUDE, given, { bedrock_api: 'invoke' })
    assert.deepEqual(
      Object.entries(headers).filter(([name]) => name.startsWith('x-amzn-bedrock')),
      [
        ['x-amzn-bedrock-guardrailidentifier', 'g'],
        ['x-amzn-bedrock-guardrailversion', '1'],
        ['x-amzn-bedrock-trace', 'ENABLED'],
        ['x-amzn-bedrock-performanceconfig-latency', 'optimized'],
      ],
    )
    assert.deepEqual(dropped, [])
    const hostile = { guardrailConfig: { guardrailIdentifier: 'g\r\nx: y' } }
    assert.equal(
      (await sent('bedrock', CLAUDE, hostile, { bedrock_api: 'invoke' })).headers['x-amzn-bedrock-guardrailidentifier'],
      undefined,
    )
  })

  const strangers: [provider: string, model: string, name: string, value: unknown][] = [
    ['anthropic', SONNET, 'generationConfig', {}],
    ['google', GEMINI, 'thinking', thinking],
    ['google', GEMINI, 'extra_body', { openai: {} }],
    ['bedrock', 'amazon.nova-pro-v1:0', 'safetySettings', []],
    ['cohere', COMMAND, 'guardrailConfig', {}],
  ]
  for (const [provider, model, name, value] of strangers) {
    it(`are named where they are another's: ${name} of ${provider}`, async () => {
      const { body, dropped } = await sent(provider, model, { [name]: value })
      assert.equal(body[name], undefined)
      assert.deepEqual(dropped, [name])
    })
  }
})

describe('fields of a request', () => {
  const request = { model: 'm', messages: [], a: 1, b: null, c: { x: 1 }, d: { y: 2 } } as unknown as ChatRequest
  it('are taken by their names', () => assert.deepEqual(nativeFields(request, ['a', 'b', 'z']), { a: 1 }))
  it('are joined from several names if they are objects', () => {
    assert.deepEqual(namedField(request, 'c', 'd'), { x: 1, y: 2 })
    assert.equal(namedField(request, 'a', 'c'), 1)
    assert.equal(namedField(request, 'z', 'b'), undefined)
  })
  it('are joined with ours, object in object', () => {
    assert.deepEqual(mergedFields({ a: { b: 1, c: 2 }, d: 3 }, { a: { c: 4 }, d: { e: 5 }, f: 6 }), {
      a: { b: 1, c: 4 },
      d: { e: 5 },
      f: 6,
    })
    assert.deepEqual(mergedFields({ a: 1 }, undefined), { a: 1 })
  })
})
