import { once } from 'node:events'
import http, { type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { DONE, openaiChunk, ROLE, STOP, text } from '../../test/helpers/upstream.ts'

/** What every provider says: so that an answer which broke can be gone on with, and compared. */
const WORDS = Array.from({ length: 40 }, (_, n) => `word ${n}, `)
export const WHOLE = WORDS.join('')

const GAP_MS = 50

/** What a provider does to a part of the requests. */
export type Fault = 'reset' | 'stall' | 'slow' | 'forget'

export interface Provider {
  readonly name: string
  readonly port: number
  /** The requests, by the id in their prompt, that it let down. */
  readonly letDown: ReadonlySet<string>
  close(): void
}

export interface ProviderOptions {
  readonly name: string
  readonly fault: Fault
  /** Part of the requests, or of the connections each second, from 0 to 1. */
  readonly share: number
  readonly random: () => number
}

/** A provider of OpenAI's API with one kind of trouble. */
export async function openProvider({ name, fault, share, random }: ProviderOptions): Promise<Provider> {
  const letDown = new Set<string>()
  const sockets = new Set<Socket>()
  const forgotten = new WeakSet<Socket>()

  const server = http.createServer({ keepAliveTimeout: 0 }, async (req, res) => {
    const id = await idOf(req)
    // A balancer that has forgotten the connection: nothing of the request reaches the provider.
    if (forgotten.has(req.socket)) return req.socket.resetAndDestroy()
    const isTroubled = fault !== 'forget' && random() < share
    if (isTroubled && fault !== 'slow') letDown.add(id)
    const whole = [ROLE, ...WORDS.map(text), openaiChunk({}), STOP, DONE]
    const at = Math.floor(random() * WORDS.length)
    if (!isTroubled) return play(res, whole, GAP_MS)
    if (fault === 'slow') return play(res, whole, 4 * GAP_MS)
    await play(res, whole.slice(0, at), GAP_MS, false)
    // A stall: the connection stays, and nothing more comes.
    if (fault === 'reset') res.socket?.resetAndDestroy()
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const forgetting = setInterval(() => {
    if (fault === 'forget') for (const socket of sockets) if (random() < share) forgotten.add(socket)
  }, 1000)
  return {
    name,
    port: (server.address() as AddressInfo).port,
    letDown,
    close() {
      clearInterval(forgetting)
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The id that the client has put into its prompt, wherever a continuation has put that. */
async function idOf(req: http.IncomingMessage): Promise<string> {
  const body = (await req.setEncoding('utf8').toArray()).join('')
  return /"id (\d+)"/.exec(body)?.[1] ?? ''
}

async function play(res: ServerResponse, frames: readonly string[], gap: number, ends = true): Promise<void> {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.flushHeaders()
  for (const frame of frames) {
    if (res.destroyed) return
    res.write(frame)
    await new Promise((resolve) => setTimeout(resolve, gap))
  }
  if (ends) res.end()
}
