import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import OpenAI from 'openai'
import { createFetch } from '../../lib/index.ts'
import { when } from '../config/fake-providers.ts'
import { cleanup, fallback, type Gateway, gateway, target } from '../helpers/gateway.ts'
import { type Reply, scripted } from '../helpers/upstream.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const vectors = (...all: number[][]) => ({
  object: 'list',
  data: all.map((embedding, index) => ({ object: 'embedding', index, embedding })),
  model: 'text-embedding-up',
  usage: { prompt_tokens: 7, total_tokens: 7 },
})
const answered = (body: unknown, more: Reply = {}): Reply => ({
  headers: JSON_TYPE,
  chunks: [JSON.stringify(body)],
  ...more,
})
const failing = (status: number): Reply => ({ status, chunks: [JSON.stringify({ error: { message: 'no' } })] })

describe('POST /embeddings', () => {
  const opened = cleanup()
  const serve = async (...replies: Reply[]) => opened(scripted(...replies))
  const open = (config: unknown) => opened(gateway(config))
  const ask = async ({ url }: Gateway, body: unknown = { model: 'm', input: 'hello' }) => {
    const response = await fetch(`${url}/v1/embeddings`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify(body),
    })
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, never>,
    }
  }

  it('is answered with what the provider says, and with who it was', async () => {
    const upstream = await serve(answered(vectors([0.5, -1])))
    const gate = await open(target(upstream.url))
    const { status, headers, body } = await ask(gate, { model: 'm', input: 'hello', user: 'u' })
    assert.equal(status, 200)
    assert.deepEqual(body, vectors([0.5, -1]))
    assert.equal(headers.get('x-streamgate-provider'), 'openai')
    assert.ok(headers.get('x-request-id'))
    const [request] = upstream.requests
    assert.equal(request?.url, '/embeddings')
    assert.deepEqual(JSON.parse(request?.body ?? ''), { model: 'm', input: 'hello', user: 'u' })
  })

  it('is retried, and falls back', async () => {
    const first = await serve(failing(500))
    const second = await serve(answered(vectors([1])))
    const gate = await open({ ...fallback(target(first.url), target(second.url)), retry: { attempts: 1 } })
    const { status, headers } = await ask(gate)
    assert.equal(status, 200)
    assert.equal(first.requests.length, 2)
    assert.equal(headers.get('x-streamgate-attempts'), '3')
    assert.deepEqual(
      gate.attempts.map(({ reason, outcome, operation }) => [reason, outcome, operation]),
      [
        ['first', 'failed', 'embeddings'],
        ['retry', 'failed', 'embeddings'],
        ['fallback', 'whole', 'embeddings'],
      ],
    )
    const { dialect, outcome, usage } = await gate.finished()
    assert.deepEqual([dialect, outcome, usage?.prompt_tokens], ['embeddings', 'whole', 7])
  })

  const broken: [name: string, Reply][] = [
    ['is cut', answered(vectors([1]), { chunks: ['{"data":[{"embedding":[1'], finish: 'reset' })],
    ['ends early', answered(undefined, { chunks: ['{"data":[{"embedding":[1'] })],
    ['lacks one', answered(vectors())],
    ['is a page', { headers: { 'content-type': 'text/html' }, chunks: ['<html>'] }],
    ['never comes', { reset: 'before' }],
  ]
  for (const [name, reply] of broken) {
    it(`falls back from an answer that ${name}`, async () => {
      const [first, second] = [await serve(reply), await serve(answered(vectors([2])))]
      const gate = await open(fallback(target(first.url), target(second.url)))
      assert.deepEqual((await ask(gate)).body, vectors([2]))
      assert.equal(gate.attempts[0]?.outcome, 'failed')
    })
  }

  it('falls back from a provider without embeddings, which is asked nothing, and from a silent one', async () => {
    const silent = await serve({ chunks: [], finish: 'hang' })
    const last = await serve(answered(vectors([3])))
    const anthropic = { provider: 'anthropic', custom_host: silent.url, api_key: 'a' }
    const gate = await open(fallback(anthropic, target(silent.url, { request_timeout: 50 }), target(last.url)))
    assert.equal((await ask(gate)).status, 200)
    assert.deepEqual(
      gate.attempts.map(({ failure }) => failure?.kind),
      ['request', 'timeout', undefined],
    )
    assert.equal(silent.requests.length, 1)
  })

  it('says so where credentials throw, and asks nobody', async () => {
    const up = await serve(answered(vectors([3])))
    const credentials = () => Promise.reject(new Error('the vault is shut'))
    const gate = await opened(gateway(target(up.url, { name: 'locked' }), { credentials }))
    const { status, body } = await ask(gate)
    assert.equal(status, 500)
    assert.match(JSON.stringify(body), /The credentials of the target locked could not be had/)
    assert.equal(up.requests.length, 0)
  })

  it('is an error in OpenAI’s envelope where nobody serves it', async () => {
    const gate = await open({ provider: 'anthropic', api_key: 'a' })
    const { status, body } = await ask(gate)
    assert.equal(status, 400)
    assert.match(JSON.stringify(body), /anthropic has no embeddings in OpenAI's form/)
    const refusing = await open(target((await serve(failing(429))).url))
    assert.equal((await ask(refusing)).status, 429)
  })

  it('is refused before anything is asked if it is wrong', async () => {
    const upstream = await serve(answered(vectors([1])))
    const gate = await open(target(upstream.url))
    const { status, body } = await ask(gate, { model: 'm' })
    assert.equal(status, 400)
    assert.match(JSON.stringify(body), /"param":"input"/)
    assert.equal((await gate.finished()).outcome, 'rejected')
    assert.equal(upstream.requests.length, 0)
  })

  it('asks for the model that the target calls so, whatever its chats ask for, and by provider', async () => {
    const upstream = await serve(answered(vectors([1])))
    const mapped = target(upstream.url, {
      models: { small: 'text-embedding-3-small' },
      override_params: { model: 'gpt' },
    })
    const gate = await open({ model_routing: true, targets: [mapped] })
    await ask(gate, { model: '@openai/small', input: 'a' })
    await ask(gate, { model: 'other', input: 'a' })
    assert.deepEqual(
      upstream.requests.map(({ body }) => JSON.parse(body).model),
      ['text-embedding-3-small', 'other'],
    )
  })

  it('goes by conditions, keys, prices and encodings as a chat does', async () => {
    const compressed = gzipSync(JSON.stringify(vectors([1])))
    const upstream = await serve(failing(401), {
      headers: { ...JSON_TYPE, 'content-encoding': 'gzip' },
      chunks: [compressed],
    })
    const { api_key: _, ...keyed } = target(upstream.url, { name: 'embed', api_keys: ['sk-a', 'sk-b'] })
    const conditions = [when({ 'params.model': { $regex: 'embed' } }, 'embed')]
    const gate = await open({
      strategy: { mode: 'conditional', conditions, default: 'chat' },
      prices: { 'text-embed*': { input: 1_000_000, output: 0 } },
      targets: [target(upstream.url, { name: 'chat' }), keyed],
    })
    assert.equal((await ask(gate, { model: 'text-embed-3', input: 'a' })).status, 200)
    assert.deepEqual(
      gate.attempts.map(({ target: name, key }) => [name, key]),
      [
        ['embed', '1'],
        ['embed', '2'],
      ],
    )
    assert.equal((await gate.finished()).cost?.total, 7)
  })

  it('ends at the provider when the client leaves', async () => {
    const upstream = await serve({ chunks: [], finish: 'hang' })
    const gate = await open(target(upstream.url))
    const left = new AbortController()
    const answer = fetch(`${gate.url}/v1/embeddings`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify({ model: 'm', input: 'a' }),
      signal: left.signal,
    })
    const { closed } = await upstream.request(0)
    left.abort()
    await assert.rejects(answer)
    await closed
    assert.equal((await gate.finished()).outcome, 'aborted')
  })

  it('is understood by the official SDK, which asks for base64, over a socket and through createFetch', async () => {
    const upstream = await serve(answered(vectors([0.5, -1], [2, 3])))
    const config = target(upstream.url)
    const { sdk } = await open(config)
    const inProcess = createFetch(config)
    const clients = [
      new OpenAI({ apiKey: 'k', baseURL: sdk.baseURL }),
      new OpenAI({ apiKey: 'k', baseURL: 'http://localhost/v1', fetch: inProcess }),
    ]
    for (const client of clients) {
      const { data, usage } = await client.embeddings.create({ model: 'm', input: ['a', 'b'] })
      assert.deepEqual(
        data.map(({ embedding }) => [...embedding]),
        [
          [0.5, -1],
          [2, 3],
        ],
      )
      assert.equal(usage.total_tokens, 7)
    }
    inProcess.close()
  })
})
