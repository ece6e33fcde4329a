import assert from 'node:assert/strict'
import { createApp } from '../../examples/custom-provider.ts'
import { chat, serve } from '../helpers/client.ts'
import { cleanup } from '../helpers/gateway.ts'
import { answer, type Reply, scripted } from '../helpers/upstream.ts'

const ndjson = (...lines: object[]): Reply => ({
  headers: { 'content-type': 'application/x-ndjson' },
  chunks: lines.map((line) => `${JSON.stringify(line)}\n`),
})

describe('the example of custom providers', () => {
  const opened = cleanup()

  it('asks a server that is like OpenAI', async () => {
    const upstream = await opened(scripted({ chunks: answer('hi') }))
    const app = await opened(serve(createApp({ provider: 'vllm', custom_host: `${upstream.url}/v1` })))
    const { text, done } = await chat(app.url)
    assert.deepEqual({ text, done }, { text: 'hi', done: true })
    assert.equal(upstream.requests[0]?.url, '/v1/chat/completions')
  })

  it('asks a server with a format of its own', async () => {
    const upstream = await opened(
      scripted(ndjson({ message: { content: 'Hel' } }, { message: { content: 'lo' } }, { done: true })),
    )
    const app = await opened(serve(createApp({ provider: 'ollama', custom_host: upstream.url })))
    const { text, done } = await chat(app.url)
    assert.deepEqual({ text, done }, { text: 'Hello', done: true })
    assert.equal(upstream.requests[0]?.url, '/api/chat')
  })
})
