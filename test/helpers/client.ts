import { once } from 'node:events'
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { FetchLike } from '../../lib/fetch.ts'
import type { Chunk } from '../../lib/types/chunk.ts'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
  /** The body's frames as JSON; comments and `[DONE]` left out. */
  frames: (Chunk & {
    error?: { message: string; type: string; param: string | null; code: string | null }
    streamgate?: Record<string, unknown>
  })[]
  comments: string[]
  done: boolean
  /** Whether the connection broke before the body's end. */
  broken: boolean
  /** The text of choice 0. */
  text: string
  finish: (string | null)[]
}

export const HELLO = { model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] }

/** Sends a chat request and reads the answer to its end. */
export async function chat(url: string, body: unknown = HELLO, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await open(url, body, headers)
  return read(response)
}

/** Sends a chat request; answers the response with its body unread. */
export function open(url: string, body?: unknown, headers?: Record<string, string>): Promise<IncomingMessage> {
  return start(url, body, headers).response
}

/** A request that can leave at any time, also before its response came. */
export interface Started {
  response: Promise<IncomingMessage>
  destroy(): void
}

/** Sends a chat request. */
export function start(url: string, body: unknown = HELLO, more: Record<string, string> = {}): Started {
  const headers = { 'content-type': 'application/json', ...more }
  const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const started = (fetches.has(url) ? overFetch : overSocket)(url, bytes, headers)
  // Not all of them are waited for.
  started.response.catch(() => {})
  return started
}

function overSocket(url: string, body: string | Buffer, headers: Record<string, string>): Started {
  const request = http.request(`${url}/v1/chat/completions`, { method: 'POST', agent: false, headers })
  const response = once(request, 'response').then(([each]: IncomingMessage[]) => each as IncomingMessage)
  request.on('error', () => {})
  request.end(body)
  return { response, destroy: () => request.destroy() }
}

/** What `createFetch` answers at a URL that is none. */
const fetches = new Map<string, FetchLike>()
let named = 0

export function answerInProcess(fetch: FetchLike): { url: string; close(): void } {
  named += 1
  const url = `http://in-process-${named}.test`
  fetches.set(url, fetch)
  return { url, close: () => fetches.delete(url) }
}

function overFetch(url: string, body: string | Buffer, headers: Record<string, string>): Started {
  const left = new AbortController()
  const fetch = fetches.get(url) as FetchLike
  const answered = fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body, signal: left.signal })
  return { response: answered.then(asMessage), destroy: () => left.abort() }
}

/** A Response in the form that the scenarios read. */
function asMessage(response: Response): IncomingMessage {
  const head = { statusCode: response.status, headers: Object.fromEntries(response.headers) }
  return Object.assign(Readable.fromWeb(response.body as ReadableStream), head) as unknown as IncomingMessage
}

export async function read(response: IncomingMessage): Promise<Answer> {
  let body = ''
  let broken = false
  response.setEncoding('utf8')
  try {
    for await (const piece of response) body += piece
  } catch {
    broken = true
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body, broken, ...parse(body) }
}

export function parse(body: string): Pick<Answer, 'frames' | 'comments' | 'done' | 'text' | 'finish'> {
  const blocks = body.split('\n\n').filter((block) => block !== '')
  const comments = blocks.filter((block) => block.startsWith(':')).map((block) => block.slice(2))
  const data = blocks.filter((block) => block.startsWith('data: ')).map((block) => block.slice(6))
  const frames = data.filter((each) => each !== '[DONE]').map((each) => JSON.parse(each) as Answer['frames'][number])
  const first = frames.flatMap((each) => (each.choices ?? []).filter(({ index }) => index === 0))
  return {
    frames,
    comments,
    done: data.at(-1) === '[DONE]',
    text: first.map(({ delta }) => delta.content ?? '').join(''),
    finish: first.map(({ finish_reason }) => finish_reason).filter((reason) => reason !== null),
  }
}

/** A server around a connect-style handler, on port 0. */
export async function serve(
  handler: http.RequestListener,
): Promise<{ url: string; server: http.Server; close(): Promise<void> }> {
  const server = http.createServer(handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
