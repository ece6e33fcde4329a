import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import { vertexAi } from '../../lib/providers/vertex-ai.ts'
import type { ChatRequest, Tool } from '../../lib/types/chat.ts'
import type { Endpoint, ProviderFields, WireEvent } from '../../lib/types/provider.ts'

type Json = Record<string, unknown>

const FIELDS: ProviderFields = { vertex_project_id: 'p', vertex_region: 'us-east5' }
const HOST = 'https://us-east5-aiplatform.googleapis.com'
const endpoint = (fields: ProviderFields = FIELDS): Endpoint => ({
  apiKey: 'token',
  customHost: undefined,
  fields,
  strict: true,
  fetchMedia: async () => ({ mime: 'image/png', data: 'iVBORw0KGgo=' }),
})

async function encode(model: string, more: Partial<ChatRequest> = {}, fields?: ProviderFields) {
  const request = { model, messages: [{ role: 'user' as const, content: 'Hi' }], ...more }
  const { url, headers, body, ...rest } = await vertexAi.encode(request, endpoint(fields))
  return { url: url.href, headers, body: JSON.parse(body) as Json, ...rest }
}

function decode(model: string, events: (WireEvent | Json)[], more: Partial<ChatRequest> = {}) {
  const decoder = vertexAi.decoder({ model, messages: [{ role: 'user', content: 'Hi' }], ...more }, endpoint())
  return events
    .flatMap((event) => [...decoder.decode({ event: undefined, data: JSON.stringify(event) })])
    .flatMap(({ content, finish }) => [content, finish])
    .filter((each) => each !== undefined && each !== '')
}

describe('models on Vertex AI', () => {
  const project = `${HOST}/v1/projects/p/locations/us-east5`
  const urls: [model: string, url: string][] = [
    [
      'claude-sonnet-4-5@20250929',
      `${project}/publishers/anthropic/models/claude-sonnet-4-5%4020250929:streamRawPredict`,
    ],
    ['anthropic/claude-opus-5', `${project}/publishers/anthropic/models/claude-opus-5:streamRawPredict`],
    [
      'publishers/anthropic/models/claude-opus-5',
      `${project}/publishers/anthropic/models/claude-opus-5:streamRawPredict`,
    ],
    ['mistral-medium-3', `${project}/publishers/mistralai/models/mistral-medium-3:streamRawPredict`],
    ['codestral-2', `${project}/publishers/mistralai/models/codestral-2:streamRawPredict`],
    ['llama-4-scout-17b-16e-instruct-maas', `${project}/endpoints/openapi/chat/completions`],
    ['meta/llama-4-scout-17b-16e-instruct-maas', `${project}/endpoints/openapi/chat/completions`],
    ['openai/gpt-oss-120b-maas', `${project}/endpoints/openapi/chat/completions`],
  ]
  for (const [model, url] of urls) {
    it(`${model} is asked at ${url.slice(project.length)}`, async () => {
      const sent = await encode(model)
      assert.equal(sent.url, url)
      assert.equal(sent.headers.authorization, 'Bearer token')
    })
  }

  it("Claude gets Anthropic's body, without its model", async () => {
    const { body, dropped, headers } = await encode(
      'claude-sonnet-4-5@20250929',
      {
        temperature: 0.5,
        max_tokens: 9,
        seed: 1,
        messages: [
          { role: 'assistant', content: 'Hello' },
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x.test/a' } }] },
        ],
      },
      { ...FIELDS, anthropic_beta: 'b' },
    )
    assert.deepEqual(body, {
      anthropic_version: 'vertex-2023-10-16',
      max_tokens: 9,
      messages: [
        { role: 'user', content: [{ type: 'text', text: '(The conversation begins.)' }] },
        { role: 'assistant', content: [{ type: 'text', text: 'Hello' }] },
        {
          role: 'user',
          content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }],
        },
      ],
      temperature: 0.5,
      stream: true,
    })
    assert.deepEqual(dropped, ['seed'])
    assert.equal(headers['anthropic-beta'], 'b')
  })

  it('Claude gets the beta of its search with the search, once', async () => {
    const betasOf = async (request: object, fields = {}) =>
      (await encode('claude-sonnet-4-5', request, { ...FIELDS, ...fields })).headers['anthropic-beta']
    assert.equal(await betasOf({}), undefined)
    assert.equal(await betasOf({ web_search_options: {} }), 'web-search-2025-03-05')
    assert.equal(await betasOf({ tools: [{ type: 'web_search' }] }, { anthropic_beta: 'b' }), 'b,web-search-2025-03-05')
    const own = { anthropic_beta: 'web-search-2025-03-05,b' }
    assert.equal(await betasOf({ web_search_options: {} }, own), own.anthropic_beta)
  })

  it("Mistral gets Mistral's body, by its name there", async () => {
    const { body } = await encode('mistralai/mistral-medium-3', { seed: 1, max_completion_tokens: 9 })
    assert.deepEqual(body, {
      model: 'mistral-medium-3',
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 9,
      random_seed: 1,
      stream: true,
    })
  })

  it("Llama gets OpenAI's body, by its publisher and name", async () => {
    const messages: ChatRequest['messages'] = [
      { role: 'developer', content: 'Be brief' },
      { role: 'user', content: 'Hi' },
    ]
    const { body } = await encode('llama-4-scout-17b-16e-instruct-maas', { messages })
    assert.equal(body.model, 'meta/llama-4-scout-17b-16e-instruct-maas')
    assert.deepEqual(body.messages, [{ role: 'system', content: 'Be brief' }, messages[1]])
  })

  it("answer in their publishers' own streams", () => {
    const claude = [
      { type: 'message_start', message: { id: 'm', model: 'c', usage: { input_tokens: 1, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
    ]
    assert.deepEqual(decode('claude-sonnet-4-5', claude), ['Hi', 'stop'])
    const openai = { choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] }
    assert.deepEqual(decode('mistral-medium-3', [openai]), ['Hi', 'stop'])
    assert.deepEqual(decode('llama-4', [openai]), ['Hi', 'stop'])
    const gemini = { candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }] }
    assert.deepEqual(decode('gemini-3-pro', [gemini]), ['Hi', 'stop'])
  })

  it('are read by their own framings', () => {
    const framing = (model: string) => vertexAi.framing({}, { model, messages: [] }, endpoint())
    assert.equal(framing('claude-sonnet-4-5'), 'sse')
    assert.equal(framing('gemini-3-pro'), 'sse-or-json-array')
  })

  it('of other families are not asked for', async () => {
    for (const model of ['gpt-4o', 'o3', 'command-r-plus', 'grok-4']) {
      await assert.rejects(
        encode(model),
        (error) => error instanceof RequestError && error.api.code === 'model_not_found',
      )
      assert.equal(vertexAi.prefill?.(model, FIELDS), false)
    }
  })

  it('need a project, and names that are no way up', async () => {
    const refused = (error: unknown) => error instanceof RequestError
    await assert.rejects(encode('claude-sonnet-4-5', {}, {}), refused)
    await assert.rejects(encode('anthropic/..'), refused)
    await assert.rejects(encode('claude-sonnet-4-5', {}, { vertex_project_id: 'p', vertex_region: 'a.b/c' }), refused)
  })

  it('go on with a text that they began, where they do', () => {
    const takes = (model: string) => vertexAi.prefill?.(model, FIELDS)
    assert.deepEqual(['claude-sonnet-4-5', 'claude-opus-5', 'mistral-medium-3', 'gemini-3-pro', 'llama-4'].map(takes), [
      true,
      false,
      true,
      true,
      false,
    ])
  })

  it('have errors in their own words', () => {
    const anthropic = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    const google = { error: { code: 404, message: 'Publisher Model was not found', status: 'NOT_FOUND' } }
    assert.equal(vertexAi.error(529, JSON.stringify(anthropic)).message, 'Overloaded')
    assert.deepEqual(
      [vertexAi.error(404, JSON.stringify(google)).code, vertexAi.error(404, 'x').status],
      ['model_not_found', 404],
    )
  })

  it('get their own names of tools back', () => {
    const tools: Tool[] = [{ type: 'function', function: { name: 'a.b' } }]
    const decoder = vertexAi.decoder({ model: 'claude-sonnet-4-5', messages: [], tools }, endpoint())
    const start = {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', id: '1', name: 'a_b', input: {} },
    }
    const [init] = [...decoder.decode({ event: undefined, data: JSON.stringify(start) })]
    assert.equal(init?.toolCalls?.[0]?.name, 'a.b')
  })
})
