import type http from 'node:http'
import type https from 'node:https'
import type { LookupFunction } from 'node:net'
import type { Options } from '../../../options.ts'
import { lookup as sharedLookup } from './dns/lookup.ts'
import { KeepAliveAgent } from './keep-alive-agent.ts'

/** The options of the keep-alive agents. */
export interface AgentOptions extends Pick<Options, 'maxSockets' | 'idleSocketTimeout'> {
  /** Replaces the process's own. */
  lookup?: LookupFunction
}

/** Ours, or the application's. */
export interface Agents {
  http: KeepAliveAgent | http.Agent
  https: KeepAliveAgent | https.Agent
}

/** See `Options.idleSocketTimeout`. */
const IDLE_SOCKET_TIMEOUT = 56_000

export function createAgents({
  maxSockets = Number.POSITIVE_INFINITY,
  idleSocketTimeout: idleTimeout = IDLE_SOCKET_TIMEOUT,
  lookup = sharedLookup,
}: AgentOptions): Record<'http' | 'https', KeepAliveAgent> {
  const options = { maxSockets, idleTimeout, lookup }
  return {
    http: new KeepAliveAgent({ ...options, protocol: 'http:' }),
    https: new KeepAliveAgent({ ...options, protocol: 'https:' }),
  }
}

/** Closes the idle connections to the URL's host and port. */
export function closeIdle(agent: Agents['http' | 'https'], { protocol, hostname, port }: URL): void {
  const host = hostname.replace(/^\[|\]$/g, '')
  const name = `${host}:${port || (protocol === 'https:' ? 443 : 80)}`
  if (agent instanceof KeepAliveAgent) {
    agent.closeIdle(name)
    return
  }
  for (const [key, sockets = []] of Object.entries(agent.freeSockets)) {
    if (key.startsWith(`${name}:`)) for (const socket of sockets) socket.destroy()
  }
}

/** Closes what is idle. An agent's own destroy() would close what is in use as well. */
export function closeAllIdle({ http, https }: Agents): void {
  for (const agent of [http, https]) {
    if (agent instanceof KeepAliveAgent) agent.closeIdle()
    else for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy()
  }
}

/** Has each connection that is in use closed when its answer has ended. */
export function keepNone({ http, https }: Agents): void {
  for (const agent of [http, https]) Object.assign(agent, { keepAlive: false })
}
