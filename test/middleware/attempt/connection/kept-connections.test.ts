import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { UpstreamError } from '../../../../lib/errors.ts'
import { createAgents } from '../../../../lib/middleware/attempt/connection/agents.ts'
import {
  createUpstream,
  type Upstream,
  type UpstreamOptions,
} from '../../../../lib/middleware/attempt/connection/upstream.ts'
import { forgetful } from '../../../helpers/forgetful.ts'
import { scripted } from '../../../helpers/upstream.ts'

describe('a kept connection to a provider', () => {
  const open: { close(): unknown }[] = []
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close()
  })
  const opened = async <T extends { close(): unknown }>(opening: T | Promise<T>): Promise<T> => {
    const one = await opening
    open.push(one)
    return one
  }

  const unwatched = { connecting() {}, connected() {} }
  /** Sends a request and reads its answer. */
  const asks =
    (upstream: Upstream, url: string, progress = unwatched) =>
    async (path = '/') => {
      const request = { url: new URL(path, url), headers: {}, body: Buffer.from('{}') }
      const response: IncomingMessage = await upstream.send(request, new AbortController().signal, progress)
      return (await response.setEncoding('utf8').toArray()).join('')
    }
  const all = (n: number, ask: (path: string) => Promise<string>) =>
    Promise.all(Array.from({ length: n }, (_, index) => ask(`/${index}`)))
  /** Answers once as many requests are there as `all` sends, so that each has a connection of its own. */
  const together = (n: number) => {
    const arrived = Promise.withResolvers<void>()
    let count = 0
    return (_req: unknown, res: { end(text: string): void }) => {
      count += 1
      if (count === n) arrived.resolve()
      void arrived.promise.then(() => res.end('fine'))
    }
  }
  const fine = (n: number) => Array.from({ length: n }, () => 'fine')
  const connect = (error: unknown) => error instanceof UpstreamError && error.kind === 'connect'

  it('serves the next request', async () => {
    const up = await opened(forgetful((_req, res) => void res.end('fine')))
    const ask = asks(await opened(createUpstream()), up.url)
    for (let n = 0; n < 5; n += 1) await ask()
    assert.equal(up.connections, 1)
  })

  describe('that was forgotten', () => {
    it('costs no request: each is sent again on a fresh one', async () => {
      const up = await opened(forgetful(together(50)))
      const ask = asks(await opened(createUpstream()), up.url)
      await all(50, ask)
      assert.equal(up.connections, 50)
      up.forget()
      for (let wave = 0; wave < 3; wave += 1) assert.deepEqual(await all(30, ask), fine(30))
      assert.deepEqual([up.resets.length, up.served], [30, 140])
    })

    it('ends with all that lie idle beside it', async () => {
      const up = await opened(forgetful(together(5)))
      let connecting = 0
      const progress = {
        ...unwatched,
        connecting() {
          connecting += 1
        },
      }
      const ask = asks(await opened(createUpstream()), up.url, progress)
      await all(5, ask)
      const kept = [...up.sockets]
      up.forget()
      const closed = Promise.all(kept.map((socket) => once(socket, 'close')))
      await ask()
      await closed
      assert.deepEqual([up.resets, up.connections, connecting], [['/'], 6, 5 + 2])
    })

    it('leaves those to other hosts alone', async () => {
      const [up, other] = [await opened(forgetful((_req, res) => void res.end('fine'))), await opened(scripted({}))]
      const upstream = await opened(createUpstream())
      const ask = asks(upstream, up.url)
      await ask()
      await asks(upstream, other.url)()
      const [socket] = other.sockets
      up.forget()
      await ask()
      await asks(upstream, other.url)()
      assert.deepEqual([[...other.sockets], up.resets], [[socket], ['/']])
    })

    it('is never followed by another kept one', async () => {
      // Each connection serves one request. With one socket at a time, the next request gets the socket that comes back.
      const up = await opened(forgetful((_req, res) => void res.end('fine'), { forgetAt: 1 }))
      const ask = asks(await opened(createUpstream({ maxSockets: 1 })), up.url)
      assert.deepEqual(await all(8, ask), fine(8))
      assert.equal(up.resets.length, new Set(up.resets).size)
    })

    it('starts the wait for a connection anew', async () => {
      const up = await opened(forgetful((_req, res) => void res.end('fine')))
      const steps: string[] = []
      const progress = { connecting: () => steps.push('connecting'), connected: () => steps.push('connected') }
      const ask = asks(await opened(createUpstream()), up.url, progress)
      await ask()
      up.forget()
      await ask()
      assert.deepEqual(steps, [
        ...['connecting', 'connected'],
        ...['connecting', 'connected', 'connecting', 'connected'],
      ])
    })

    it('is no excuse for a fresh one that fails as well', async () => {
      const up = await opened(forgetful((_req, res) => void res.end('fine')))
      const ask = asks(await opened(createUpstream()), up.url)
      await ask()
      await up.close()
      open.splice(open.indexOf(up), 1)
      await assert.rejects(ask(), connect)
    })
  })

  it('that ends within an answer is not stale: the request may have been served', async () => {
    let requests = 0
    const up = await opened(
      forgetful((req, res) => {
        requests += 1
        if (requests === 1) res.end('fine')
        else req.socket.write('HTTP/1.1 200 OK\r\ncontent-', () => req.socket.resetAndDestroy())
      }),
    )
    const ask = asks(await opened(createUpstream()), up.url)
    await ask()
    await assert.rejects(ask(), connect)
    assert.equal(requests, 2)
  })

  describe('that lies idle', () => {
    const idle = async (options: UpstreamOptions) => {
      const up = await opened(forgetful((_req, res) => void res.end('fine')))
      await asks(await opened(createUpstream(options)), up.url)()
      return up
    }

    it('is closed after idleSocketTimeout', async () => {
      const up = await idle({ idleSocketTimeout: 20 })
      const [socket] = up.sockets
      if (socket !== undefined) await once(socket, 'close')
      assert.equal(up.sockets.size, 0)
    })

    it('is closed before the shortest common limit of balancers, unless that is set otherwise', () => {
      const timeouts = (options: UpstreamOptions) =>
        Object.values(createAgents(options)).map(({ idleTimeout }) => idleTimeout)
      assert.deepEqual(timeouts({}), [56_000, 56_000])
      assert.deepEqual(timeouts({ idleSocketTimeout: 0 }), [0, 0])
    })

    it('does not end a slow answer', async () => {
      const late = Promise.withResolvers<void>()
      const up = await opened(forgetful((_req, res) => void late.promise.then(() => res.end('fine'))))
      const upstream = await opened(createUpstream({ idleSocketTimeout: 20 }))
      const answer = asks(upstream, up.url)()
      // Another connection has lain idle for as long in between.
      const other = await opened(scripted({}))
      await asks(upstream, other.url)()
      const [socket] = other.sockets
      if (socket !== undefined) await once(socket, 'close')
      late.resolve()
      assert.equal(await answer, 'fine')
    })
  })
})
