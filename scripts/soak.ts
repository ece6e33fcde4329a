/**
 * `npm run soak`: 200 concurrent streams for a minute (SOAK_SECONDS), one in ten of the upstream's answers broken in one of all
 * ways. Nothing may be lost or corrupted, and memory and sockets must come back to where they began. Exits with 1 otherwise.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { streamgate, type TargetConfig } from '../lib/index.ts'
import { answer, frame, ROLE, STOP, text } from '../test/helpers/upstream.ts'

const SECONDS = Number(process.env.SOAK_SECONDS ?? 60)
const STREAMS = 200
const FAULTS = 0.1
const WORDS = Array.from({ length: 40 }, (_, n) => `word ${n}, `)
const WHOLE = WORDS.join('')

/** Small and reproducible: the same faults in the same order for the same seed. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
const chance = random(Number(process.env.SOAK_SEED ?? 1))

type Fault = (res: http.ServerResponse) => void
const begin = (res: http.ServerResponse, words = 5) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.write(ROLE + WORDS.slice(0, words).map(text).join(''))
}
const WAYS: Fault[] = [
  (res) => res.writeHead(500).end('{}'),
  (res) => res.writeHead(429, { 'retry-after-ms': '1' }).end('{}'),
  (res) => res.socket?.resetAndDestroy(),
  (res) => {
    begin(res)
    setTimeout(() => res.socket?.resetAndDestroy(), 5)
  },
  (res) => {
    begin(res, 20)
    setTimeout(() => res.socket?.end(), 5)
  },
  (res) => {
    begin(res)
    res.end(frame('{"choices":['))
  },
  (res) => {
    begin(res)
    res.end(frame({ error: { message: 'overloaded' } }))
  },
  (res) => begin(res),
  (res) => {
    begin(res, 40)
    res.end(STOP)
  },
]

const sockets = new Set<unknown>()
const upstream = http.createServer((req, res) => {
  req.resume()
  if (chance() < FAULTS) return WAYS[Math.floor(chance() * WAYS.length)]?.(res)
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  const pieces = answer(...WORDS)
  const timer = setInterval(() => {
    res.write(pieces.splice(0, 4).join(''))
    if (pieces.length > 0) return
    clearInterval(timer)
    res.end()
  }, 5)
  res.on('close', () => clearInterval(timer))
})
upstream.on('connection', (socket) => {
  sockets.add(socket)
  socket.on('error', () => {}).on('close', () => sockets.delete(socket))
})
const listen = async (server: http.Server) => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const custom_host = await listen(upstream)
const target = {
  ...{ provider: 'openai', custom_host, api_key: 'sk-test' },
  ...{ retry: { attempts: 1 }, idle_timeout: 500 },
} satisfies TargetConfig
const gate = streamgate({
  mid_stream: 'continue',
  first_chunk_timeout: 2000,
  targets: [target, target, target, target],
})
const gateway = http.createServer((req, res) => gate(req, res))
const url = `${await listen(gateway)}/v1/chat/completions`
const agent = new http.Agent({ keepAlive: true })
const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] })

const counts = { whole: 0, restarted: 0, failed: 0, wrong: 0 }
const wrong: string[] = []

function ask(): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST', agent }, (res) => {
      let answered = ''
      res.setEncoding('utf8').on('data', (piece: string) => {
        answered += piece
      })
      res.on('end', () => resolve(answered)).on('error', reject)
    })
    request.on('error', reject).end(body)
  })
}

/** What the client ends up with, as an SDK would join it. */
function judge(answered: string): keyof typeof counts {
  if (!answered.startsWith('data:')) return 'failed'
  const frames = answered.split('\n\n').filter((each) => each.startsWith('data: {'))
  const parsed = frames.map((each) => JSON.parse(each.slice(6)))
  const at = parsed.findLastIndex((each) => each.streamgate)
  const said = parsed.slice(at + 1).map((each) => each.choices?.[0]?.delta.content ?? '')
  const finished = parsed.some((each) => each.choices?.[0]?.finish_reason === 'stop')
  if (!finished || !answered.endsWith('data: [DONE]\n\n')) return parsed.at(-1)?.error ? 'failed' : 'wrong'
  if (said.join('') !== WHOLE) return 'wrong'
  return at === -1 ? 'whole' : 'restarted'
}

async function client(until: number): Promise<void> {
  while (Date.now() < until) {
    const answered = await ask()
    const verdict = judge(answered)
    counts[verdict] += 1
    if (verdict === 'wrong') wrong.push(answered)
  }
}

const memory = () => {
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  return { rss: Math.round(rss / 1e6), heap: Math.round(heapUsed / 1e6) }
}

// The first seconds fill caches and pools; what is compared is after them and at the end.
await Promise.all(Array.from({ length: STREAMS }, () => client(Date.now() + 3000)))
const before = memory()
await Promise.all(Array.from({ length: STREAMS }, () => client(Date.now() + SECONDS * 1000)))
const busiest = memory()
agent.destroy()
gate.close()
for (let turn = 0; turn < 50 && sockets.size > 0; turn += 1) await new Promise((resolve) => setTimeout(resolve, 100))
const after = memory()
const left = sockets.size
gateway.closeAllConnections()
upstream.closeAllConnections()
gateway.close()
upstream.close()

console.log({ answers: counts, memoryMB: { before, busiest, after }, socketsLeft: left })
for (const each of wrong.slice(0, 3)) console.error(each)
const sound = counts.wrong === 0 && left === 0 && after.heap < before.heap * 1.5 + 20 && counts.whole > 0
process.exit(sound ? 0 : 1)
