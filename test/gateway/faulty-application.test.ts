import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { type Hooks, type Options, type Outcome, type StreamgateConfig, streamgate } from '../../lib/index.ts'
import type { StreamgateResponse } from '../../lib/middleware/mount.ts'
import { chat, HELLO, serve } from '../helpers/client.ts'
import { cleanup, fallback, target } from '../helpers/gateway.ts'
import { answer, type Reply, ROLE, scripted, text } from '../helpers/upstream.ts'

const fail = () => {
  throw new Error('not mine')
}
const BROKEN: Reply = { status: 500, chunks: ['{"error":{"message":"no"}}'] }
const BAD_LOGGERS: Record<string, NonNullable<Options['logger']>> = {
  'a logger that throws': { error: fail, info: fail },
  'a logger that rejects': { error: async () => fail(), info: async () => fail() },
}

/** All hooks, each of which fails. */
function hooks(hook: () => void): Hooks {
  return { onRequest: hook, onAttemptStart: hook, onAttemptEnd: hook, onChunk: hook, onResume: hook, onFinish: hook }
}

describe('an application that fails', () => {
  const opened = cleanup()

  /** A provider that fails and one that does not. */
  const providers = async () => {
    const [bad, good] = [await opened(scripted(BROKEN)), await opened(scripted({ chunks: answer('fine') }))]
    return [bad.url, good.url]
  }

  /** Before these providers an application that does this to the responses to requests with the header `x-broken`. */
  async function application(breakIt: (res: StreamgateResponse) => void, urls: string[], options: Options = {}) {
    const logged: unknown[] = []
    const logger = { error: (error: unknown) => logged.push(String(error)) }
    const config = { ...fallback(...urls.map((url) => target(url))), log_chunks: true }
    const outcomes: Outcome[] = []
    const onFinish = (outcome: Outcome) => outcomes.push(outcome)
    const handler = streamgate(config as StreamgateConfig, { logger, onFinish, ...options })
    const server = await opened(
      serve((req, res) => {
        if (req.headers['x-broken']) breakIt(res)
        handler(req, res, undefined)
      }),
    )
    return { server, logged, outcomes, close: handler.close }
  }

  for (const [name, logger] of Object.entries(BAD_LOGGERS)) {
    for (const [how, hook] of Object.entries({ throw: fail, reject: async () => fail() })) {
      it(`is answered for, with hooks that ${how} and ${name}`, async () => {
        const { server, close } = await application(() => {}, await providers(), { ...hooks(hook), logger })
        for (const stream of [true, false]) {
          assert.equal((await chat(server.url, { ...HELLO, stream })).status, 200)
          assert.equal((await chat(server.url, '{')).status, 400)
        }
        close()
      })
    }

    it(`is answered for, with credentials that fail and ${name}`, async () => {
      const { server, close } = await application(() => {}, await providers(), { credentials: fail, logger })
      assert.equal((await chat(server.url)).status, 500)
      close()
    })
  }

  const LOCALS: Record<string, PropertyDescriptor> = {
    'is frozen': { value: Object.freeze({}) },
    'is a number': { value: 5 },
    throws: { get: fail },
  }
  for (const [how, locals] of Object.entries(LOCALS)) {
    it(`is answered for, if res.locals ${how}`, async () => {
      const { server, logged, outcomes, close } = await application(
        (res) => Object.defineProperty(res, 'locals', locals),
        await providers(),
      )
      assert.equal((await chat(server.url, HELLO, { 'x-broken': '1' })).text, 'fine')
      assert.equal((await chat(server.url, '{', { 'x-broken': '1' })).status, 400)
      assert.deepEqual([logged.length, outcomes.length], [2, 2])
      close()
    })
  }

  /** What middleware before this one may have put in the place of a response's methods, and the answers that this spoils. */
  const STREAM = HELLO
  const JSON_BODY = { ...HELLO, stream: false }
  const BAD = '{'
  const WRAPPED: Record<string, unknown[]> = {
    writeHead: [STREAM, JSON_BODY, BAD],
    setHeader: [STREAM, JSON_BODY, BAD],
    getHeader: [STREAM, JSON_BODY, BAD],
    setTimeout: [STREAM, JSON_BODY, BAD],
    end: [STREAM, JSON_BODY, BAD],
  }
  const BESIDE = [
    ['POST', '/v1/embeddings'],
    ['POST', '/v1/messages/count_tokens'],
    ['GET', '/v1/models'],
    ['GET', '/v1/responses/resp_1'],
  ] as const
  for (const [method, path] of BESIDE) {
    it(`loses one response and no more, if res.setHeader throws at ${method} ${path}`, async () => {
      const { server, close } = await application((res) => Object.assign(res, { setHeader: fail }), await providers())
      const asked = fetch(server.url + path, { method, headers: { 'x-broken': '1' } })
      assert.notEqual(await asked.then(({ status }) => status).catch(() => 'none'), 200)
      assert.equal((await chat(server.url)).status, 200)
      close()
    })
  }

  for (const [method, spoiled] of Object.entries(WRAPPED)) {
    it(`loses one response and no more, if res.${method} throws`, async () => {
      const { server, logged, close } = await application(
        (res) => Object.assign(res, { [method]: fail }),
        await providers(),
      )
      for (const body of [STREAM, JSON_BODY, BAD]) {
        logged.length = 0
        const whole = await chat(server.url, body, { 'x-broken': '1' }).then(
          ({ broken }) => !broken,
          () => false,
        )
        assert.equal(whole, !spoiled.includes(body))
        assert.deepEqual(logged, whole ? [] : ['Error: not mine'])
        assert.equal((await chat(server.url)).text, 'fine')
      }
      close()
    })
  }

  it('loses a stream and no more, if res.write throws', async () => {
    const hanging = await opened(scripted({ chunks: [ROLE + text('fine')], finish: 'hang' }))
    const { server, logged, close } = await application((res) => Object.assign(res, { write: fail }), [hanging.url])
    await assert.rejects(chat(server.url, HELLO, { 'x-broken': '1' }))
    await (await hanging.request(0)).closed
    assert.deepEqual(logged, ['Error: not mine'])
    close()
  })

  it('loses a stream and no more, if it ends the response itself', async () => {
    const parts = answer('one', 'two')
    const up = await opened(scripted({ chunks: parts }))
    let last: ServerResponse | undefined
    const { server, close } = await application((res) => (last = res), [up.url], {
      onChunk: () => last?.end('data: {"error":{"message":"too late"}}\n\n'),
    })
    assert.equal((await chat(server.url, HELLO, { 'x-broken': '1' })).done, false)
    close()
  })
})
