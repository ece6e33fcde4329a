import assert from 'node:assert/strict'
import { json } from 'node:stream/consumers'
import Koa from 'koa'
import { createApp } from '../../examples/koa.ts'
import type { StreamgateConfig } from '../../lib/index.ts'
import { chat, HELLO, serve } from '../helpers/client.ts'
import { cleanup, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'
import { ALICE, assertOtherPages, describeExample, TOKENS } from './frameworks.ts'

describeExample('Koa', (options) => serve(createApp(options).callback()))

describe('Koa', () => {
  const opened = cleanup()

  /** The example behind middleware of its own. */
  const behind = async (config: StreamgateConfig, middleware: Koa.Middleware) => {
    const app = new Koa()
    app.use(middleware)
    for (const each of createApp({ config, tokens: TOKENS }).middleware) app.use(each)
    return opened(serve(app.callback()))
  }

  it('still answers all other requests', async () => {
    const { url } = await opened(serve(createApp({ config: target('http://127.0.0.1:9'), tokens: TOKENS }).callback()))
    await assertOtherPages(url)
    assert.equal((await fetch(`${url}/v1/moderations`, { method: 'POST', headers: ALICE })).status, 200)
  })

  it('waits for the answer before its other middleware goes on', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const ended = Promise.withResolvers<boolean>()
    const { url } = await behind(target(up.url), async (ctx, next) => {
      ctx.set('x-of-a-middleware', 'yes')
      await next()
      ended.resolve(ctx.res.writableFinished)
    })
    const { text, headers } = await chat(url, HELLO, ALICE)
    assert.deepEqual([text, headers['x-of-a-middleware']], ['fine', 'yes'])
    assert.equal(await ended.promise, true)
  })

  it('takes it at another path, if something takes that off', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const { url } = await behind(target(up.url), (ctx, next) => {
      ctx.path = ctx.path.replace(/^\/ai/, '')
      return next()
    })
    assert.equal((await chat(`${url}/ai`, HELLO, ALICE)).text, 'fine')
  })

  it('may have parsed the body', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const { url } = await behind(target(up.url), async (ctx, next) => {
      Object.assign(ctx.request, { body: await json(ctx.req) })
      await next()
    })
    assert.equal((await chat(url, HELLO, ALICE)).text, 'fine')
  })
})
