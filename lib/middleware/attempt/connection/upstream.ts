import type { ClientRequest, IncomingMessage } from 'node:http'
import { createProxyMiddleware, proxyEventsPlugin } from 'http-proxy-middleware'
import { RequestError, streamFailure } from '../../../errors.ts'
import { watchPeer } from '../../vanished-peers.ts'
import { type AgentOptions, type Agents, closeAllIdle, closeIdle, createAgents, keepNone } from './agents.ts'
import { type SocketUse, socketUses } from './socket-use.ts'
import { callOf, type ProxyCall, type RequestBytes, StandInRequest, StandInResponse } from './stand-ins.ts'

export interface UpstreamOptions extends AgentOptions {
  /** Replaces the keep-alive agents. */
  agents?: Agents
}

export interface Upstream {
  /**
   * Sends one request; resolves with the response, whatever its status, with its body unread. Rejects with a `connect` failure, or
   * with the signal's reason. The signal closes the connection at any time, also within the body.
   *
   * A kept connection that ends before any byte of an answer was stale: the other side had closed or forgotten it. The request
   * is then sent again, on a fresh connection.
   */
  send(request: RequestBytes, signal: AbortSignal, progress: ConnectionProgress): Promise<IncomingMessage>
  /** Closes idle connections, and with agents of our own each other one when its answer has ended. */
  close(): void
}

export interface ConnectionProgress {
  /** A connection is asked for; once more if the first was stale. */
  connecting(): void
  /** The connection stands, TLS included. */
  connected(): void
}

export function createUpstream(options: UpstreamOptions = {}): Upstream {
  const agents = options.agents ?? createAgents(options)
  const agentFor = ({ protocol }: URL) => (protocol === 'https:' ? agents.https : agents.http)

  /** The last one: most requests go where the one before went. */
  let origin: URL | undefined
  const originOf = (url: URL): URL => {
    if (origin?.host !== url.host || origin.protocol !== url.protocol) origin = new URL(url.origin)
    return origin
  }

  const proxy = createProxyMiddleware({
    selfHandleResponse: true,
    changeOrigin: true,
    router: (req, _res, settings) => {
      const call = callOf(req)
      call.signal.throwIfAborted()
      settings.agent = agentFor(call.url)
      return originOf(call.url)
    },
    // Without the plugin that answers in our place, and the one that logs each reset to the console.
    ejectPlugins: true,
    plugins: [proxyEventsPlugin],
    on: {
      proxyReq: (proxyReq, req) => callOf(req).onRequest(proxyReq),
      proxyRes: (proxyRes, req) => callOf(req).onResponse(proxyRes),
      error: (error, req) => callOf(req).onError(error),
      econnreset: (error, req) => callOf(req).onError(error),
    },
  })

  const useOf = socketUses()

  /** No closure here may hold `request`: they live as long as the answer, and its body may be megabytes. */
  const sendOnce = (
    request: RequestBytes,
    signal: AbortSignal,
    progress: ConnectionProgress,
    from: 'pool' | 'fresh',
  ): Promise<IncomingMessage> => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    let client: ClientRequest | undefined
    let use: SocketUse | undefined
    const res = new StandInResponse()

    const end = () => {
      res.destroy()
      client?.destroy()
      reject(signal.reason)
    }
    // Without a response it need not be an error to Node: it closes the connection after a 101.
    const onClose = () => call.onError(new Error('the connection was closed without a response'))
    const call: ProxyCall = {
      url: request.url,
      signal,
      onRequest(sent) {
        client = sent
        if (sent.socket !== null) {
          use = useOf(sent.socket)
          watchPeer(sent.socket)
        }
        sent.once('close', onClose)
        if (signal.aborted) end()
        else if (from === 'fresh' && use?.reused) sent.destroy()
        else whenConnected(sent, progress)
      },
      onResponse(response) {
        signal.removeEventListener('abort', end)
        if (client !== undefined) {
          release(client.off('close', onClose))
          closeOnAbort(client, response, signal)
        }
        res.finish()
        resolve(response)
      },
      onError(error) {
        signal.removeEventListener('abort', end)
        reject(use?.reused && use.isSilent() ? new StaleConnection(error) : error)
      },
    }
    // Before anything waits for the signal: it throws for a request that is none.
    const req = new StandInRequest(request, call)
    signal.addEventListener('abort', end, { once: true })
    progress.connecting()
    // The router's errors come to `next`, a broken stand-in's as a rejection.
    proxy(req.asIncomingMessage(), res.asServerResponse(), (error) => {
      if (error !== undefined) call.onError(error as Error)
    }).catch((error: Error) => call.onError(error))
    return promise
  }

  return {
    async send(request, signal, progress) {
      // Ends with the first fresh connection: each further turn has used up a kept one that came back meanwhile.
      for (let from: 'pool' | 'fresh' = 'pool'; ; from = 'fresh') {
        try {
          return await sendOnce(request, signal, progress, from)
        } catch (error) {
          signal.throwIfAborted()
          if (!(error instanceof StaleConnection)) throw connectFailure(error)
          // What else lies idle is as old, or older.
          closeIdle(agentFor(request.url), request.url)
        }
      }
    },
    close() {
      closeAllIdle(agents)
      // Others may use the application's.
      if (options.agents === undefined) keepNone(agents)
    },
  }
}

/** A kept connection that ended before any byte of an answer. */
class StaleConnection extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause })
  }
}

/** Takes httpxy's listeners off a request that is answered: they would keep the call, body included, for all of a stream. */
function release(request: ClientRequest): void {
  request.removeAllListeners('socket').removeAllListeners('response').removeAllListeners('error')
  request.on('error', ignore)
}

function ignore(): void {}

/** Outside of the call, of which nothing is to stay alive as long as the body does. */
function closeOnAbort(request: ClientRequest, response: IncomingMessage, signal: AbortSignal): void {
  const close = () => request.destroy()
  signal.addEventListener('abort', close, { once: true })
  response.once('close', () => signal.removeEventListener('abort', close))
  // The stages listen later; until then, and after them, an error must not be an unhandled one.
  response.on('error', ignore)
}

function whenConnected(request: ClientRequest, { connected }: ConnectionProgress): void {
  const socket = request.socket
  if (socket === null || !socket.connecting) connected()
  else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', connected)
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException | undefined)?.code ?? '')
}

/** The client learns the kind of failure, not our hosts and addresses. */
function connectFailure(cause: unknown): Error {
  // A host that the guard refuses.
  if (cause instanceof RequestError) return cause
  const code = codeOf(cause)
  return streamFailure('connect', `The provider could not be reached${code === '' ? '' : ` (${code})`}.`, cause)
}
