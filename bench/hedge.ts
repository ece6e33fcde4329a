/**
 * `npm run bench:hedge`: the first token of an upstream that takes 50 ms nineteen times of twenty and 5 s else, with and without
 * hedging, request by request in turn. Prints percentiles, the share of extra calls, and how long a loser's connection stayed
 * open after the winner's content.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { streamgate } from '../lib/index.ts'
import { answer } from '../test/helpers/upstream.ts'

const REQUESTS = Number(process.env.REQUESTS ?? 1000)
const AT_ONCE = 10
const [QUICK, SLOW, SLOW_SHARE] = [50, 5000, 0.05]
const DELAY = 100

let calls = 0
const lingering: number[] = []
const firstContent = new Map<string, number>()
let state = 7
const chance = () => {
  state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
  return state / 2 ** 32
}

const upstream = http.createServer((req, res) => {
  calls += 1
  const id = String(req.headers['x-id'])
  req.resume()
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.flushHeaders()
  const timer = setTimeout(() => res.end(answer('fine').join('')), chance() < SLOW_SHARE ? SLOW : QUICK)
  res.on('close', () => {
    clearTimeout(timer)
    const won = firstContent.get(id)
    if (!res.writableFinished && won !== undefined) lingering.push(performance.now() - won)
  })
})
const listen = async (server: http.Server) => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const custom_host = await listen(upstream)
const targets = ['one', 'two'].map((name) => ({ name, provider: 'openai' as const, custom_host, api_key: 'k' }))
const forward_headers = ['x-id']
const gates = {
  plain: streamgate({ forward_headers, targets }),
  hedged: streamgate({ forward_headers, strategy: { mode: 'hedge', delay: DELAY, max_extra: 0.05 }, targets }),
  p95: streamgate({ forward_headers, strategy: { mode: 'hedge', delay: 'p95', max_extra: 0.05 }, targets }),
}
type Name = keyof typeof gates
const gateway = http.createServer((req, res) => gates[req.headers['x-gate'] as Name](req, res))
const url = `${await listen(gateway)}/v1/chat/completions`
const agent = new http.Agent({ keepAlive: true })
const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] })

let serial = 0
function firstToken(gate: Name): Promise<number> {
  serial += 1
  const id = String(serial)
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const headers = { 'x-gate': gate, 'x-id': id }
    const request = http.request(url, { method: 'POST', agent, headers }, (res) => {
      firstContent.set(id, performance.now())
      const took = performance.now() - began
      res.resume().on('end', () => resolve(took))
    })
    request.on('error', reject).end(body)
  })
}

const names = Object.keys(gates) as Name[]
const times: Record<Name, number[]> = { plain: [], hedged: [], p95: [] }
const extra: Record<Name, number> = { plain: 0, hedged: 0, p95: 0 }
let round = 0
while (round < REQUESTS) {
  for (const name of names) {
    // Each round without hedging takes as long as the slowest answer: one in five is enough to compare with.
    if (name === 'plain' && round % (5 * AT_ONCE) > 0) continue
    const before = calls
    times[name].push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => firstToken(name)))))
    extra[name] += calls - before - AT_ONCE
  }
  round += AT_ONCE
}

const percentile = (values: number[], share: number) =>
  Math.round(values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0)
console.log(
  `${REQUESTS} requests each (plain a fifth), ${AT_ONCE} at once, in turn; ${QUICK} ms, ${SLOW_SHARE * 100} % ${SLOW} ms; delay ${DELAY} ms`,
)
for (const name of names) {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(times[name], share))
  const share = ((100 * extra[name]) / times[name].length).toFixed(1)
  console.log(`${name.padEnd(8)} first token p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms; extra calls ${share} %`)
}
console.log(
  `losers closed after the winner's content: p50 ${percentile(lingering, 0.5)} ms, most ${percentile(lingering, 1)} ms`,
)
agent.destroy()
for (const gate of Object.values(gates)) gate.close()
for (const server of [gateway, upstream]) {
  server.closeAllConnections()
  server.close()
}
