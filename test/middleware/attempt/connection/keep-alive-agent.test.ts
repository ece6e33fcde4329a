import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import http, { type IncomingMessage, type RequestListener } from 'node:http'
import https from 'node:https'
import type { AddressInfo, LookupFunction, Server, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import {
  KeepAliveAgent,
  type KeepAliveOptions,
} from '../../../../lib/middleware/attempt/connection/keep-alive-agent.ts'
import { CERTIFICATE } from '../../../helpers/certificate.ts'

describe('the agent for providers', () => {
  const servers: Server[] = []
  const agents: KeepAliveAgent[] = []
  afterEach(() => {
    for (const agent of agents.splice(0)) agent.closeIdle()
    for (const server of servers.splice(0)) server.close()
  })

  const loopback: LookupFunction = (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }])
  const agentWith = (options: Partial<KeepAliveOptions> = {}) => {
    const agent = new KeepAliveAgent({
      ...{ protocol: 'http:', maxSockets: Number.POSITIVE_INFINITY, idleTimeout: 0, lookup: loopback },
      ...options,
    })
    agents.push(agent)
    return agent
  }
  /** A server, and the connections to it in their order. */
  const serverWith = async (answer: RequestListener, server: Server = http.createServer()) => {
    const sockets: Socket[] = []
    server.on('request', answer)
    server.on('connection', (socket: Socket) => sockets.push(socket))
    servers.push(server)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return { sockets, port: (server.address() as AddressInfo).port }
  }
  const named: RequestListener = (req, res) => void res.end(`${req.socket.remotePort}`)
  /** Sends a request, and reads its answer to the end, when its connection is free again. */
  const send = async (agent: KeepAliveAgent, port: number, path = '/') => {
    const options = { agent: agent as unknown as http.Agent, host: '127.0.0.1', port, path }
    const sent = http.get(options)
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const { socket } = response
    const text = (await response.setEncoding('utf8').toArray()).join('')
    if (!sent.closed) await once(sent, 'close')
    return { text, socket }
  }
  const ask = async (...request: Parameters<typeof send>) => (await send(...request)).text

  it('uses the connection that was used last', async () => {
    const held: (() => void)[] = []
    const { port } = await serverWith((req, res) => {
      if (req.url === '/held') held.push(() => named(req, res))
      else named(req, res)
      if (held.length === 3) for (const release of held.splice(0)) setImmediate(release)
    })
    const agent = agentWith()
    const order: string[] = []
    await Promise.all([1, 2, 3].map(async () => order.push(await ask(agent, port, '/held'))))
    assert.equal(new Set(order).size, 3)
    assert.deepEqual([await ask(agent, port), await ask(agent, port)], [order[2], order[2]])
  })

  it('never reads what came on an idle connection as the next answer', async () => {
    const { sockets, port } = await serverWith(named)
    const agent = agentWith()
    const { text: first, socket: kept } = await send(agent, port)
    const before = kept.bytesRead
    sockets[0]?.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong')
    while (kept.bytesRead === before) await new Promise(setImmediate)
    const second = await ask(agent, port)
    assert.match(second, /^\d+$/)
    assert.notEqual(second, first)
  })

  it('keeps no connection longer than the other side says that it does', async () => {
    for (const [announced, connections] of [
      ['timeout=1', 2],
      ['timeout=60', 1],
    ] as const) {
      const { sockets, port } = await serverWith((req, res) => {
        res.setHeader('keep-alive', announced)
        named(req, res)
      })
      const agent = agentWith()
      await ask(agent, port)
      await ask(agent, port)
      assert.equal(sockets.length, connections, announced)
    }
  })

  it('closes a connection that is idle for too long', async () => {
    const { sockets, port } = await serverWith(named)
    await ask(agentWith({ idleTimeout: 10 }), port)
    const [socket] = sockets
    if (socket !== undefined && !socket.destroyed) await once(socket.resume(), 'close')
  })

  it('gives no new request to a connection that is too old', async () => {
    const { sockets, port } = await serverWith(named)
    const agent = agentWith({ maxAge: 0 })
    await ask(agent, port)
    await ask(agent, port)
    assert.equal(sockets.length, 2)
  })

  it('has more requests than maxSockets wait, those of other hosts not', async () => {
    const [{ sockets, port }, other] = [await serverWith(named), await serverWith(named)]
    const agent = agentWith({ maxSockets: 1 })
    const answers = await Promise.all([ask(agent, port), ask(agent, port), ask(agent, port), ask(agent, other.port)])
    assert.deepEqual([sockets.length, other.sockets.length, new Set(answers).size], [1, 1, 2])
  })

  it('opens another connection for who waits, where one is closed', async () => {
    const { sockets, port } = await serverWith((req, res) => {
      res.setHeader('connection', 'close')
      named(req, res)
    })
    const agent = agentWith({ maxSockets: 1 })
    await Promise.all([ask(agent, port), ask(agent, port)])
    assert.equal(sockets.length, 2)
  })

  it('keeps none when that is switched off', async () => {
    const { sockets, port } = await serverWith(named)
    const agent = agentWith()
    const answered = ask(agent, port)
    agent.keepAlive = false
    await answered
    await ask(agent, port)
    assert.equal(sockets.length, 2)
  })

  it('leaves each answer in the context of its request', async () => {
    const { port } = await serverWith(named)
    const agent = agentWith()
    const context = new AsyncLocalStorage<number>()
    for (const id of [1, 2]) {
      const seen = await context.run(id, async () => {
        const sent = http.get({ agent: agent as unknown as http.Agent, host: '127.0.0.1', port })
        const [response] = (await once(sent, 'response')) as [IncomingMessage]
        const { promise, resolve } = Promise.withResolvers<number | undefined>()
        response.on('data', () => resolve(context.getStore()))
        return promise
      })
      assert.equal(seen, id)
    }
  })

  describe('over TLS', () => {
    const askSafely = async (agent: KeepAliveAgent, port: number, host = '127.0.0.1') => {
      const options = { host, port, rejectUnauthorized: false, agent: agent as unknown as https.Agent }
      const [response] = (await once(https.get(options), 'response')) as [IncomingMessage]
      const socket = response.socket as TLSSocket & { servername: string | false }
      const { alpnProtocol, servername } = socket
      const resumed = socket.isSessionReused()
      await response.toArray()
      return { alpnProtocol, servername, resumed }
    }
    const secure = () => serverWith(named, https.createServer(CERTIFICATE))

    it('names the host, unless it is an address, and speaks HTTP/1.1', async () => {
      const { port } = await secure()
      const agent = agentWith({ protocol: 'https:' })
      const spoken = []
      for (const host of ['provider.test', '127.0.0.1']) {
        const { servername, alpnProtocol } = await askSafely(agent, port, host)
        spoken.push([servername || undefined, alpnProtocol])
      }
      assert.deepEqual(spoken, [
        ['provider.test', 'http/1.1'],
        [undefined, 'http/1.1'],
      ])
    })

    it('takes up the session of the connection before', async () => {
      const { port } = await secure()
      const agent = agentWith({ protocol: 'https:' })
      const first = await askSafely(agent, port)
      agent.closeIdle()
      const second = await askSafely(agent, port)
      assert.deepEqual([first.resumed, second.resumed], [false, true])
    })
  })
})
