import assert from 'node:assert/strict'
import { parseRequest } from '../../lib/dialects/chat-completions/request.ts'
import { RequestError } from '../../lib/errors.ts'
import { providers } from '../../lib/providers/index.ts'
import type { ProviderFields } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

type Json = Record<string, unknown>

async function sent(provider: string, model: string, request: Json, fields: ProviderFields = {}) {
  const endpoint = {
    ...{ apiKey: 'k', customHost: undefined, strict: true, fetchMedia: noMedia },
    fields: { aws_region: 'us-east-1', vertex_project_id: 'p', ...fields },
  }
  const { request: given } = parseRequest({ model, messages: [{ role: 'user', content: 'Hi' }], ...request })
  const encoded = await providers[provider]?.encode(given, endpoint)
  return JSON.parse(encoded?.body ?? '') as Json
}

const SONNET = 'claude-sonnet-4-5'
const CLAUDE = 'anthropic.claude-sonnet-4-5-v1:0'
const NOVA = 'amazon.nova-2-lite-v1:0'
const bash = { type: 'bash_20250124', name: 'bash' }
const fetched = { type: 'web_fetch_20250910', name: 'web_fetch', max_uses: 2 }
const search = { type: 'web_search_20250305', name: 'web_search' }
const f = { type: 'function', function: { name: 'f' } }

describe("a provider's own tools", () => {
  const rows: [provider: string, model: string, tools: Json[], expected: Json, fields?: ProviderFields][] = [
    ['anthropic', SONNET, [bash, fetched], { tools: [bash, fetched] }],
    ['anthropic', SONNET, [{ type: 'web_search' }], { tools: [search] }],
    [
      'anthropic',
      SONNET,
      [{ type: 'web_search_preview', user_location: { type: 'approximate', city: 'Rome' } }],
      { tools: [{ ...search, user_location: { type: 'approximate', city: 'Rome' } }] },
    ],
    ['vertex-ai', SONNET, [search], { tools: [search] }],
    ['bedrock', CLAUDE, [bash], { additionalModelRequestFields: { tools: [bash] }, toolConfig: undefined }],
    ['bedrock', CLAUDE, [bash], { tools: [bash] }, { bedrock_api: 'invoke' }],
    [
      'bedrock',
      NOVA,
      [{ type: 'nova_grounding' }],
      { toolConfig: { tools: [{ systemTool: { name: 'nova_grounding' } }] } },
    ],
    ['google', 'gemini-2.5-flash', [{ type: 'google_search' }], { tools: [{ googleSearch: {} }] }],
    [
      'google',
      'gemini-2.5-flash',
      [{ googleSearch: { timeRangeFilter: {} } }],
      { tools: [{ googleSearch: { timeRangeFilter: {} } }] },
    ],
    [
      'vertex-ai',
      'gemini-2.5-flash',
      [{ type: 'url_context' }, { type: 'code_execution' }, { type: 'web_search', search_context_size: 'low' }],
      { tools: [{ urlContext: {} }, { codeExecution: {} }, { googleSearch: {} }] },
    ],
    [
      'google',
      'gemini-3-pro',
      [{ type: 'google_maps' }, f],
      {
        tools: [{ googleMaps: {} }, { functionDeclarations: [{ name: 'f' }] }],
        toolConfig: { functionCallingConfig: { mode: 'VALIDATED' }, includeServerSideToolInvocations: true },
      },
    ],
  ]
  for (const [provider, model, tools, expected, fields] of rows) {
    it(`pass: ${tools.map((tool) => tool.type ?? Object.keys(tool)).join()} to ${model} of ${provider}`, async () => {
      const body = await sent(provider, model, { tools }, fields)
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, body[name]])), expected)
    })
  }

  const refused: [provider: string, model: string, tools: Json[]][] = [
    ['anthropic', SONNET, [{ type: 'code_interpreter', container: { type: 'auto' } }]],
    ['anthropic', SONNET, [{ type: 'google_search' }]],
    ['bedrock', CLAUDE, [search]],
    ['bedrock', CLAUDE, [{ type: 'web_search' }]],
    ['bedrock', NOVA, [bash]],
    ['bedrock', 'qwen.qwen3-32b-v1:0', [{ type: 'nova_grounding' }]],
    ['google', 'gemini-3-pro', [{ type: 'browser_search' }]],
    ['google', 'gemini-2.5-flash', [{ type: 'google_search' }, f]],
    ['cohere', 'command-a-03-2025', [{ type: 'web_search' }]],
  ]
  for (const [provider, model, tools] of refused) {
    it(`fail a target that has none: ${tools[0]?.type} at ${model} of ${provider}`, async () => {
      await assert.rejects(
        sent(provider, model, { tools }),
        (error) => error instanceof RequestError && error.api.status === 400 && error.api.param === 'tools',
      )
    })
  }

  it('leave their names to no function', async () => {
    const named = (name: string) => ({ type: 'function', function: { name } })
    const { tools } = await sent('anthropic', SONNET, {
      tools: [named('web_search'), named('bash'), bash],
      web_search_options: {},
    })
    assert.deepEqual(
      (tools as Json[]).map(({ name }) => name),
      ['web_search_2', 'bash_2', 'bash', 'web_search'],
    )
  })

  it('are asked for once', async () => {
    const { tools } = await sent('anthropic', SONNET, { tools: [search], web_search_options: {} })
    assert.deepEqual(tools, [search])
    const google = await sent('google', 'gemini-2.5-flash', {
      tools: [{ type: 'google_search' }],
      web_search_options: {},
    })
    assert.deepEqual(google.tools, [{ googleSearch: {} }])
  })

  it('are not sent where none may be called', async () => {
    const request = { tools: [{ type: 'google_search' }], tool_choice: 'none' }
    assert.equal((await sent('google', 'gemini-2.5-flash', request)).tools, undefined)
    const nova = { tools: [{ type: 'nova_grounding' }], tool_choice: 'none' }
    assert.equal((await sent('bedrock', NOVA, nova)).toolConfig, undefined)
  })
})
