import { EventEmitter } from 'node:events'
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { HttpRequest } from '../../../types/provider.ts'

/**
 * The pair that http-proxy-middleware gets in place of the client's request and response, with just what httpxy touches.
 * Given the real pair, the proxy would destroy the response when the upstream breaks, leave listeners behind, rewrite the URL
 * twice and copy the client's headers. See docs/decisions/0001-stand-ins.md; test/middleware/attempt/connection/upstream.test.ts holds
 * the contract.
 */

/** One request on its way through the proxy: where it goes, and who hears of it. */
export interface ProxyCall {
  readonly url: URL
  readonly signal: AbortSignal
  onRequest(request: ClientRequest): void
  onResponse(response: IncomingMessage): void
  onError(error: Error): void
}

/** A request as it is sent: of the text that it was encoded as nothing need be kept. */
export interface RequestBytes extends Pick<HttpRequest, 'url' | 'headers'> {
  body: Buffer
}

/** The call that a request of the proxy's events belongs to. */
export function callOf(req: IncomingMessage): ProxyCall {
  return (req as unknown as StandInRequest).call
}

export class StandInRequest extends EventEmitter {
  readonly method = 'POST'
  readonly url: string
  readonly headers: Record<string, string>
  readonly httpVersion = '1.1'
  readonly httpVersionMajor = 1
  /** Without a writable socket httpxy reports ECONNRESET on another path and never settles. */
  readonly socket = { writable: true }
  readonly call: ProxyCall
  readonly #body: Buffer

  constructor({ url, headers, body }: RequestBytes, call: ProxyCall) {
    super()
    this.#body = body
    this.url = url.pathname + url.search
    this.headers = { ...headers, 'accept-encoding': 'identity', 'content-length': String(body.length) }
    this.call = call
  }

  pipe(destination: ClientRequest): void {
    destination.end(this.#body)
  }

  asIncomingMessage(): IncomingMessage {
    return this as unknown as IncomingMessage
  }
}

export class StandInResponse extends EventEmitter {
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

  /** Ends the proxy's part: httpxy leaves the provider's response alone once nobody writes to its own. */
  finish(): void {
    this.finished = true
    this.writableFinished = true
    this.emit('close')
    this.removeAllListeners()
  }

  asServerResponse(): ServerResponse {
    return this as unknown as ServerResponse
  }
}
