import http from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import type { Options } from '../../options.ts'
import { TCP_KEEP_ALIVE_MS } from '../tcp-keep-alive.ts'
import { lookup as sharedLookup } from './dns/lookup.ts'

/** The options of the keep-alive agents. */
export interface AgentOptions extends Pick<Options, 'maxSockets' | 'idleSocketTimeout'> {
  /** Replaces the process's own. */
  lookup?: LookupFunction
}

export interface Agents {
  http: http.Agent
  https: https.Agent
}

/** See `Options.idleSocketTimeout`. */
const IDLE_SOCKET_TIMEOUT = 56_000

export function createAgents({
  maxSockets = Number.POSITIVE_INFINITY,
  idleSocketTimeout = IDLE_SOCKET_TIMEOUT,
  lookup = sharedLookup,
}: AgentOptions): Agents {
  const settings: http.AgentOptions & { lookup?: LookupFunction } = {
    keepAlive: true,
    keepAliveMsecs: TCP_KEEP_ALIVE_MS,
    maxSockets,
    maxFreeSockets: 1024,
    // Closes idle sockets only: nobody listens to the `timeout` of a request.
    timeout: idleSocketTimeout,
    lookup,
  }
  return { http: new http.Agent(settings), https: new https.Agent(settings) }
}

/** Closes the idle connections to the URL's host and port. */
export function closeIdle(agent: http.Agent, { protocol, hostname, port }: URL): void {
  const host = hostname.replace(/^\[|\]$/g, '')
  const ofHost = `${host}:${port || (protocol === 'https:' ? 443 : 80)}:`
  for (const [name, sockets = []] of Object.entries(agent.freeSockets)) {
    if (name.startsWith(ofHost)) for (const socket of sockets) socket.destroy()
  }
}

/** Closes what is idle. An agent's own destroy() would close what is in use as well. */
export function closeAllIdle({ http, https }: Agents): void {
  for (const { freeSockets } of [http, https]) {
    for (const socket of Object.values(freeSockets).flat()) socket?.destroy()
  }
}

/** Has each connection that is in use closed when its answer has ended. */
export function keepNone({ http, https }: Agents): void {
  for (const agent of [http, https]) Object.assign(agent, { keepAlive: false })
}
