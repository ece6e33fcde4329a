/** The provider of the bench: plays the script that a request's model names. Prints nothing, counts what it wrote. */
import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Body, eventsOf } from './bodies/body.ts'
import { answer, ready } from './ipc.ts'
import { bodyFor, findScript, type Script } from './script.ts'

/** Events written since the start. */
let written = 0
/** What a stream does when the load has got its last event. */
const acknowledgements = new Map<number, () => void>()

/** How long `/late` waits before its first content. */
const LATE_MS = 40

const server = http.createServer((req, res) => {
  const pieces: Buffer[] = []
  req.on('data', (piece: Buffer) => pieces.push(piece))
  req.on('end', () => void serve(req, res, Buffer.concat(pieces).toString('latin1')).catch(() => res.destroy()))
})
server.keepAliveTimeout = 600_000

async function serve(req: IncomingMessage, res: ServerResponse, body: string): Promise<void> {
  const url = req.url ?? ''
  const found = findScript(url) ?? findScript(body)
  if (found === undefined) return refuse(res, 404, 'no script')
  if (url.startsWith('/fail/')) return refuse(res, 500, 'as the script says')
  const { script, stream } = found
  const { key, body: played } = bodyOf(script, stream)
  res.writeHead(200, { 'content-type': played.type })
  if (url.startsWith('/late/')) {
    res.flushHeaders()
    await sleep(LATE_MS)
  }
  const cutAfter = url.startsWith('/cut/') ? script.events / 2 : Number.POSITIVE_INFINITY
  const next = pace(script, stream, res)
  for (let sent = 0; sent < script.events && !res.destroyed; sent += script.perWrite) {
    if (sent > 0) await next()
    if (sent >= cutAfter) return void res.socket?.end()
    const count = Math.min(script.perWrite, script.events - sent)
    const events = block(key, played, sent, count)
    res.write(sent === 0 ? Buffer.concat([played.start, events]) : events)
    written += count
  }
  if (script.gap > 0 || script.acknowledged) await next()
  acknowledgements.delete(stream)
  if (script.after === 'end') res.end(played.end)
}

function refuse(res: ServerResponse, status: number, message: string): void {
  const body = JSON.stringify({ error: { type: 'api_error', message } })
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
}

/** Waits for the time of the next write. */
function pace({ gap, acknowledged }: Script, stream: number, res: ServerResponse): () => Promise<unknown> | undefined {
  if (acknowledged) return () => new Promise<void>((resolve) => acknowledgements.set(stream, resolve))
  if (gap > 0) return () => new Promise((resolve) => setTimeout(resolve, gap))
  let wake = () => {}
  res.on('drain', () => wake()).on('close', () => wake())
  return () => {
    if (!res.writableNeedDrain || res.destroyed) return undefined
    return new Promise<void>((resolve) => {
      wake = resolve
    })
  }
}

const bodies = new Map<string, Body>()

function bodyOf(script: Script, stream: number): { key: string; body: Body } {
  const key = `${script.dialect} ${script.content} ${script.source} ${script.megabytes} ${stream % 8}`
  const body = bodies.get(key) ?? bodyFor(script, stream)
  if (body === undefined) throw new Error(`there is no such body: ${key}`)
  bodies.set(key, body)
  return { key, body }
}

const blocks = new Map<string, Buffer>()

/** The bytes of one write. Events repeat, so that few are different. */
function block(of: string, body: Body, from: number, count: number): Buffer {
  const key = `${of} ${from % body.middle.length} ${count}`
  const known = blocks.get(key)
  if (known !== undefined) return known
  const made = eventsOf(body, from, count)
  blocks.set(key, made)
  return made
}

/** The load tells here which streams have got their event: four bytes each. */
const acks = net.createServer((socket) => {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (data) => {
    const all = rest.length === 0 ? data : Buffer.concat([rest, data])
    let at = 0
    for (; at + 4 <= all.length; at += 4) acknowledgements.get(all.readUInt32LE(at))?.()
    rest = all.subarray(at)
  })
  socket.on('error', () => {})
})

server.listen(0, '127.0.0.1', 4096)
acks.listen(0, '127.0.0.1')
await Promise.all([once(server, 'listening'), once(acks, 'listening')])
answer({ written: () => written })
ready({ port: (server.address() as AddressInfo).port, acks: (acks.address() as AddressInfo).port })
