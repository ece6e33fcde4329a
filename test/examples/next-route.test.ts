import assert from 'node:assert/strict'
import { POST } from '../../examples/next-route.ts'
import { answerInProcess, chat, HELLO, start } from '../helpers/client.ts'
import { cleanup } from '../helpers/gateway.ts'
import { answer, type Reply, ROLE, type Scripted, scripted, text } from '../helpers/upstream.ts'

const ALICE = { authorization: 'Bearer alices-token' }

/** Next.js itself is not installed: this is its contract with a route, a function from Request to Response. */
describe('the example of a Next.js route', () => {
  const opened = cleanup()
  const { APP_TOKEN, OPENAI_API_KEY, OPENAI_BASE_URL } = process.env
  let up: Scripted
  let url: string
  let reply: Reply

  before(async () => {
    up = await scripted((_req, res) => {
      const { status = 200, chunks = [], finish } = reply
      res.writeHead(status, { 'content-type': status === 200 ? 'text/event-stream' : 'application/json' })
      for (const chunk of chunks) res.write(chunk)
      if (finish === undefined) res.end()
      if (finish === 'reset') setImmediate(() => res.socket?.resetAndDestroy())
    })
    Object.assign(process.env, { APP_TOKEN: 'alices-token', OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: up.url })
  })
  after(async () => {
    await up.close()
    for (const [name, value] of Object.entries({ APP_TOKEN, OPENAI_API_KEY, OPENAI_BASE_URL })) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  beforeEach(async () => {
    const route = answerInProcess((input, init) => POST(new Request(String(input).replace('/v1/', '/api/'), init)))
    await opened(Promise.resolve({ close: async () => route.close() }))
    url = route.url
  })

  it('streams an answer', async () => {
    reply = { chunks: answer('fine ', 'day') }
    const { text: said, done } = await chat(url, HELLO, ALICE)
    assert.deepEqual([said, done], ['fine day', true])
    assert.equal(up.requests.at(-1)?.headers.authorization, 'Bearer sk-test')
  })

  it('answers with the status and the envelope of an error', async () => {
    reply = { status: 400, chunks: ['{"error":{"message":"Too long","code":"context_length_exceeded"}}'] }
    const { status, body } = await chat(url, HELLO, ALICE)
    assert.deepEqual([status, JSON.parse(body).error.code], [400, 'context_length_exceeded'])
  })

  it('stops the provider when the client leaves', async () => {
    reply = { chunks: [ROLE, text('Hel')], finish: 'hang' }
    const asked = up.requests.length
    const request = start(url, HELLO, ALICE)
    const response = await request.response
    response.on('error', () => {})
    request.destroy()
    await (await up.request(asked)).closed
  })

  it('asks no provider for strangers', async () => {
    const asked = up.requests.length
    for (const headers of [{}, { authorization: 'Bearer mallorys-token' }]) {
      assert.equal((await chat(url, HELLO, headers)).status, 401)
    }
    delete process.env.APP_TOKEN
    assert.equal((await chat(url, HELLO, { authorization: 'Bearer undefined' })).status, 401)
    process.env.APP_TOKEN = 'alices-token'
    assert.equal(up.requests.length, asked)
  })
})
