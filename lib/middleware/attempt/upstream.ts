import { EventEmitter } from 'node:events'
import http, { type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { RequestError, streamFailure } from '../../errors.ts'
import type { HttpRequest } from '../../types/provider.ts'

/**
 * One HTTP exchange with a provider, through http-proxy-middleware. The only file that knows it.
 *
 * The proxy may never see the client's request and response: it would destroy the response when the upstream breaks, leave
 * listeners behind, rewrite the URL twice and copy the client's headers. Each exchange gets a stand-in pair instead, with
 * just what httpxy touches. See docs/decisions/0001-stand-ins.md; test/middleware/upstream.test.ts holds the contract.
 */

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
   * with the signal's reason. The signal ends the exchange at any time, the body included; `onConnected` tells when the
   * connection stands.
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
    ejectPlugins: true,
    router: (req, _res, settings) => {
      const exchange = exchangeOf(req)
      exchange.signal.throwIfAborted()
      settings.agent = exchange.url.protocol === 'https:' ? agents.https : agents.http
      return originOf(exchange.url)
    },
    plugins: [
      (server) => {
        server.on('proxyReq', (request, req) => exchangeOf(req).onRequest(request))
        server.on('proxyRes', (response, req) => exchangeOf(req).onResponse(response))
        server.on('error', (error, req) => exchangeOf(req as IncomingMessage).onError(error))
        server.on('econnreset', (error, req) => exchangeOf(req).onError(error))
      },
    ],
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
    const onClose = () => exchange.onError(new Error('the connection was closed without a response'))
    const exchange: Exchange = {
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
        reject(new ExchangeError(error, client?.reusedSocket === true))
      },
    }
    signal.addEventListener('abort', end, { once: true })
    const req = new StandInRequest(request, exchange)
    proxy(req as unknown as IncomingMessage, res as unknown as ServerResponse, (error) => {
      if (error !== undefined) exchange.onError(error as Error)
    }).catch((error: Error) => exchange.onError(error))
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

interface Exchange {
  url: URL
  signal: AbortSignal
  onRequest(request: ClientRequest): void
  onResponse(response: IncomingMessage): void
  onError(error: Error): void
}

class StandInRequest extends EventEmitter {
  readonly method = 'POST'
  readonly url: string
  readonly headers: Record<string, string>
  readonly httpVersion = '1.1'
  readonly httpVersionMajor = 1
  /** Without a writable socket httpxy reports ECONNRESET on another path and never settles. */
  readonly socket = { writable: true }
  readonly exchange: Exchange
  readonly #body: Buffer

  constructor({ url, headers, body }: HttpRequest, exchange: Exchange) {
    super()
    this.#body = Buffer.from(body)
    this.url = url.pathname + url.search
    this.headers = { ...headers, 'accept-encoding': 'identity', 'content-length': String(this.#body.length) }
    this.exchange = exchange
  }

  pipe(destination: ClientRequest): void {
    destination.end(this.#body)
  }
}

class StandInResponse extends EventEmitter {
  headersSent = false
  finished = false
  writableFinished = false
  writableEnded = false
  destroyed = false

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('close')
  }

  /** Tells httpxy that nobody writes to the stand-in: it leaves the response alone, and its part is over. */
  finish(): void {
    this.finished = true
    this.writableFinished = true
    this.emit('close')
    this.removeAllListeners()
  }
}

/** Takes httpxy's listeners off a request that is answered: they would keep the exchange, body included, for all of a stream. */
function release(request: ClientRequest): void {
  request.removeAllListeners('socket').removeAllListeners('response').removeAllListeners('error')
  request.on('error', ignore)
}

function ignore(): void {}

/** Outside of the exchange, of which nothing is to stay alive as long as the body does. */
function closeOnAbort(request: ClientRequest, response: IncomingMessage, signal: AbortSignal): void {
  const close = () => request.destroy()
  signal.addEventListener('abort', close, { once: true })
  response.once('close', () => signal.removeEventListener('abort', close))
  // The stages listen later; until then, and after them, an error must not be an unhandled one.
  response.on('error', ignore)
}

function exchangeOf(req: IncomingMessage): Exchange {
  return (req as unknown as StandInRequest).exchange
}

function whenConnected(request: ClientRequest, onConnected: () => void): void {
  const socket = request.socket
  if (socket === null || !socket.connecting) onConnected()
  else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', onConnected)
}

class ExchangeError extends Error {
  readonly reusedSocket: boolean

  constructor(cause: Error, reusedSocket: boolean) {
    super(cause.message, { cause })
    this.reusedSocket = reusedSocket
  }
}

function isStaleSocket(error: unknown): boolean {
  return error instanceof ExchangeError && error.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(codeOf(error.cause))
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException | undefined)?.code ?? '')
}

/** The client learns the kind of failure, not our hosts and addresses. */
function connectFailure(error: unknown): Error {
  const cause = error instanceof ExchangeError ? error.cause : error
  // A host that the guard refuses.
  if (cause instanceof RequestError) return cause
  const code = codeOf(cause)
  return streamFailure('connect', `The provider could not be reached${code === '' ? '' : ` (${code})`}.`, cause)
}
