/** The clients of the bench: raw sockets, so that they cost little and see what is on the wire. */
import { once } from 'node:events'
import net, { type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { answer, ready } from './ipc.ts'
import { STREAM } from './script.ts'

export interface Closed {
  port: number
  /** A whole HTTP request. */
  request: string
  /** Stands once in each event of an answer. */
  mark: string
  connections: number
  requests: number
  /** The upstream's port for acknowledgements, if its script waits for them. */
  acks?: number
}

export interface ClosedResult {
  ms: number
  events: number
  bytes: number
  /** Milliseconds to the first content of each request. */
  first: number[]
}

export interface Open {
  port: number
  request: string
  mark: string
  connections: number
  /** The connections are opened over so many milliseconds. */
  ramp: number
  /** Reads nothing more once the first content came. */
  stall?: boolean
}

/** Sends requests one after the other on each connection, until so many were answered. Rejects if one was not. */
async function closed({ port, request, mark, connections, requests, acks }: Closed): Promise<ClosedResult> {
  const result: ClosedResult = { ms: 0, events: 0, bytes: 0, first: [] }
  const control = acks === undefined ? undefined : await connect(acks)
  let left = requests

  const one = async (stream: number) => {
    const bytes = requestOf(request, stream)
    const ack = Buffer.alloc(4)
    ack.writeUInt32LE(stream)
    let socket = await connect(port)
    while (left > 0) {
      left -= 1
      if (socket.destroyed) socket = await connect(port)
      const began = performance.now()
      let begun = false
      await exchange(socket, bytes, mark, (events, size) => {
        result.bytes += size
        result.events += events
        if (events > 0 && !begun) {
          begun = true
          result.first.push(performance.now() - began)
        }
        for (let n = 0; n < events; n++) control?.write(ack)
      })
    }
    socket.destroy()
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: connections }, (_, n) => one(n + 1)))
  result.ms = performance.now() - began
  control?.destroy()
  return result
}

interface Stream {
  socket: Socket
  last: number
  ended: Promise<void>
}

let streams: Stream[] = []
let longestGap = 0
let received = 0

/** Opens streams and lets them run; answers when all have content. */
async function open({ port, request, mark, connections, ramp, stall = false }: Open): Promise<void> {
  longestGap = 0
  received = 0
  const begun = Array.from({ length: connections }, async (_, n) => {
    await sleep((ramp * n) / connections)
    const socket = await connect(port)
    await new Promise<void>((resolve, reject) => {
      const stream: Stream = { socket, last: 0, ended: Promise.resolve() }
      stream.ended = exchange(socket, requestOf(request, n + 1), mark, (events) => {
        if (events === 0) return
        const now = performance.now()
        if (stream.last > 0) longestGap = Math.max(longestGap, now - stream.last)
        else if (stall) socket.pause()
        stream.last = now
        received += events
        resolve()
      })
      stream.ended.catch(reject)
      streams.push(stream)
    })
  })
  await Promise.all(begun)
}

/** Reads on where `stall` stopped, to the end. */
async function drain(): Promise<{ events: number }> {
  for (const { socket } of streams) socket.resume()
  await Promise.all(streams.map(({ ended }) => ended))
  return { events: received }
}

/** The longest time for which any open stream had nothing, since the last question. */
function gap(): number {
  const now = performance.now()
  const longest = Math.max(longestGap, ...streams.map(({ last }) => now - last))
  longestGap = 0
  for (const stream of streams) stream.last = now
  return longest
}

async function close(): Promise<void> {
  const closing = streams
  streams = []
  for (const { socket } of closing) socket.destroy()
  await sleep(50)
}

async function connect(port: number): Promise<Socket> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  socket.on('error', () => {})
  return socket
}

function requestOf(request: string, stream: number): Buffer {
  return Buffer.from(request.replace(STREAM, String(stream).padStart(STREAM.length, '0')))
}

/** One request and its answer. Resolves at the answer's end, rejects if it is not a 200 or breaks off. */
function exchange(
  socket: Socket,
  request: Buffer,
  mark: string,
  onData: (events: number, bytes: number) => void,
): Promise<void> {
  const kept = Math.max(mark.length - 1, END.length)
  return new Promise((resolve, reject) => {
    let head: string | undefined = ''
    let left = Number.POSITIVE_INFINITY
    let tail = ''
    const settle = (error?: Error) => {
      socket.off('data', read).off('close', onClose)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onClose = () => settle(new Error(`the answer broke off after ${head ?? 'its head'}`))
    const read = (data: Buffer) => {
      let body = data.toString('latin1')
      if (head !== undefined) {
        head += body
        const at = head.indexOf('\r\n\r\n')
        if (at === -1) return
        body = head.slice(at + 4)
        const length = /\r\ncontent-length: *(\d+)/i.exec(head.slice(0, at))?.[1]
        if (length !== undefined) left = Number(length)
        if (!head.startsWith('HTTP/1.1 200')) {
          settle(new Error(head))
          return
        }
        head = undefined
      }
      left -= body.length
      onData(count(mark, tail.slice(1 - mark.length) + body), body.length)
      tail = (tail + body.slice(-kept)).slice(-kept)
      if (left <= 0 || tail.endsWith(END)) settle()
    }
    socket.on('data', read).on('close', onClose)
    socket.write(request)
  })
}

/** The end of a chunked body. */
const END = '\r\n0\r\n\r\n'

function count(mark: string, text: string): number {
  let found = 0
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + mark.length)) found += 1
  return found
}

answer({ closed, open, drain, gap, close, received: () => received })
ready({})
