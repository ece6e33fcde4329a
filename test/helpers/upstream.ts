import { once } from 'node:events'
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** What a scripted provider does with one request. */
export interface Reply {
  /** @default 200 */
  status?: number
  /** @default SSE */
  headers?: Record<string, string>
  /** Written one after the other, each flushed on its own. */
  chunks?: readonly (string | Buffer)[]
  /** Waited for before each chunk but the first. */
  gate?: () => Promise<unknown>
  /**
   * `end` cleanly, `cut` the connection (FIN), `reset` it (RST), or `hang`. @default 'end'
   */
  finish?: 'end' | 'cut' | 'reset' | 'hang'
  /** `before`: reset before any byte of an answer; `early`: as soon as the first bytes of the body came. */
  reset?: 'before' | 'early'
}

export interface Recorded {
  url: string
  headers: IncomingHttpHeaders
  body: string
  /** Resolves when the connection of this request is closed or its response is done. */
  closed: Promise<unknown>
}

export interface Scripted {
  /** `http://127.0.0.1:<port>` */
  url: string
  requests: Recorded[]
  /** Resolves with request number `n` (from 0) when it came. */
  request(n: number): Promise<Recorded>
  sockets: Set<Socket>
  close(): Promise<void>
}

/** A real server on port 0. Replies are used in turn; the last one again and again. */
export async function scripted(
  ...replies: readonly (Reply | ((req: IncomingMessage, res: ServerResponse, recorded: Recorded) => void))[]
): Promise<Scripted> {
  const requests: Recorded[] = []
  const sockets = new Set<Socket>()
  const arrivals = new http.Server()
  const server = http.createServer((req, res) => {
    const reply = replies[Math.min(requests.length, replies.length - 1)] ?? {}
    const recorded: Recorded = { url: req.url ?? '', headers: req.headers, body: '', closed: once(res, 'close') }
    requests.push(recorded)
    if (typeof reply === 'object' && reply.reset === 'early') {
      req.once('data', () => req.socket.resetAndDestroy())
      return
    }
    req.setEncoding('utf8')
    req.on('error', () => {})
    req.on('data', (text: string) => {
      recorded.body += text
    })
    req.on('end', () => {
      arrivals.emit('arrived')
      if (typeof reply === 'function') reply(req, res, recorded)
      else void play(reply, req, res)
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sockets,
    async request(n) {
      for (;;) {
        const recorded = requests[n]
        if (recorded !== undefined) return recorded
        await once(arrivals, 'arrived')
      }
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Answers a request as this reply says. For a server whose replies are chosen while it runs. */
export async function play(
  { status = 200, headers, chunks = [], gate, finish = 'end', reset }: Reply,
  req: IncomingMessage,
  res: ServerResponse,
) {
  if (reset === 'before') {
    req.socket.resetAndDestroy()
    return
  }
  res.writeHead(status, headers ?? { 'content-type': status === 200 ? 'text/event-stream' : 'application/json' })
  res.flushHeaders()
  for (const [index, chunk] of chunks.entries()) {
    if (index > 0) await gate?.()
    if (res.destroyed) return
    await new Promise<void>((resolve) => res.write(chunk, () => resolve()))
  }
  if (finish === 'end') res.end()
  if (finish === 'cut') res.socket?.end()
  if (finish === 'reset') res.socket?.resetAndDestroy()
}

/** Where nobody listens: below the ports that are given out, lest a test beside this one gets it. */
export const REFUSED_URL = 'http://127.0.0.1:1023'

// ------------------------------------------------------------------------------------------------- streams of OpenAI

/** One SSE frame. */
export function frame(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

export function openaiChunk(
  delta: unknown,
  finish_reason: string | null = null,
  more: Record<string, unknown> = {},
): string {
  const choices = [{ index: 0, delta, finish_reason, logprobs: null }]
  return frame({
    id: 'chatcmpl-up',
    object: 'chat.completion.chunk',
    created: 1700000000,
    model: 'gpt-up',
    choices,
    ...more,
  })
}

export const ROLE = openaiChunk({ role: 'assistant', content: '' })
export const text = (content: string) => openaiChunk({ content })
export const STOP = openaiChunk({}, 'stop')
export const USAGE = frame({
  id: 'chatcmpl-up',
  object: 'chat.completion.chunk',
  created: 1700000000,
  model: 'gpt-up',
  choices: [],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
})
export const DONE = frame('[DONE]')

/** A whole answer of these words. */
export function answer(...words: string[]): string[] {
  return [ROLE, ...words.map(text), STOP, USAGE, DONE]
}

/** The answer `first second`, of which the second half waits for `release`. */
export function held(): Reply & { release(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const chunks = answer('first', ' second')
  const halves = [chunks.slice(0, 2).join(''), chunks.slice(2).join('')]
  return { chunks: halves, gate: () => promise, release: resolve }
}
