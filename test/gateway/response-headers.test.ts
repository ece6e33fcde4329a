import assert from 'node:assert/strict'
import express from 'express'
import { Portkey } from 'portkey-ai'
import { streamgate } from '../../lib/index.ts'
import { chat, HELLO, serve } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, type Reply, ROLE, scripted } from '../helpers/upstream.ts'

const FAILS: Reply = { status: 503, chunks: ['{"error":{"message":"busy"}}'] }
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const FROM_PORTKEY = { 'x-portkey-runtime': 'node' }
const PARENT = { traceparent: `00-${TRACE}-b7ad6b7169203331-01` }

describe("the answer's headers", () => {
  const opened = cleanup()
  const up = (...replies: Reply[]) => opened(scripted(...replies, { chunks: answer('fine') }))
  const told = (headers: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => /^x-(streamgate|portkey)-(?!.*-id$)/.test(name)))

  for (const stream of [true, false]) {
    it(`tell who answered, and after how much trouble (stream: ${stream})`, async () => {
      const [bad, good] = [await up(FAILS, FAILS), await up()]
      const named = target(good.url, { name: 'spare', override_params: { model: 'other' } })
      const gate = await opened(gateway(fallback(target(bad.url, { retry: { attempts: 1 } }), named)))
      const { headers } = await chat(gate.url, { ...HELLO, stream }, FROM_PORTKEY)
      assert.deepEqual(told(headers), {
        'x-streamgate-provider': 'openai',
        'x-streamgate-model': 'other',
        'x-streamgate-target': 'spare',
        'x-streamgate-attempts': '3',
        'x-streamgate-retries': '1',
        'x-portkey-provider': 'openai',
        'x-portkey-last-used-option-index': 'config.targets[1]',
        'x-portkey-retry-attempt-count': '1',
      })
    })
  }

  it('tell of the last failure, if there is no answer', async () => {
    const bad = await up(FAILS, FAILS)
    const gate = await opened(gateway({ ...target(bad.url), retry: { attempts: 1 } }))
    const { status, headers } = await chat(gate.url, HELLO, FROM_PORTKEY)
    assert.equal(status, 503)
    assert.deepEqual(told(headers), {
      'x-streamgate-provider': 'openai',
      'x-streamgate-model': 'm',
      'x-streamgate-target': 'openai',
      'x-streamgate-attempts': '2',
      'x-streamgate-retries': '1',
      'x-portkey-provider': 'openai',
      'x-portkey-last-used-option-index': 'config',
      'x-portkey-retry-attempt-count': '1',
    })
  })

  it('have none of Portkey for other clients', async () => {
    const portkeyOf = (headers: Record<string, unknown>) =>
      Object.keys(headers).filter((name) => name.startsWith('x-portkey-'))
    const { url } = await up()
    const gate = await opened(gateway(target(url)))
    assert.deepEqual(portkeyOf((await chat(gate.url, HELLO, PARENT)).headers), [])
    assert.notDeepEqual(portkeyOf((await chat(gate.url, HELLO, FROM_PORTKEY)).headers), [])
  })

  it('count an attempt that runs beside', async () => {
    const slow = await opened(scripted({ chunks: [ROLE], finish: 'hang' }))
    const quick = await up()
    const config = {
      strategy: { mode: 'hedge', delay: 30, max_extra: 1 },
      targets: [target(slow.url), target(quick.url)],
    }
    const { headers } = await chat((await opened(gateway(config))).url)
    assert.deepEqual([headers['x-streamgate-attempts'], headers['x-streamgate-target']], ['2', 'targets[1]'])
  })

  it('tell nothing of a provider when no attempt was made, nor before it is known who answers', async () => {
    const gate = await opened(gateway({ strategy: { mode: 'conditional', conditions: [NEVER] }, targets: [NAMED] }))
    const none = await chat(gate.url)
    assert.equal(none.status, 400)
    assert.deepEqual(told(none.headers), {})

    const opening = Promise.withResolvers<void>()
    const waits = await opened(scripted({ chunks: [ROLE, answer('fine').join('')], gate: () => opening.promise }))
    const alive = await opened(gateway({ ...target(waits.url), keep_alive: 5, keep_alive_before_commit: true }))
    setTimeout(opening.resolve, 100)
    const early = await chat(alive.url)
    assert.equal(early.text, 'fine')
    assert.deepEqual(told(early.headers), {})
    assert.ok(early.headers['x-request-id'])
  })

  it("keep the id that an application's own middleware gave", async () => {
    const { url } = await up()
    const handler = streamgate(target(url))
    const app = express()
      .use((_req, res, next) => {
        res.set('x-request-id', 'app-1')
        next()
      })
      .use('/v1', handler)
    const server = await opened(serve(app))
    const { headers } = await chat(server.url, HELLO, { 'x-request-id': 'client-1' })
    assert.equal(headers['x-request-id'], 'app-1')
    handler.close()
  })

  describe('tell the trace', () => {
    const cases: [
      what: string,
      sent: Record<string, string>,
      hook: string | undefined,
      own: unknown,
      portkey: unknown,
    ][] = [
      ['that the client is in', PARENT, undefined, TRACE, TRACE],
      ['that a hook knows', PARENT, 'ours', 'ours', TRACE],
      ['and give a Portkey client its own back', { ...PARENT, 'x-portkey-trace-id': 'mine' }, undefined, TRACE, 'mine'],
      [
        'not, where it could not be one',
        { traceparent: 'nonsense', 'x-portkey-trace-id': 'a b' },
        'a\nb',
        undefined,
        'id',
      ],
    ]
    for (const [what, sent, hook, own, portkey] of cases) {
      it(what, async () => {
        const { url } = await up()
        const gate = await opened(
          gateway(target(url), { onRequest: ({ setTraceId }) => hook !== undefined && setTraceId(hook) }),
        )
        const { headers } = await chat(gate.url, HELLO, { ...FROM_PORTKEY, ...sent, 'x-request-id': 'id' })
        assert.deepEqual([headers['x-streamgate-trace-id'], headers['x-portkey-trace-id']], [own, portkey])
        assert.equal(headers['x-portkey-request-id'], 'id')
      })
    }
  })

  it('keep the Portkey SDK from trying again what was tried here', async () => {
    const bad = await up(FAILS, FAILS, FAILS, FAILS)
    const gate = await opened(gateway(target(bad.url)))
    const client = new Portkey({
      baseURL: `${gate.url}/v1`,
      apiKey: 'x',
      provider: 'openai',
      Authorization: 'Bearer x',
    })
    const asked = client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'hi' }] })
    await assert.rejects(async () => asked, /503|busy/)
    assert.equal(bad.requests.length, 1)
  })
})

const NAMED = { provider: 'openai', api_key: 'k', name: 'a' }
const when = (query: unknown, then: string) => ({ query, then })
const NEVER = when({ 'params.model': 'other' }, 'a')
