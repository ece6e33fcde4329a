import assert from 'node:assert/strict'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { createFetch, type StreamgateConfig } from '../../lib/index.ts'
import { cleanup, gateway } from '../helpers/gateway.ts'

const ANTHROPIC = { 'anthropic-version': '2023-06-01' }

const CONFIG = {
  strategy: { mode: 'fallback' },
  targets: [
    { provider: 'openai', api_key: 'k', models: { fast: 'gpt-5.4-mini', '*': 'gpt-5.4' } },
    { provider: 'anthropic', api_key: 'k', override_params: { model: 'claude-sonnet-5' } },
    { provider: 'groq', api_key: 'k', models: { fast: 'llama-3.1-8b-instant' } },
    { provider: 'together-ai', api_key: 'k', models: { 'org/model': 'x/y' } },
  ],
}
/** A key of its own: an object with a `then` looks like a promise to the linter. */
const ONE = Object.fromEntries([['then', 'one']])
const IDS = ['fast', 'gpt-5.4', 'claude-sonnet-5', 'org/model']

describe('the list of models', () => {
  const opened = cleanup()

  async function get(path: string, headers: Record<string, string> = {}, config: unknown = CONFIG) {
    const { url } = await opened(gateway(config))
    const response = await fetch(url + path, { headers })
    return {
      status: response.status,
      body: (await response.json()) as Record<string, unknown>,
      headers: response.headers,
    }
  }
  const ids = (body: Record<string, unknown>) => (body.data as { id: string }[]).map(({ id }) => id)

  it("has the config's models, each once, in OpenAI's form", async () => {
    const { status, body } = await get('/v1/models')
    assert.equal(status, 200)
    assert.equal(body.object, 'list')
    assert.deepEqual(ids(body), IDS)
    const [first] = body.data as Record<string, unknown>[]
    assert.ok(Number.isInteger(first?.created))
    assert.deepEqual({ ...first, created: 0 }, { id: 'fast', object: 'model', created: 0, owned_by: 'openai' })
  })

  it("has them in Anthropic's form for those who speak it", async () => {
    const { body } = await get('/v1/models?limit=1000', ANTHROPIC)
    assert.deepEqual(ids(body), IDS)
    assert.deepEqual([body.has_more, body.first_id, body.last_id], [false, 'fast', 'org/model'])
    const [first] = body.data as Record<string, unknown>[]
    assert.match(String(first?.created_at), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    assert.deepEqual({ ...first, created_at: '' }, { type: 'model', id: 'fast', display_name: 'fast', created_at: '' })
  })

  const pages: [query: string, expected: string[], more: boolean][] = [
    ['limit=2', IDS.slice(0, 2), true],
    ['limit=2&after_id=gpt-5.4', IDS.slice(2), false],
    ['limit=1&before_id=claude-sonnet-5', ['gpt-5.4'], true],
    ['limit=0', IDS, false],
    ['limit=lots', IDS, false],
    ['limit=-3', IDS.slice(0, 1), true],
  ]
  for (const [query, expected, more] of pages) {
    it(`has pages: ${query}`, async () => {
      const { body } = await get(`/models?${query}`, ANTHROPIC)
      assert.deepEqual([ids(body), body.has_more], [expected, more])
    })
  }

  const configs: [name: string, config: unknown, expected: string[]][] = [
    [
      'nothing where a host of its own may have any',
      { provider: 'openai', api_key: 'k', custom_host: 'http://127.0.0.1:1' },
      [],
    ],
    [
      'the equivalents of a provider without a word on models',
      { provider: 'anthropic', api_key: 'k' },
      ['claude-sonnet-5', 'claude-haiku-4-5'],
    ],
    [
      'a deployment',
      { provider: 'azure-openai', api_key: 'k', resource_name: 'r', deployment_id: 'd', api_version: 'v' },
      ['d'],
    ],
    [
      'what conditions name',
      {
        strategy: {
          mode: 'conditional',
          conditions: [
            { query: { 'params.model': { $in: ['a', 'b'] } }, ...ONE },
            { query: { $and: [{ 'params.model': { $eq: 'c' } }, { 'metadata.plan': { $eq: 'pro' } }] }, ...ONE },
          ],
          default: 'two',
        },
        targets: [
          { name: 'one', provider: 'groq', api_key: 'k', custom_host: 'http://127.0.0.1:1' },
          { name: 'two', provider: 'openai', api_key: 'k', override_params: { model: 'd' } },
        ],
      },
      ['a', 'b', 'c', 'd'],
    ],
  ]
  for (const [name, config, expected] of configs) {
    it(`has ${name}`, async () => assert.deepEqual(ids((await get('/v1/models', {}, config)).body), expected))
  }

  it('has one by its id, which may hold a slash', async () => {
    for (const path of ['/v1/models/org/model', '/models/org%2Fmodel']) {
      const { status, body } = await get(path)
      assert.deepEqual([status, body.id, body.owned_by], [200, 'org/model', 'together-ai'])
    }
    assert.equal((await get('/v1/models/fast', ANTHROPIC)).body.type, 'model')
  })

  it('has no other', async () => {
    const openai = await get('/v1/models/gpt-1')
    assert.equal(openai.status, 404)
    assert.equal((openai.body.error as { code: string }).code, 'model_not_found')
    const anthropic = await get('/v1/models/gpt-1', ANTHROPIC)
    assert.deepEqual([anthropic.status, (anthropic.body.error as { type: string }).type], [404, 'not_found_error'])
    assert.equal(anthropic.headers.get('request-id'), anthropic.body.request_id)
    assert.equal((await get('/v1/models/%E0%A4%A')).status, 404)
  })

  it("is read by openai's and Anthropic's own clients, page by page", async () => {
    const { url } = await opened(gateway(CONFIG))
    const openai = new OpenAI({ apiKey: 'k', baseURL: `${url}/v1` })
    const anthropic = new Anthropic({ apiKey: 'k', baseURL: url })
    assert.deepEqual(
      (await openai.models.list()).data.map(({ id }) => id),
      IDS,
    )
    assert.equal((await openai.models.retrieve('org/model')).id, 'org/model')
    const found: string[] = []
    for await (const { id } of anthropic.models.list({ limit: 1 })) found.push(id)
    assert.deepEqual(found, IDS)
    assert.equal((await anthropic.models.retrieve('fast')).display_name, 'fast')
    await assert.rejects(anthropic.models.retrieve('none'), Anthropic.NotFoundError)
    await assert.rejects(openai.models.retrieve('none'), OpenAI.NotFoundError)
  })

  it('is there through createFetch, and leaves all else to the next', async () => {
    const gate = createFetch(CONFIG as StreamgateConfig, { next: () => Promise.resolve(new Response('next')) })
    const listed = (await (await gate('http://x.test/any/v1/models')).json()) as Record<string, unknown>
    assert.deepEqual(ids(listed), IDS)
    assert.equal(await (await gate('http://x.test/v1/model')).text(), 'next')
    assert.equal(await (await gate('http://x.test/v1/models', { method: 'POST' })).text(), 'next')
    gate.close()
  })
})
