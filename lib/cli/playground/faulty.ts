import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { FAULTS, type Fault } from './choices.ts'
import { errorEvent, eventsOf } from './native.ts'

/** How long a slow target takes before its first byte. */
const SLOW_MS = 4_000

/**
 * A server in front of an emulated provider, which fails as the path tells: `/cut/8/v1/messages` is the answer to
 * `/v1/messages`, cut after 8 events. The path, since every provider's base URL may have one.
 */
export function faultyFront(upstream: string): Server {
  return createServer((req, res) => {
    const [, fault, after, path] = /^\/(\w+)\/(\d+)(\/.*)$/.exec(req.url ?? '') ?? []
    const known = FAULTS.find((each) => each === fault)
    if (known === undefined || path === undefined) res.writeHead(404).end()
    else serve(known, Number(after), upstream + path, req, res).catch(() => res.destroy())
  })
}

async function serve(fault: Fault, after: number, url: string, req: IncomingMessage, res: ServerResponse) {
  if (fault === '429') return refuse(res, 429, 'rate_limit_error', 'You are too fast. Please try again in a second.')
  if (fault === '500') return refuse(res, 500, 'api_error', 'Something went wrong on our side.')
  const left = new AbortController()
  res.once('close', () => left.abort())
  if (fault === 'slow') await sleep(SLOW_MS, undefined, { signal: left.signal })

  const answer = await forward(url, req, left.signal)
  res.writeHead(answer.statusCode ?? 502, { 'content-type': answer.headers['content-type'] ?? 'text/event-stream' })
  let sent = 0
  for await (const event of eventsOf(answer)) {
    if (breaks(fault) && sent === after) return breakOff(fault, url, res)
    res.write(event)
    sent += 1
  }
  res.end()
}

function breaks(fault: Fault): fault is 'cut' | 'stall' | 'error' {
  return fault === 'cut' || fault === 'stall' || fault === 'error'
}

/** A stalled answer stays open until the other side gives up. */
function breakOff(fault: 'cut' | 'stall' | 'error', url: string, res: ServerResponse): void {
  if (fault === 'cut') res.destroy()
  if (fault === 'error') res.end(errorEvent(url))
}

function forward(url: string, req: IncomingMessage, signal: AbortSignal): Promise<IncomingMessage> {
  const { method, headers } = req
  return new Promise((resolve, reject) => {
    req.pipe(request(url, { method, headers, signal, agent: false }, resolve).on('error', reject))
  })
}

/** In a form that all of the providers' clients read. */
function refuse(res: ServerResponse, status: number, type: string, message: string): void {
  res.writeHead(status, { 'content-type': 'application/json', ...(status === 429 && { 'retry-after': '1' }) })
  res.end(JSON.stringify({ type: 'error', message, error: { message, type, param: null, code: null } }))
}
