import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { createApp } from '../../examples/hono.ts'
import { createFetch } from '../../lib/index.ts'
import { chat, HELLO, open } from '../helpers/client.ts'
import { cleanup, target } from '../helpers/gateway.ts'
import { answer, ROLE, scripted, text } from '../helpers/upstream.ts'
import { ALICE, assertOtherPages, describeExample, TOKENS } from './frameworks.ts'

/** With its own Request in place of Node's, as it is by default, or without. */
async function listening({ fetch }: Pick<Hono, 'fetch'>, overrideGlobalObjects = false) {
  const server = createAdaptorServer({ fetch, overrideGlobalObjects }) as Server
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describeExample('Hono', (options) => listening(createApp(options)))

describe('Hono', () => {
  const opened = cleanup()

  it('still serves its other routes', async () => {
    const { url } = await opened(listening(createApp({ config: target('http://127.0.0.1:9'), tokens: TOKENS })))
    await assertOtherPages(url)
    assert.equal((await fetch(`${url}/v1/moderations`, { method: 'POST', headers: ALICE })).status, 404)
  })

  it('has its middleware run, and its headers sent', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const outer = new Hono()
    outer.use(async (c, next) => {
      await next()
      c.header('x-of-a-middleware', 'yes')
    })
    outer.route('/', createApp({ config: target(up.url), tokens: TOKENS }))
    const { url } = await opened(listening(outer))
    const { text: said, headers } = await chat(url, HELLO, ALICE)
    assert.deepEqual([said, headers['x-of-a-middleware']], ['fine', 'yes'])
  })

  it('leaves streams alone that it would compress', async () => {
    const up = await opened(scripted({ chunks: [ROLE, text('x'.repeat(5000))], finish: 'hang' }))
    const outer = new Hono().use(compress()).route('/', createApp({ config: target(up.url), tokens: TOKENS }))
    const { url } = await opened(listening(outer))
    const response = await open(url, HELLO, { ...ALICE, 'accept-encoding': 'gzip' })
    assert.equal(response.headers['content-encoding'], undefined)
    let seen = ''
    for await (const piece of response) {
      seen += piece
      if (seen.includes('xxx')) break
    }
  })

  it('logs no error when a client leaves', async () => {
    const logged: unknown[] = []
    const { error } = console
    console.error = (...args) => logged.push(args)
    try {
      const up = await opened(scripted({ chunks: [ROLE, text('Hel')], finish: 'hang' }))
      const { url } = await opened(listening(createApp({ config: target(up.url), tokens: TOKENS })))
      for await (const _ of await open(url, HELLO, ALICE)) break
      await up.requests[0]?.closed
      await new Promise(setImmediate)
    } finally {
      console.error = error
    }
    assert.deepEqual(logged, [])
  })

  it('gives the body as a text where something has read it', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const gate = createFetch(target(up.url))
    const app = new Hono()
    app.post('/v1/chat/completions', async (c) => {
      assert.equal((await c.req.json()).model, 'm')
      return gate(c.req.raw, { body: await c.req.text() })
    })
    const { url } = await opened(listening(app))
    assert.equal((await chat(url)).text, 'fine')
    gate.close()
  })

  it('mounts it at a path', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const gate = createFetch(target(up.url))
    const { url } = await opened(listening(new Hono().mount('/ai/v1', gate)))
    assert.equal((await chat(`${url}/ai`)).text, 'fine')
    gate.close()
  })
})

describe('Hono with its own Request and Response in place of Node’s', () => {
  const opened = cleanup()
  const { Request, Response } = globalThis
  after(() => {
    Object.assign(globalThis, { Request, Response })
  })

  it('streams, folds and refuses', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const app = createApp({ config: target(up.url), tokens: TOKENS })
    const { url } = await opened(listening(app, true))
    assert.notEqual(globalThis.Request, Request)
    assert.equal((await chat(url, HELLO, ALICE)).text, 'fine')
    assert.equal((await chat(url, { ...HELLO, stream: false }, ALICE)).status, 200)
    assert.equal((await chat(url, {}, ALICE)).status, 400)
  })
})
