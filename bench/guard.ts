/**
 * `npm run bench:guard`: what is done for each chunk and for each request, counted instead of timed, so that noise cannot
 * hide a change. Fails if a figure exceeds its bound in bounds.json; lower the bound when a figure falls.
 */
import { createHook } from 'node:async_hooks'
import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import http, { ServerResponse } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { start } from './child.ts'
import type { ClosedResult } from './load.ts'
import { requestFor } from './requests.ts'
import { script } from './script.ts'

const counts = { listeners: 0, timers: 0, aborts: 0, urls: 0, promises: 0, responseWrites: 0, socketWrites: 0 }
type Counts = typeof counts

instrument()
// Later than the instruments: what it takes from the global scope is then counted.
const { default: express } = await import('express')
const { streamgate } = await import('../lib/index.ts')

const upstream = await start(new URL('./upstream.ts', import.meta.url), {}, { core: 1 })
const load = await start(new URL('./load.ts', import.meta.url), {}, { core: 1 })
const host = `http://127.0.0.1:${upstream.facts.port}`
const app = express()
app.use('/v1', streamgate({ provider: 'anthropic', api_key: 'key', custom_host: `${host}/v1` }))
const server = http.createServer(app).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

const WARM = 300
await ask({ events: 16, perWrite: 16 }, WARM)

const short = await counted({ events: 16, perWrite: 16 }, 100)
const one = await counted({ events: 17, perWrite: 1, acknowledged: true }, 20)
const other = await counted({ events: 117, perWrite: 1, acknowledged: true }, 20)
const bytes = await allocated()

const figures: Record<string, number> = {
  'a request: listeners added': short.listeners,
  'a request: timers': short.timers,
  'a request: AbortControllers': short.aborts,
  'a request: URLs': short.urls,
  'a request: promises': short.promises,
  // All of it goes out with the end.
  'a request of one read: writes to the response': short.responseWrites,
  'a request of one read: writes to sockets': short.socketWrites,
  'an event of its own: writes to the response': (other.responseWrites - one.responseWrites) / 100,
  'an event of its own: writes to sockets': (other.socketWrites - one.socketWrites) / 100,
  'an event: timers': (other.timers - one.timers) / 100,
  'an event: listeners added': (other.listeners - one.listeners) / 100,
  'an event: promises': (other.promises - one.promises) / 100,
  'an event: bytes allocated': bytes,
}

server.closeAllConnections()
server.close()
await Promise.all([upstream, load].map((each) => each.stop()))

const bounds = JSON.parse(readFileSync(new URL('./bounds.json', import.meta.url), 'utf8')) as Record<string, number>
console.log('| figure | now | bound |\n|---|---|---|')
for (const [name, value] of Object.entries(figures)) {
  const bound = bounds[name] ?? Number.NaN
  // A figure without a bound is a mistake too.
  if (!(value <= bound)) process.exitCode = 1
  console.log(`| ${name} | ${Number(value.toFixed(2))} | ${bound}${value <= bound ? '' : ' **exceeded**'} |`)
}
process.exit()

async function ask(fields: Parameters<typeof script>[1], requests: number): Promise<void> {
  const asked = requestFor({ kind: 'streamgate', scenario: 'plain', headers: {} }, script('anthropic', fields))
  const acks = upstream.facts.acks as number
  await load.ask<ClosedResult>('closed', { port, ...asked, connections: 1, requests, acks })
}

/** What a request of this script takes on average; connections are kept, so their own making does not count for much. */
async function counted(fields: Parameters<typeof script>[1], requests: number): Promise<Counts> {
  await ask(fields, 5)
  const before = { ...counts }
  await ask(fields, requests)
  const each = Object.entries(counts).map(([name, value]) => [name, (value - before[name as keyof Counts]) / requests])
  return Object.fromEntries(each) as Counts
}

/** Of streams of many events in few reads; a young generation of 128 MB is never collected meanwhile. */
async function allocated(): Promise<number> {
  const runs: number[] = []
  for (let n = 0; n < 9; n++) {
    const used = [await usedBy(500), await usedBy(2500)]
    runs.push(((used[1] ?? 0) - (used[0] ?? 0)) / 2000)
  }
  return Math.round(runs.toSorted((a, b) => a - b)[4] ?? Number.NaN)
}

async function usedBy(events: number): Promise<number> {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  await ask({ events, perWrite: 16 }, 1)
  return process.memoryUsage().heapUsed - before
}

function instrument(): void {
  for (const name of ['on', 'once', 'addListener', 'prependListener'] as const) {
    const add = EventEmitter.prototype[name]
    EventEmitter.prototype[name] = function (this: EventEmitter, ...args: Parameters<typeof add>) {
      if (name !== 'addListener') counts.listeners += 1
      return add.apply(this, args)
    }
  }
  for (const name of ['setTimeout', 'setInterval'] as const) {
    const set = globalThis[name] as (...args: unknown[]) => unknown
    Object.assign(globalThis, {
      [name](...args: unknown[]) {
        counts.timers += 1
        return set(...args)
      },
    })
  }
  const counting = <T extends abstract new (...args: never) => object>(original: T, count: keyof Counts): T =>
    new Proxy(original, {
      construct(target, args, self) {
        counts[count] += 1
        return Reflect.construct(target as never, args, self) as object
      },
    })
  Object.assign(globalThis, {
    AbortController: counting(AbortController, 'aborts'),
    URL: counting(URL, 'urls'),
  })
  const write = ServerResponse.prototype.write
  ServerResponse.prototype.write = function (this: ServerResponse, ...args: unknown[]) {
    counts.responseWrites += 1
    return (write as (...args: unknown[]) => boolean).apply(this, args)
  }
  const sockets = net.Socket.prototype as unknown as Record<'_write' | '_writev', (...args: unknown[]) => void>
  for (const name of ['_write', '_writev'] as const) {
    const send = sockets[name]
    sockets[name] = function (this: unknown, ...args: unknown[]) {
      counts.socketWrites += 1
      send.apply(this, args)
    }
  }
  createHook({
    init(_id, type) {
      if (type === 'PROMISE') counts.promises += 1
    },
  }).enable()
}
