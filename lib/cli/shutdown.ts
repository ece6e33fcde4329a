import type { Server } from 'node:http'
import net, { type Socket } from 'node:net'

export interface Shutdown {
  readonly stopping: boolean
  /** Takes no new connections and resolves when the running answers have ended, or were cut after `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/**
 * Ends a server without cutting an answer. `server.close()` alone does cut: it takes a connection for idle as soon as its
 * answer is written, also while most of that is still on its way to a slow client.
 */
export function shutdown(server: Server): Shutdown {
  /** How many answers each connection is busy with. */
  const connections = new Map<Socket, number>()
  let stopping = false

  const endIfIdle = (socket: Socket) => {
    if (stopping && connections.get(socket) === 0) socket.destroySoon()
  }
  const count = (socket: Socket, change: number) => {
    const answers = connections.get(socket)
    if (answers !== undefined) connections.set(socket, answers + change)
  }
  server.on('connection', (socket) => {
    connections.set(socket, 0)
    socket.once('close', () => connections.delete(socket))
  })
  server.on('request', ({ socket }, res) => {
    count(socket, 1)
    res.once('close', () => {
      count(socket, -1)
      endIfIdle(socket)
    })
  })

  return {
    get stopping() {
      return stopping
    },
    stop(graceMs) {
      stopping = true
      const closed = new Promise<void>((resolve) => net.Server.prototype.close.call(server, () => resolve()))
      for (const socket of connections.keys()) endIfIdle(socket)
      const timer = setTimeout(() => server.closeAllConnections(), graceMs)
      return closed.finally(() => clearTimeout(timer))
    },
  }
}
