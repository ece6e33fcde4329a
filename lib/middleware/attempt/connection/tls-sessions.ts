import type { TLSSocket } from 'node:tls'

/** TLS sessions of hosts, so that the next connection to one needs a shorter handshake. */
export interface TlsSessions {
  /** The last one of this host. */
  of(host: string): Buffer | undefined
  /** Keeps the sessions that the host gives on this connection, and forgets them if it fails. */
  keepFrom(socket: TLSSocket, host: string): void
}

/** `most`: hosts that are remembered. */
export function tlsSessions(most = 100): TlsSessions {
  const sessions = new Map<string, Buffer>()
  return {
    of: (host) => sessions.get(host),
    keepFrom(socket, host) {
      socket.on('session', (session) => {
        sessions.delete(host)
        sessions.set(host, session)
        const [oldest] = sessions.keys()
        if (sessions.size > most && oldest !== undefined) sessions.delete(oldest)
      })
      socket.on('close', (failed) => {
        if (failed) sessions.delete(host)
      })
    },
  }
}
