import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { createProxyMiddleware, proxyEventsPlugin } from 'http-proxy-middleware'
import { RequestError, streamFailure } from '../../errors.ts'
import type { HttpRequest } from '../../types/provider.ts'
import { callOf, type ProxyCall, StandInRequest, StandInResponse } from './stand-ins.ts'

/** Sends one request to a provider, through http-proxy-middleware. */

export interface UpstreamOptions {
  /** Sockets a host at most; more requests wait. @default Infinity */
  maxSockets?: number
  /** Replaces the keep-alive agents. */
  agents?: { http: http.Agent; https: https.Agent }
  /** Replaces the DNS lookup. */
  lookup?: LookupFunction
}

export interface Upstream {
  /**
   * Sends one request; answers the response, whatever its status, with its body unread. Rejects with a `connect` failure, or
   * with the signal's reason. The signal closes the connection at any time, also within the body; `onConnected` is called
   * when the connection stands.
   */
  send(request: HttpRequest, signal: AbortSignal, onConnected: () => void): Promise<IncomingMessage>
  /** Closes idle connections. */
  close(): void
}

export function createUpstream(options: UpstreamOptions = {}): Upstream {
  const settings = {
    keepAlive: true,
    maxSockets: options.maxSockets ?? Number.POSITIVE_INFINITY,
    maxFreeSockets: 1024,
    ...(options.lookup && { lookup: options.lookup }),
  }
  const agents = options.agents ?? { http: new http.Agent(settings), https: new https.Agent(settings) }

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
      settings.agent = call.url.protocol === 'https:' ? agents.https : agents.http
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

  /** No closure here may hold `request`: they live as long as the answer, and its body may be megabytes. */
  const once = (request: HttpRequest, signal: AbortSignal, onConnected: () => void): Promise<IncomingMessage> => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    let client: ClientRequest | undefined
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
        sent.once('close', onClose)
        if (signal.aborted) end()
        else whenConnected(sent, onConnected)
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
        reject(new SendError(error, client?.reusedSocket === true))
      },
    }
    signal.addEventListener('abort', end, { once: true })
    // The router's errors come to `next`, a broken stand-in's as a rejection.
    proxy(new StandInRequest(request, call).asIncomingMessage(), res.asServerResponse(), (error) => {
      if (error !== undefined) call.onError(error as Error)
    }).catch((error: Error) => call.onError(error))
    return promise
  }

  return {
    async send(request, signal, onConnected) {
      try {
        try {
          return await once(request, signal, onConnected)
        } catch (error) {
          // The provider closed a kept connection while we took it: nothing was processed, so one more try is free.
          if (!isStaleSocket(error) || signal.aborted) throw error
          return await once(request, signal, onConnected)
        }
      } catch (error) {
        signal.throwIfAborted()
        throw connectFailure(error)
      }
    },
    close() {
      agents.http.destroy()
      agents.https.destroy()
    },
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

function whenConnected(request: ClientRequest, onConnected: () => void): void {
  const socket = request.socket
  if (socket === null || !socket.connecting) onConnected()
  else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', onConnected)
}

class SendError extends Error {
  readonly reusedSocket: boolean

  constructor(cause: Error, reusedSocket: boolean) {
    super(cause.message, { cause })
    this.reusedSocket = reusedSocket
  }
}

function isStaleSocket(error: unknown): boolean {
  return error instanceof SendError && error.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(codeOf(error.cause))
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException | undefined)?.code ?? '')
}

/** The client learns the kind of failure, not our hosts and addresses. */
function connectFailure(error: unknown): Error {
  const cause = error instanceof SendError ? error.cause : error
  // A host that the guard refuses.
  if (cause instanceof RequestError) return cause
  const code = codeOf(cause)
  return streamFailure('connect', `The provider could not be reached${code === '' ? '' : ` (${code})`}.`, cause)
}
