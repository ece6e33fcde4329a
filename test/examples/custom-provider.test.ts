import assert from 'node:assert/strict'
import { LLMock } from '@copilotkit/aimock'
import { createApp } from '../../examples/custom-provider.ts'
import { chat, HELLO, serve } from '../helpers/client.ts'
import { answer, type Reply, scripted } from '../helpers/upstream.ts'

const line = (value: object) => `${JSON.stringify(value)}\n`
const says = (content: string) => line({ message: { role: 'assistant', content }, done: false })
const done = (more: object = {}) =>
  line({ message: { content: '' }, done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 2, ...more })
const NDJSON = { 'content-type': 'application/x-ndjson' }

describe('the example of custom providers', () => {
  const close: (() => Promise<void>)[] = []
  afterEach(async () => {
    await Promise.all(close.splice(0).map((each) => each()))
  })

  async function start(provider: string, ...replies: Reply[]) {
    const upstream = await scripted(...replies)
    const custom_host = provider === 'vllm' ? `${upstream.url}/v1` : upstream.url
    const app = await serve(createApp({ provider, custom_host, retry: { attempts: replies.length - 1 } }))
    close.push(app.close, upstream.close)
    return { url: app.url, upstream }
  }

  it('asks a server that is like OpenAI', async () => {
    const { url, upstream } = await start('vllm', { chunks: answer('hi') })
    const { text, done } = await chat(url)
    assert.deepEqual({ text, done }, { text: 'hi', done: true })
    assert.equal(upstream.requests[0]?.url, '/v1/chat/completions')
  })

  it('asks a server with a format of its own', async () => {
    const { url, upstream } = await start('ollama', { headers: NDJSON, chunks: [says('Hel'), says('lo'), done()] })
    const { text, finish, frames } = await chat(url, {
      ...HELLO,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
      max_tokens: 9,
      stream_options: { include_usage: true },
    })
    assert.deepEqual({ text, finish }, { text: 'Hello', finish: ['stop'] })
    assert.deepEqual(frames.at(-1)?.usage, { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 })
    const [{ url: path, body } = { url: '', body: '' }] = upstream.requests
    assert.equal(path, '/api/chat')
    assert.deepEqual(JSON.parse(body), {
      model: 'm',
      stream: true,
      messages: [{ role: 'user', content: 'hi' }],
      options: { num_predict: 9 },
    })
  })

  it("understands the emulator's form of that format", async () => {
    const mock = new LLMock({ port: 0, chunkSize: 4 })
    mock.onMessage(/./, { content: 'an emulated answer' })
    const app = await serve(createApp({ provider: 'ollama', custom_host: await mock.start() }))
    close.push(app.close, () => mock.stop())
    const { text, done } = await chat(app.url)
    assert.deepEqual({ text, done }, { text: 'an emulated answer', done: true })
  })

  it('tells an answer that was cut off at the limit', async () => {
    const { url } = await start('ollama', { headers: NDJSON, chunks: [says('Hel'), done({ done_reason: 'length' })] })
    assert.deepEqual((await chat(url)).finish, ['length'])
  })

  for (const [title, reply] of [
    ['ends without its last line', { headers: NDJSON, chunks: [says('Hel')] }],
    ['ends in an error', { headers: NDJSON, chunks: [says('Hel'), line({ error: 'out of memory' })] }],
    ['holds what is not an object', { headers: NDJSON, chunks: [says('Hel'), 'null\n'] }],
    ['is a status', { status: 503, chunks: ['{"error":"busy"}'] }],
  ] as [string, Reply][]) {
    it(`tries again when an answer ${title}`, async () => {
      const { url } = await start('ollama', reply, { headers: NDJSON, chunks: [says('Hel'), says('lo'), done()] })
      const { text, done: whole } = await chat(url)
      assert.deepEqual({ text, whole }, { text: 'Hello', whole: true })
    })
  }

  it('passes on what the server says of an error', async () => {
    const { url } = await start('ollama', { status: 404, chunks: ['{"error":"model not found"}'] })
    const { status, body } = await chat(url)
    assert.equal(status, 404)
    assert.equal(JSON.parse(body).error.message, 'model not found')
  })

  it('refuses what the provider cannot serve', async () => {
    const { url, upstream } = await start('ollama', {})
    const image = { type: 'image_url', image_url: { url: 'https://x/y.png' } }
    for (const [more, param] of [
      [{ tools: [{ type: 'function', function: { name: 'f' } }] }, 'tools'],
      [{ messages: [{ role: 'user', content: [image] }] }, 'messages'],
    ] as const) {
      const { status, body } = await chat(url, { ...HELLO, ...more })
      assert.equal(status, 400)
      assert.equal(JSON.parse(body).error.param, param)
    }
    assert.equal(upstream.requests.length, 0)
  })
})
