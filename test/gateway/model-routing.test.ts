import assert from 'node:assert/strict'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, gateway, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'

describe('a provider in front of the model', () => {
  const opened = cleanup()

  async function serve(more: Record<string, unknown>) {
    const upstream = await opened(scripted({ chunks: answer('fine') }))
    const groq = { ...target(upstream.url), provider: 'groq' }
    const gate = await opened(gateway({ ...more, targets: [target(upstream.url), groq] }))
    return { upstream, gate, ask: (model: string) => chat(gate.url, { ...HELLO, model }) }
  }

  it('asks for its targets, where that is switched on', async () => {
    const { upstream, gate, ask } = await serve({ model_routing: true })
    assert.equal((await ask('@groq/llama')).text, 'fine')
    assert.deepEqual([gate.attempts[0]?.provider, gate.attempts[0]?.model], ['groq', 'llama'])
    assert.equal(JSON.parse(upstream.requests[0]?.body ?? '').model, 'llama')
  })

  it('is told to be wrong before anything is sent', async () => {
    const { upstream, ask } = await serve({ model_routing: true })
    const { status, body } = await ask('@anthropic/claude')
    assert.equal(status, 404)
    assert.match(body, /no target of the provider 'anthropic', only of openai, groq/)
    assert.equal(upstream.requests.length, 0)
  })

  it('is a part of the name, where it is not', async () => {
    const { gate, ask } = await serve({})
    assert.equal((await ask('groq/llama')).text, 'fine')
    assert.deepEqual([gate.attempts[0]?.provider, gate.attempts[0]?.model], ['openai', 'groq/llama'])
  })
})
