import assert from 'node:assert/strict'
import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import { RequestError, UpstreamError } from '../../../../lib/errors.ts'
import { createUpstream, type UpstreamOptions } from '../../../../lib/middleware/attempt/connection/upstream.ts'
import { REFUSED_URL, scripted } from '../../../helpers/upstream.ts'

const unwatched = { connecting() {}, connected() {} }

/** The contract of the stand-ins with http-proxy-middleware, which each of its versions has to keep. */
describe('one request to a provider', () => {
  const open: { close(): unknown }[] = []
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close()
  })
  const opened = async <T extends { close(): unknown }>(opening: T | Promise<T>): Promise<T> => {
    const one = await opening
    open.push(one)
    return one
  }

  const request = (url: string, body = '{}') => ({
    url: new URL(url),
    headers: { 'content-type': 'application/json', 'x-own': '1' },
    body: Buffer.from(body),
  })
  const send = (url: string, signal = new AbortController().signal, options: UpstreamOptions = {}) => {
    const upstream = createUpstream(options)
    open.push(upstream)
    return upstream.send(request(url), signal, unwatched)
  }
  async function textOf(response: IncomingMessage): Promise<string> {
    return (await response.setEncoding('utf8').toArray()).join('')
  }
  const fails = (kind: string, message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof UpstreamError && error.kind === kind, String(error))
    assert.match(error.message, message)
    return true
  }

  it('sends what it is given, to the whole of the URL, and nothing else', async () => {
    const up = await opened(scripted({ chunks: ['fine'] }))
    const upstream = await opened(createUpstream())
    const body = '{"text":"Grüße"}'
    const response = await upstream.send(
      request(`${up.url}/a/b%2Fc?d=e&f=%20`, body),
      new AbortController().signal,
      unwatched,
    )
    assert.equal(await textOf(response), 'fine')
    const [sent] = up.requests
    assert.deepEqual([sent?.url, sent?.body], ['/a/b%2Fc?d=e&f=%20', body])
    assert.deepEqual(sent?.headers, {
      'content-type': 'application/json',
      'x-own': '1',
      'accept-encoding': 'identity',
      'content-length': String(Buffer.byteLength(body)),
      host: new URL(up.url).host,
      connection: 'keep-alive',
    })
  })

  it('sends the bytes of headers as they came', async () => {
    const up = await opened(scripted({ chunks: ['fine'] }))
    const upstream = await opened(createUpstream())
    // Node reads and writes them as Latin-1, whatever they are.
    const name = Buffer.from('José').toString('latin1')
    const asked = { ...request(up.url, '{"text":"Grüße"}'), headers: { 'x-own': name } }
    await textOf(await upstream.send(asked, new AbortController().signal, unwatched))
    assert.equal(up.requests[0]?.headers['x-own'], name)
  })

  it('answers any status, with the body unread', async () => {
    for (const status of [204, 301, 404, 500]) {
      const up = await opened(scripted({ status, chunks: status === 204 ? [] : ['body'] }))
      const response = await send(up.url)
      assert.equal(response.statusCode, status)
      assert.equal(await textOf(response), status === 204 ? '' : 'body')
    }
  })

  it('calls back when the connection stands, before the answer', async () => {
    const answering = Promise.withResolvers<void>()
    const up = await opened(scripted((_req, res) => void answering.promise.then(() => res.end('fine'))))
    const upstream = await opened(createUpstream())
    for (let n = 0; n < 2; n += 1) {
      const connected = Promise.withResolvers<void>()
      const response = upstream.send(request(up.url), new AbortController().signal, {
        connecting() {},
        connected: connected.resolve,
      })
      await connected.promise
      answering.resolve()
      await textOf(await response)
    }
  })

  it('does not take a connection for one before TLS stands', async () => {
    const silent = await opened(net.createServer())
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    const came = once(silent, 'connection')
    const controller = new AbortController()
    const upstream = await opened(createUpstream())
    let connected = false
    const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const response = upstream.send(request(url), controller.signal, {
      connecting() {},
      connected() {
        connected = true
      },
    })
    const [socket] = await came
    await once(socket, 'data')
    controller.abort(new Error('enough'))
    await assert.rejects(response, /enough/)
    assert.equal(connected, false)
    socket.destroy()
  })

  describe('rejects', () => {
    it('where nobody listens, with the code and without the address', async () => {
      const url = REFUSED_URL
      await assert.rejects(send(url), (error: Error) => {
        assert.ok(!error.message.includes(new URL(url).port))
        return fails('connect', /ECONNREFUSED/)(error)
      })
    })

    it('where the name leads nowhere', async () => {
      // The last one: a machine whose DNS server does not answer.
      await assert.rejects(send('http://no-such-host.invalid'), fails('connect', /ENOTFOUND|EAI_AGAIN|ETIMEOUT/))
    })

    it('where the connection is reset or ended before an answer', async () => {
      await assert.rejects(send((await opened(scripted({ reset: 'before' }))).url), fails('connect', /ECONNRESET/))
      const ending = await opened(scripted((req) => void req.socket.end()))
      await assert.rejects(send(ending.url), fails('connect', /ECONNRESET/))
    })

    it('where something else than HTTP is spoken', async () => {
      const server = await opened(net.createServer((socket) => void socket.on('error', () => {}).end('hello\r\n\r\n')))
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      await assert.rejects(send(url), fails('connect', /HPE_/))
    })

    it('with the refusal of a look-up, as it is', async () => {
      const refusal = new RequestError('not there')
      const lookup: UpstreamOptions['lookup'] = (_name, _options, done) => done(refusal, '')
      await assert.rejects(send('http://some.host', undefined, { lookup }), (error) => error === refusal)
    })
  })

  it('rejects what is no request, and leaves nothing that waits for the signal', async () => {
    const upstream = await opened(createUpstream())
    const controller = new AbortController()
    const none = { ...request('http://127.0.0.1:9'), body: undefined as never }
    await assert.rejects(upstream.send(none, controller.signal, unwatched), fails('connect', /could not be reached/))
    // A rejection that nobody hears would end the process.
    controller.abort(new Error('later'))
    await new Promise(setImmediate)
  })

  describe('when its signal', () => {
    const reason = new Error('the reason')

    it('is aborted already, asks nobody', async () => {
      const up = await opened(scripted({}))
      await assert.rejects(send(up.url, AbortSignal.abort(reason)), (error) => error === reason)
      assert.equal(up.requests.length, 0)
    })

    it('aborts before an answer, rejects with its reason and closes the connection', async () => {
      const up = await opened(scripted(() => {}))
      const controller = new AbortController()
      const response = send(up.url, controller.signal)
      const { closed } = await up.request(0)
      controller.abort(reason)
      await assert.rejects(response, (error) => error === reason)
      await closed
    })

    it('aborts within the body, closes the connection', async () => {
      const up = await opened(scripted({ chunks: ['a'], finish: 'hang' }))
      const controller = new AbortController()
      const response = await send(up.url, controller.signal)
      await once(response, 'data')
      controller.abort(reason)
      await up.requests[0]?.closed
      assert.equal(response.destroyed, true)
    })

    it('aborts after the end, does nothing to the kept connection', async () => {
      const up = await opened(scripted({ chunks: ['a'] }))
      const upstream = await opened(createUpstream())
      for (let n = 0; n < 3; n += 1) {
        const controller = new AbortController()
        const response = await upstream.send(request(up.url), controller.signal, unwatched)
        await textOf(response)
        if (!response.closed) await once(response, 'close')
        controller.abort(reason)
      }
      assert.equal(up.sockets.size, 1)
    })
  })

  it('leaves the errors of a body to the body alone', async () => {
    const up = await opened(scripted({ chunks: ['a'], finish: 'reset' }))
    const response = await send(up.url)
    // Nobody listens to it: it must not end the process.
    response.resume()
    await once(response, 'close').catch(() => {})
    assert.equal(response.complete, false)
  })

  it('opens as many connections as it may, and no more', async () => {
    for (const [maxSockets, expected] of [
      [undefined, 5],
      [2, 2],
    ] as const) {
      let [running, most] = [0, 0]
      const all = Promise.withResolvers<void>()
      const up = await opened(
        scripted((_req, res) => {
          running += 1
          most = Math.max(most, running)
          if (running === expected) all.resolve()
          void all.promise.then(() =>
            setImmediate(() => {
              running -= 1
              res.end()
            }),
          )
        }),
      )
      const upstream = await opened(createUpstream(maxSockets === undefined ? {} : { maxSockets }))
      const answers = Array.from({ length: 5 }, () =>
        upstream.send(request(up.url), new AbortController().signal, unwatched).then(textOf),
      )
      await Promise.all(answers)
      assert.equal(most, expected)
    }
  })

  it('goes through the agents it is given, and closes idle connections', async () => {
    const up = await opened(scripted({ chunks: ['a'] }))
    const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent() }
    const upstream = createUpstream({ agents })
    await textOf(await upstream.send(request(up.url), new AbortController().signal, unwatched))
    assert.equal(up.sockets.size, 1)
    const [socket] = up.sockets
    upstream.close()
    if (socket !== undefined && !socket.destroyed) await once(socket, 'close')
    assert.equal(Object.keys(agents.http.freeSockets).length, 0)
  })
})
