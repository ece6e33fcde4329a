import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** A provider behind a balancer that forgets connections: the next request on such a one is answered with a reset. */
export interface Forgetful {
  url: string
  /** The connections that were opened, ever. */
  readonly connections: number
  /** The connections that stand. */
  readonly sockets: ReadonlySet<Socket>
  /** The requests that reached the provider. */
  readonly served: number
  /** The paths of the requests that were answered with a reset. */
  readonly resets: readonly string[]
  /** Forgets all the connections that stand. */
  forget(): void
  close(): Promise<void>
}

/** `forgetAt`: each connection is forgotten by itself once it has served so many requests. */
export async function forgetful(
  answer: (req: IncomingMessage, res: ServerResponse) => void,
  { forgetAt = Number.POSITIVE_INFINITY }: { forgetAt?: number } = {},
): Promise<Forgetful> {
  const sockets = new Set<Socket>()
  const forgotten = new WeakSet<Socket>()
  const requests = new WeakMap<Socket, number>()
  const counts = { connections: 0, served: 0 }
  const resets: string[] = []
  const server = http.createServer({ keepAliveTimeout: 0 }, (req, res) => {
    const before = requests.get(req.socket) ?? 0
    requests.set(req.socket, before + 1)
    if (forgotten.has(req.socket) || before >= forgetAt) {
      resets.push(req.url ?? '')
      req.socket.resetAndDestroy()
      return
    }
    counts.served += 1
    req.resume().once('end', () => answer(req, res))
  })
  server.on('connection', (socket) => {
    counts.connections += 1
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    resets,
    get connections() {
      return counts.connections
    },
    get served() {
      return counts.served
    },
    forget() {
      for (const socket of sockets) forgotten.add(socket)
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
