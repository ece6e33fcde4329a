import assert from 'node:assert/strict'
import { createApp } from '../../examples/existing-app.ts'
import { chat, HELLO, serve } from '../helpers/client.ts'
import { answer, type Reply, type Scripted, scripted } from '../helpers/upstream.ts'

const ALICE = { authorization: 'Bearer alices-token' }

describe('the example of an existing app', () => {
  const close: (() => Promise<void>)[] = []
  afterEach(async () => {
    await Promise.all(close.splice(0).map((each) => each()))
  })

  async function start({ reply = { chunks: answer('hi') } as Reply, more = {}, perMinute = 100 }) {
    const provider: Scripted = await scripted(reply)
    const charged: [string, number][] = []
    let settle = () => {}
    const billed = new Promise<void>((resolve) => {
      settle = resolve
    })
    const app = createApp({
      config: { provider: 'openai', custom_host: `${provider.url}/v1`, ...more },
      users: new Map([['alices-token', 'alice']]),
      perMinute,
      charge(user, tokens) {
        charged.push([user, tokens])
        settle()
      },
    })
    const { url, close: stop } = await serve(app)
    close.push(stop, provider.close)
    return { url, ai: `${url}/ai`, provider, charged, billed }
  }

  it('streams an answer to its users and charges them', async () => {
    const { ai, charged, billed, provider } = await start({ more: { api_key: 'sk-provider' } })
    const { text, done } = await chat(ai, HELLO, ALICE)
    assert.deepEqual({ text, done }, { text: 'hi', done: true })
    assert.equal(provider.requests[0]?.headers.authorization, 'Bearer sk-provider')
    await billed
    assert.deepEqual(charged, [['alice', 5]])
  })

  it('asks no provider for others', async () => {
    const { ai, provider } = await start({})
    for (const headers of [{}, { authorization: 'Bearer mallorys-token' }]) {
      const { status, body } = await chat(ai, HELLO, headers)
      assert.equal(status, 401)
      assert.equal(JSON.parse(body).error.code, 'invalid_api_key')
    }
    assert.equal(provider.requests.length, 0)
  })

  it("keeps its users' tokens from a provider without a key", async () => {
    const { ai, provider } = await start({})
    await chat(ai, HELLO, ALICE)
    assert.equal(provider.requests[0]?.headers.authorization, undefined)
  })

  it('limits how often a user may ask', async () => {
    const { ai, provider } = await start({ perMinute: 1 })
    assert.equal((await chat(ai, HELLO, ALICE)).status, 200)
    const { status, headers } = await chat(ai, HELLO, ALICE)
    assert.deepEqual([status, headers['retry-after']], [429, '60'])
    assert.equal(provider.requests.length, 1)
  })

  it('takes bodies larger than the 100 KB that express.json takes by itself', async () => {
    const { ai } = await start({})
    const { text } = await chat(ai, { ...HELLO, messages: [{ role: 'user', content: 'x'.repeat(1e6) }] }, ALICE)
    assert.equal(text, 'hi')
  })

  it('still serves its own pages', async () => {
    const { url } = await start({})
    const response = await fetch(url)
    assert.equal(await response.text(), 'The rest of the application')
  })
})
