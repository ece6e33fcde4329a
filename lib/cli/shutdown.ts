import type { Server } from 'node:http'
import net, { type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

/** Turns of the event loop, the first of which has begun: in the second all that has come by now is read. */
const TURNS = 2

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

  const endIfIdle = async (socket: Socket) => {
    if (!stopping) return
    // A request may have come that was not read yet: closed upon it, the connection would be reset in place of an answer.
    for (let passed = 0; passed < TURNS; passed += 1) await turn()
    if (connections.get(socket) === 0) socket.destroySoon()
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
      void endIfIdle(socket)
    })
  })

  return {
    get stopping() {
      return stopping
    },
    stop(graceMs) {
      stopping = true
      const closed = new Promise<void>((resolve) => net.Server.prototype.close.call(server, () => resolve()))
      for (const socket of connections.keys()) void endIfIdle(socket)
      const timer = setTimeout(() => server.closeAllConnections(), graceMs)
      return closed.finally(() => clearTimeout(timer))
    },
  }
}
