import type { ClientRequest } from 'node:http'
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { TCP_KEEP_ALIVE_MS } from '../../tcp-keep-alive.ts'
import { tlsSessions } from './tls-sessions.ts'

export interface KeepAliveOptions {
  protocol: 'http:' | 'https:'
  /** Connections to one host at most; more requests wait. */
  maxSockets: number
  /** How long an idle connection is kept, in milliseconds; 0: until the other side closes it. */
  idleTimeout: number
  /** How long a connection takes new requests, in milliseconds: a later one may resolve the host's name anew. */
  maxAge?: number
  lookup: LookupFunction
}

/** What `http.request` says of a connection that it wants. */
interface Wanted {
  readonly host?: string
  readonly port?: number | string
  readonly rejectUnauthorized?: boolean
}

interface Host {
  readonly name: string
  open: number
  /** Last used last. */
  readonly idle: Connection[]
  readonly waiting: { readonly request: ClientRequest; readonly wanted: Wanted }[]
}

interface Connection {
  readonly socket: Socket
  readonly host: Host
  readonly openedAt: number
  /** The request that uses it; undefined while it is idle. */
  request: ClientRequest | undefined
  /** What had come on it when it became idle. */
  bytesRead: number
}

const MAX_AGE_MS = 10 * 60_000
/** Idle connections to one host. */
const MAX_IDLE = 1024

/**
 * A keep-alive agent, in the form that `http.request` takes one. The connection that was used last is used first, so that those
 * that are not needed grow old. One that the other side has written to while it was idle serves no request: the next answer read
 * from it would be another's. docs/decisions/0021-an-agent-of-our-own.md has the reasons, and the figures beside Node's.
 */
export class KeepAliveAgent {
  readonly protocol: 'http:' | 'https:'
  readonly defaultPort: number
  readonly maxSockets: number
  /** In milliseconds; 0: none. */
  readonly idleTimeout: number
  /** False: a connection is closed when its answer has ended. */
  keepAlive = true
  readonly #maxAge: number
  readonly #lookup: LookupFunction
  readonly #hosts = new Map<string, Host>()
  readonly #sessions = tlsSessions()

  constructor({ protocol, maxSockets, idleTimeout, maxAge = MAX_AGE_MS, lookup }: KeepAliveOptions) {
    this.protocol = protocol
    this.defaultPort = protocol === 'https:' ? 443 : 80
    this.maxSockets = maxSockets
    this.idleTimeout = idleTimeout
    this.#maxAge = maxAge
    this.#lookup = lookup
  }

  /** Called by `http.request`. */
  addRequest(request: ClientRequest, wanted: Wanted): void {
    const host = this.#hostOf(`${wanted.host}:${wanted.port}`)
    const kept = takeUsable(host.idle)
    if (kept !== undefined) {
      request.reusedSocket = true
      kept.socket.ref()
      give(kept, request)
    } else if (host.open < this.maxSockets) give(this.#open(host, wanted), request)
    else host.waiting.push({ request, wanted })
  }

  /** Closes the idle connections to `host:port`, or all of them. */
  closeIdle(name?: string): void {
    for (const host of this.#hosts.values()) {
      if (name === undefined || host.name === name) for (const { socket } of host.idle.splice(0)) socket.destroy()
    }
  }

  #hostOf(name: string): Host {
    const known = this.#hosts.get(name)
    if (known !== undefined) return known
    const host: Host = { name, open: 0, idle: [], waiting: [] }
    this.#hosts.set(name, host)
    return host
  }

  #open(host: Host, wanted: Wanted): Connection {
    const socket = this.#connect(host.name, wanted)
    const connection = { socket, host, openedAt: performance.now(), request: undefined, bytesRead: 0 }
    host.open += 1
    socket.setTimeout(this.idleTimeout)
    socket
      // Of an answer that takes its time nobody minds it.
      .on('timeout', () => {
        if (host.idle.includes(connection)) socket.destroy()
      })
      // While it is idle nobody else listens.
      .on('error', () => {})
      .on('close', () => this.#closed(connection))
      // By `http.request`, when an answer has ended.
      .on('free', () => this.#free(connection))
    return connection
  }

  #connect(name: string, { host = 'localhost', port, rejectUnauthorized }: Wanted): Socket {
    const lookup = this.#lookup
    const tcp = {
      host,
      port: Number(port),
      lookup,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    }
    if (this.protocol === 'http:') return connectTcp(tcp)
    const session = this.#sessions.of(name)
    const socket = connectTls({
      ...tcp,
      ...(session !== undefined && { session }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
      servername: isIP(host) === 0 ? host : '',
      ALPNProtocols: ['http/1.1'],
    })
    this.#sessions.keepFrom(socket, name)
    return socket
  }

  #free(connection: Connection): void {
    const { socket, host } = connection
    const keep = this.#mayKeep(connection)
    connection.request = undefined
    if (!keep) {
      socket.destroy()
      return
    }
    const next = host.waiting.shift()
    if (next !== undefined) {
      give(connection, next.request)
      return
    }
    connection.bytesRead = socket.bytesRead
    host.idle.push(connection)
    socket.unref()
  }

  #mayKeep({ socket, host, openedAt, request }: Connection): boolean {
    const { idleTimeout } = this
    if (!this.keepAlive || !socket.writable || host.idle.length >= MAX_IDLE) return false
    if (performance.now() - openedAt >= this.#maxAge) return false
    const limit = announcedTimeout(request)
    if (limit !== undefined && limit <= 0) return false
    const timeout = limit !== undefined && (idleTimeout === 0 || limit < idleTimeout) ? limit : idleTimeout
    if (socket.timeout !== timeout) socket.setTimeout(timeout)
    return true
  }

  #closed(connection: Connection): void {
    const { host } = connection
    host.open -= 1
    const place = host.idle.indexOf(connection)
    if (place !== -1) host.idle.splice(place, 1)
    const next = host.waiting.shift()
    if (next !== undefined) give(this.#open(host, next.wanted), next.request)
    else if (host.open === 0) this.#hosts.delete(host.name)
  }
}

function give(connection: Connection, request: ClientRequest): void {
  connection.request = request
  request.onSocket(connection.socket)
}

function takeUsable(idle: Connection[]): Connection | undefined {
  for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) {
    if (kept.socket.writable && kept.socket.bytesRead === kept.bytesRead) return kept
    kept.socket.destroy()
  }
  return undefined
}

/** A request that is on its way when the other side closes is lost. */
const MARGIN_MS = 1000

/** What `Keep-Alive: timeout=5` allows, in milliseconds. */
function announcedTimeout(request: ClientRequest | undefined): number | undefined {
  const { res } = request as { res?: { headers: Record<string, string | undefined> } }
  const seconds = /^timeout=(\d+)/.exec(res?.headers['keep-alive'] ?? '')?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1000 - MARGIN_MS
}
