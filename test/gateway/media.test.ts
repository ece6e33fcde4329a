import assert from 'node:assert/strict'
import http, { type ServerResponse } from 'node:http'
import type { Options } from '../../lib/index.ts'
import { chat } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, frame, type Reply, scripted } from '../helpers/upstream.ts'

const PNG = Buffer.from('89504e470d0a1a0a', 'hex')
const INLINE = { inlineData: { mimeType: 'image/png', data: PNG.toString('base64') } }
const ANSWER = { candidates: [{ content: { parts: [{ text: 'a cat' }] }, finishReason: 'STOP' }] }
const PRIVATE: Options = { requestConfig: { allowPrivateHosts: true } }

const google = (custom_host: string, more: object = {}) => ({ provider: 'google', api_key: 'k', custom_host, ...more })
const asking = (...urls: string[]) => ({
  model: 'gemini-3-flash',
  stream: true,
  messages: [{ role: 'user', content: urls.map((url) => ({ type: 'image_url', image_url: { url } })) }],
})

describe('images by URL, for a provider that takes bytes only', () => {
  const opened = cleanup()
  const gemini = () => opened(scripted({ chunks: [frame(ANSWER)] }))
  const images = (reply: Reply | typeof silent) => opened(scripted(reply))
  const png = { headers: { 'content-type': 'image/png' }, chunks: [PNG] }
  const silent = (_req: unknown, _res: ServerResponse) => {}

  it('are fetched and sent along, the same one once', async () => {
    const [media, up] = [await images(png), await gemini()]
    const gate = await opened(gateway(google(up.url), PRIVATE))
    const { text } = await chat(gate.url, asking(media.url, media.url), {
      cookie: 'a=b',
      authorization: 'Bearer client',
    })
    assert.equal(text, 'a cat')
    assert.deepEqual(JSON.parse(up.requests[0]?.body ?? '').contents[0].parts, [INLINE, INLINE])
    assert.equal(media.requests.length, 1)
    assert.deepEqual(Object.keys(media.requests[0]?.headers ?? {}).sort(), [
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ])
  })

  it('are fetched anew at each attempt', async () => {
    const [media, up] = [await images(png), await opened(scripted({ status: 503 }, { chunks: [frame(ANSWER)] }))]
    const gate = await opened(gateway(google(up.url, { retry: { attempts: 1 } }), PRIVATE))
    assert.equal((await chat(gate.url, asking(media.url))).text, 'a cat')
    assert.equal(media.requests.length, 2)
  })

  it('are a reason to go on to a target that takes URLs itself', async () => {
    const [media, up, other] = [
      await images({ status: 404 }),
      await gemini(),
      await opened(scripted({ chunks: answer('a dog') })),
    ]
    const gate = await opened(gateway(fallback(google(up.url), target(other.url)), PRIVATE))
    assert.equal((await chat(gate.url, asking(media.url))).text, 'a dog')
    assert.equal(up.requests.length, 0)
    assert.equal(JSON.parse(other.requests[0]?.body ?? '').messages[0].content[0].image_url.url, media.url)
    assert.equal(gate.attempts[0]?.failure?.kind, 'request')
  })

  for (const stream of [true, false]) {
    it(`are the client's fault if no target is left (stream: ${stream})`, async () => {
      const [media, up] = [await images({ status: 404 }), await gemini()]
      const gate = await opened(gateway(google(up.url, { retry: { attempts: 2 } }), PRIVATE))
      const { status, body } = await chat(gate.url, { ...asking(media.url), stream })
      assert.equal(status, 400)
      assert.deepEqual(JSON.parse(body).error, {
        message: `The file at ${new URL(media.url).host} could not be fetched: its server answered with status 404.`,
        type: 'invalid_request_error',
        param: 'messages',
        code: 'invalid_image_url',
      })
      assert.equal(media.requests.length, 1)
    })
  }

  for (const [name, options] of [
    ['of an operator who says nothing of them', {}],
    ['of an operator who refuses them', { requestConfig: { allowPrivateHosts: false } }],
    ['of an operator who only takes configs', { requestConfig: {} }],
  ] as const) {
    it(`are not fetched from the private network ${name}`, async () => {
      const [media, up] = [await images(png), await gemini()]
      const gate = await opened(gateway(google(up.url), options))
      const { status, body } = await chat(gate.url, asking(media.url))
      assert.deepEqual([status, JSON.parse(body).error.code], [400, 'invalid_image_url'])
      assert.deepEqual([media.requests.length, up.requests.length], [0, 0])
    })
  }

  it('are bounded by the limits of the options', async () => {
    const [media, up] = [await images(png), await gemini()]
    const gate = await opened(gateway(google(up.url), { ...PRIVATE, limits: { maxMediaBytes: 7 } }))
    assert.match((await chat(gate.url, asking(media.url))).body, /maxMediaBytes \(7\)/)
    assert.equal(up.requests.length, 0)
  })

  it('are no longer fetched when the client leaves', async () => {
    const [media, up] = [await images(silent), await gemini()]
    const gate = await opened(gateway(google(up.url), PRIVATE))
    const request = http.request(`${gate.url}/v1/chat/completions`, { method: 'POST', agent: false })
    request.on('error', () => {})
    request.end(JSON.stringify(asking(media.url)))
    const { closed } = await media.request(0)
    request.destroy()
    await closed
    assert.equal((await gate.finished()).outcome, 'aborted')
    assert.equal(up.requests.length, 0)
  })

  it('are no longer fetched when a deadline of the attempt passes', async () => {
    const [media, up, other] = [
      await images(silent),
      await gemini(),
      await opened(scripted({ chunks: answer('a dog') })),
    ]
    const gate = await opened(gateway(fallback(google(up.url, { request_timeout: 50 }), target(other.url)), PRIVATE))
    assert.equal((await chat(gate.url, asking(media.url))).text, 'a dog')
    assert.equal(gate.attempts[0]?.failure?.kind, 'request')
    await (await media.request(0)).closed
  })

  it('are not a time in which the provider could be connected to', async () => {
    const slow = (_req: unknown, res: ServerResponse) => {
      setTimeout(() => res.writeHead(200, png.headers).end(PNG), 400)
    }
    const [media, up] = [await images(slow), await gemini()]
    const gate = await opened(gateway(google(up.url, { connect_timeout: 300 }), PRIVATE))
    assert.equal((await chat(gate.url, asking(media.url))).text, 'a cat')
  })
})
