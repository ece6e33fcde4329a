import type { Server } from 'node:http'
import net, { type Socket } from 'node:net'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'

/** Turns of the event loop, the first of which has begun: in the second all that has come by now is read. */
const TURNS = 2

export interface Shutdown {
  readonly phase: Phase
  /** Goes on for `drainMs`, then takes nothing new, and resolves when the running answers have ended, or were cut after `graceMs`. */
  stop(patience: Patience): Promise<void>
}

/** `leaving`: all is answered as before, but who asks whether it is ready is told that it is not. `stopping`: nothing new is taken. */
export type Phase = 'serving' | 'leaving' | 'stopping'

/** How long what is asked and answered may take when all is to end, in milliseconds. */
export interface Patience {
  drainMs: number
  graceMs: number
}

/**
 * Ends a server without cutting an answer. `server.close()` alone does cut: it takes a connection for idle as soon as its
 * answer is written, also while most of that is still on its way to a slow client.
 */
export function shutdown(server: Server): Shutdown {
  /** How many answers each connection is busy with. */
  const connections = new Map<Socket, number>()
  let phase: Phase = 'serving'

  const endIfIdle = async (socket: Socket) => {
    if (phase !== 'stopping') return
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
    get phase() {
      return phase
    },
    async stop({ drainMs, graceMs }) {
      phase = 'leaving'
      if (drainMs > 0) await delay(drainMs)
      phase = 'stopping'
      const closed = new Promise<void>((resolve) => net.Server.prototype.close.call(server, () => resolve()))
      for (const socket of connections.keys()) void endIfIdle(socket)
      const timer = setTimeout(() => server.closeAllConnections(), graceMs)
      return closed.finally(() => clearTimeout(timer))
    },
  }
}
