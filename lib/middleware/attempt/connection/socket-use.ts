import type { Socket } from 'node:net'

/** One request's use of a connection. */
export interface SocketUse {
  /** Whether a request before this one used the connection. */
  readonly reused: boolean
  /** Whether nothing has come since this request took the connection. */
  isSilent(): boolean
}

/**
 * Notes which connections have carried a request. `ClientRequest.reusedSocket` does not say so of one that goes from an ended
 * request straight to one that waits in the agent's queue.
 */
export function socketUses(): (socket: Socket) => SocketUse {
  const used = new WeakSet<Socket>()
  return (socket) => {
    const reused = used.has(socket)
    used.add(socket)
    const before = socket.bytesRead
    return { reused, isSilent: () => socket.bytesRead === before }
  }
}
