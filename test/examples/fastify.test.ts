import assert from 'node:assert/strict'
import middie from '@fastify/middie'
import Fastify, { type FastifyInstance } from 'fastify'
import { createApp } from '../../examples/fastify.ts'
import { streamgate } from '../../lib/index.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'
import { ALICE, assertOtherPages, describeExample, TOKENS } from './frameworks.ts'

async function listening(app: FastifyInstance) {
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    url,
    close() {
      app.server.closeAllConnections()
      return app.close()
    },
  }
}

describeExample('Fastify', (options) => listening(createApp(options)))

describe('Fastify', () => {
  const opened = cleanup()

  it('still serves its other routes, and keeps what is no chat completion', async () => {
    const { url } = await opened(listening(createApp({ config: target('http://127.0.0.1:9'), tokens: TOKENS })))
    await assertOtherPages(url)
    assert.equal((await fetch(`${url}/v1/chat/completions`, { headers: ALICE })).status, 404)
    const { status, body } = await chat(url, '{"model":', ALICE)
    assert.deepEqual([status, JSON.parse(body).code], [400, 'FST_ERR_CTP_INVALID_JSON_BODY'])
  })

  it('has its hooks run, and the headers of its plugins sent', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const app = createApp({ config: target(up.url), tokens: TOKENS })
    const answered = Promise.withResolvers<number>()
    app.addHook('onRequest', async (_request, reply) => void reply.header('x-of-a-plugin', 'yes'))
    app.addHook('onResponse', async (_request, reply) => answered.resolve(reply.statusCode))
    const { url } = await opened(listening(app))
    const { text, headers } = await chat(url, HELLO, ALICE)
    assert.deepEqual([text, headers['x-of-a-plugin']], ['fine', 'yes'])
    assert.equal(await answered.promise, 200)
  })

  it('takes streamgate by middie, at any path and before its parser', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const app = Fastify()
    await app.register(middie)
    app.use('/ai/v1', streamgate(target(up.url)))
    app.get('/', async () => 'The rest of the application')
    const { url } = await opened(listening(app))
    const content = 'y'.repeat(5_000_000)
    const { text, done } = await chat(`${url}/ai`, { ...HELLO, messages: [{ role: 'user', content }] })
    assert.deepEqual([text, done], ['fine', true])
    await assertOtherPages(url)
  })
})
