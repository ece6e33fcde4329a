import type { IncomingHttpHeaders } from 'node:http'
import { Readable, Writable } from 'node:stream'
import type { ReadableStreamDefaultController, ReadableStreamDefaultReader } from 'node:stream/web'
import type { StreamgateConfig } from './config.ts'
import { dialectIn } from './dialects/index.ts'
import { besideIn } from './middleware/beside/beside.ts'
import type { StreamgateRequest, StreamgateResponse } from './middleware/mount.ts'
import { streamgate } from './middleware/streamgate.ts'
import type { Options } from './options.ts'

/**
 * The middleware as a `fetch`, with no socket between: for SDKs in the same process, and for frameworks that answer a Request
 * with a Response. The middleware gets a stand-in pair, with just what it touches of a request and a response of `node:http`.
 */

/** The middleware's options, and what becomes of all other requests. */
export interface FetchOptions<Custom extends string = string> extends Options<Custom> {
  /** A `fetch` for every request of no dialect. @default they are a 404, in the words of the path's dialect */
  next?: FetchLike
}

/** Node's `fetch`, and what SDKs take for one. */
export type FetchLike = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** Fits wherever a `fetch` is taken. */
export interface StreamgateFetch extends FetchLike {
  /** Closes idle connections to the providers; running streams go on. */
  close(): void
}

/**
 * A `fetch` that answers `POST …/chat/completions` and the other dialects, whatever stands before the path, from the targets of `config`:
 * `new OpenAI({ fetch: createFetch(config) })`. Every failure is a Response with the envelope of the path's dialect, or
 * the last frame of a stream. It rejects with the reason of the signal, and with a TypeError for what no fetch takes: no URL, a body that was
 * read before. Aborting the signal and cancelling the body stop the provider at once. Throws ConfigError.
 *
 * @example
 * const fetch = createFetch({ provider: 'anthropic', api_key: process.env.ANTHROPIC_API_KEY })
 * const client = new OpenAI({ apiKey: 'unused', fetch })
 */
export function createFetch<Custom extends string = never>(
  config: StreamgateConfig<NoInfer<Custom>>,
  options: FetchOptions<Custom> = {},
): StreamgateFetch {
  const gate = streamgate(config, options)

  const answer: FetchLike = async (input, init) => {
    const asked = askedOf(input, init)
    if (options.next !== undefined && ownPath(asked) === undefined) return options.next(input, init)
    asked.signal?.throwIfAborted()
    const res = new StandInResponse(asked.signal)
    const req = new StandInRequest(asked)
    res.once('close', () => req.destroy())
    gate(req as unknown as StreamgateRequest, res as unknown as StreamgateResponse)
    return res.answer
  }
  return Object.assign(answer, { close: gate.close })
}

interface Asked {
  method: string
  path: string
  /** With its question mark; empty if there is none. */
  query: string
  headers: Headers
  body: RequestInit['body']
  signal: AbortSignal | undefined
}

/**
 * What `new Request(input, init)` would hold. By hand, since frameworks hand over Requests that are not of this class, and
 * since the signal of a new Request follows the caller's only as long as it is not collected.
 */
function askedOf(input: string | URL | Request, init: RequestInit = {}): Asked {
  const request = typeof input === 'object' && 'headers' in input ? input : undefined
  if (request?.bodyUsed && init.body == null) {
    throw new TypeError('The body of this Request was read before; hand over what was read as well, as { body }.')
  }
  return {
    method: (init.method ?? request?.method ?? 'GET').toUpperCase(),
    ...placeOf(request?.url ?? String(input)),
    headers: new Headers(init.headers ?? request?.headers),
    body: init.body ?? request?.body,
    signal: init.signal ?? request?.signal ?? undefined,
  }
}

function placeOf(url: string): Pick<Asked, 'path' | 'query'> {
  const { pathname, search } = new URL(url)
  return { path: pathname, query: search }
}

/** The path from the mount on; undefined if the request is none of the middleware's. */
function ownPath({ method, path }: Asked): string | undefined {
  return (method === 'POST' ? dialectIn(path)?.path : undefined) ?? besideIn(method, path)
}

class StandInRequest extends Readable {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly #body: ReadableStreamDefaultReader<Uint8Array> | undefined

  constructor(asked: Asked) {
    super()
    const { method, path, query, headers, body } = asked
    this.method = method
    this.url = (ownPath(asked) ?? path) + query
    this.headers = Object.fromEntries(headers)
    // Heard by who reads it. Nobody does after that.
    this.on('error', () => {})
    if (typeof body !== 'string') this.#body = new Response(body ?? '').body?.getReader()
    else {
      this.push(body)
      this.push(null)
    }
  }

  override _read(): void {
    this.#body?.read().then(
      ({ done, value }) => this.push(done ? null : value),
      (cause) => this.destroy(Object.assign(new Error('aborted', { cause }), { code: 'ECONNRESET' })),
    )
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#body?.cancel().catch(() => {})
    done(error)
  }
}

/** What is written to it is the body of a Response, handed on as it is read: what is not read waits, and makes the writer wait. */
class StandInResponse extends Writable {
  headersSent = false
  locals?: Record<string, unknown>
  /** As far as the heartbeat looks. */
  readonly socket = { bytesWritten: 0 }
  readonly #head = Promise.withResolvers<Response>()
  readonly #headers = new Headers()
  #body: ReadableStreamDefaultController<Uint8Array> | undefined
  #taken: (() => void) | undefined
  #idle: NodeJS.Timeout | undefined

  constructor(signal: AbortSignal | undefined) {
    super({ decodeStrings: false })
    const stop = () => this.destroy()
    signal?.addEventListener('abort', stop, { once: true })
    this.once('close', () => {
      signal?.removeEventListener('abort', stop)
      clearTimeout(this.#idle)
      // The answer was read to its end.
      if (this.writableFinished) return
      const reason = signal?.aborted ? signal.reason : new TypeError('The answer was broken off.')
      this.#body?.error(reason)
      this.#head.reject(reason)
    })
  }

  get answer(): Promise<Response> {
    return this.#head.promise
  }

  getHeader(name: string): string | undefined {
    return this.#headers.get(name) ?? undefined
  }

  setHeader(name: string, value: string | number): void {
    this.#headers.set(name, String(value))
  }

  writeHead(status: number, headers: Record<string, string | number>): void {
    for (const [name, value] of Object.entries(headers)) this.setHeader(name, value)
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#body = controller
        },
        pull: () => this.#onRead(),
        cancel: () => void this.destroy(),
      },
      // The queue is the Writable's own.
      { highWaterMark: 0 },
    )
    this.#head.resolve(new Response(body, { status, headers: this.#headers }))
    this.headersSent = true
  }

  /** Calls back when nothing of the answer was read for `ms` milliseconds. */
  setTimeout(ms: number, onTimeout: () => void): void {
    clearTimeout(this.#idle)
    // An answer that nobody reads does not keep the process.
    if (!this.destroyed) this.#idle = setTimeout(onTimeout, ms).unref()
  }

  #onRead(): void {
    this.#idle?.refresh()
    const taken = this.#taken
    this.#taken = undefined
    taken?.()
  }

  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    // Never a piece of Node's pool: its reader may transfer it.
    const bytes = typeof chunk === 'string' ? encoder.encode(chunk) : new Uint8Array(chunk)
    this.socket.bytesWritten += bytes.length
    this.#taken = done
    this.#body?.enqueue(bytes)
  }

  override _final(done: () => void): void {
    this.#body?.close()
    done()
  }
}

const encoder = new TextEncoder()
