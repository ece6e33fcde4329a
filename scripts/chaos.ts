/**
 * `npm run chaos`: five minutes (CHAOS_SECONDS) of 200 streams at once through the program with two workers, while all that can
 * go wrong does: four providers that reset, stall, answer slowly and forget kept connections, and whose names go away in
 * turn; a worker killed every 20 s; Redis, which keeps the circuits, stopped and continued; the disk of the log full for a
 * while. No stream may be lost, and none may fail while a provider was left. Exits with 1 otherwise.
 */
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import http from 'node:http'
import { startRedis } from '../test/breaker/redis.ts'
import { cleanUp, file, path, run } from '../test/examples/process.ts'
import { dnsServer } from '../test/helpers/dns.ts'
import { ask } from './chaos/client.ts'
import { type Fault, openProvider } from './chaos/providers.ts'
import { askingDns, canMount, childrenOf, diskOf, HERE, nameTrouble, ON_ITS_OWN_DISK } from './chaos/troubles.ts'

const SECONDS = Number(process.env.CHAOS_SECONDS ?? 300)
const STREAMS = 200
const FAULTS: Record<string, { fault: Fault; share: number }> = {
  'resets.test': { fault: 'reset', share: 0.2 },
  'stalls.test': { fault: 'stall', share: 0.1 },
  'slow.test': { fault: 'slow', share: 0.5 },
  'forgets.test': { fault: 'forget', share: 0.3 },
}
/** Times that a client asks again when its connection was cut. */
const MOST_CUTS = 5
/** From the death of a worker until the last of its clients has seen it. */
const DEATH_MS = 2000
const COOLDOWN_MS = 3000

/** Small and reproducible: the same faults in the same order for the same seed. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
const chance = random(Number(process.env.CHAOS_SEED ?? 1))

// ------------------------------------------------------------------------------------------------------ what is run

const names = Object.keys(FAULTS)
const dns = await dnsServer(Object.fromEntries(names.map((name) => [name, HERE])))
const providers = await Promise.all(
  Object.entries(FAULTS).map(([name, fault]) => openProvider({ name, ...fault, random: chance })),
)
const redis = await startRedis()
const hasDisk = canMount()
const disk = path('disk')
mkdirSync(disk)

const config = file({
  strategy: { mode: 'loadbalance' },
  ...{ first_chunk_timeout: 4000, idle_timeout: 2000, connect_timeout: 1500, retry: { attempts: 1 } },
  cb_config: { failure_threshold_percentage: 60, minimum_requests: 20, interval: 3000, cooldown_interval: COOLDOWN_MS },
  targets: providers.map(({ name }) => ({
    strategy: { mode: 'fallback' },
    targets: [name, ...names.filter((other) => other !== name)].map((each) => target(each)),
  })),
})

function target(name: string) {
  const port = providers.find((each) => each.name === name)?.port
  return { name, provider: 'openai', api_key: 'sk-test', custom_host: `http://${name}:${port}/v1` }
}

const args = ['--config', config, '--port', '0', '--workers', '2', ...(redis ? ['--redis-url', redis.path] : [])]
const program = run('standalone', args, {
  node: ['--import', askingDns(dns.address)],
  ...(hasDisk && { through: (line) => ['unshare', '-Urm', 'sh', '-c', ON_ITS_OWN_DISK, 'sh', disk, ...line] }),
})
const [, url = ''] = await program.printed(/listens at (http:\S+)\/v1/)
const pid = program.child.pid as number

// ---------------------------------------------------------------------------------------------------- what goes wrong

const counts = { killed: 0, names: 0, redis: 0, disk: 0 }
const deaths: number[] = []
const away = nameTrouble(dns, names)
const logDisk = hasDisk ? diskOf(pid, disk) : undefined
/** When the names were away that were, by name. */
const absences: { name: string; from: number; to: number }[] = []

function killWorker() {
  const workers = childrenOf(pid)
  const victim = workers[Math.floor(chance() * workers.length)]
  // One alone is left: the other one is on its way.
  if (victim === undefined || workers.length < 2) return
  process.kill(victim, 'SIGKILL')
  deaths.push(performance.now())
  counts.killed += 1
}

function loseName() {
  for (const each of absences) if (each.to === Number.POSITIVE_INFINITY) each.to = performance.now()
  away.next()
  for (const name of away.away()) absences.push({ name, from: performance.now(), to: Number.POSITIVE_INFINITY })
  counts.names += 1
}

/** Of each period one part is trouble. */
const timers = [
  setInterval(killWorker, 20_000),
  setInterval(loseName, 12_000),
  ...(redis
    ? alternately(
        15_000,
        () => redis.signal('SIGSTOP'),
        () => redis.signal('SIGCONT'),
        'redis',
      )
    : []),
  ...(logDisk ? alternately(25_000, logDisk.fill, logDisk.free, 'disk') : []),
]

function alternately(ms: number, begin: () => void, end: () => void, name: keyof typeof counts): NodeJS.Timeout[] {
  let isOn = false
  return [
    setInterval(() => {
      isOn = !isOn
      if (isOn) counts[name] += 1
      if (isOn) begin()
      else end()
    }, ms),
  ]
}

// -------------------------------------------------------------------------------------------------------- the clients

const told = { whole: 0, rescued: 0, askedAgain: 0, failed: 0, unexcused: 0, lost: 0 }
let asked = 0

/** One client after another; every other one keeps its connection. */
async function client(number: number, until: number): Promise<void> {
  const agent = new http.Agent({ keepAlive: number % 2 === 0, maxSockets: 1 })
  while (performance.now() < until) {
    const id = asked++
    await stream(id, agent)
  }
  agent.destroy()
}

/** One stream, asked for again if a worker took it along. */
async function stream(id: number, agent: http.Agent): Promise<void> {
  for (let cuts = 0; ; cuts += 1) {
    const began = performance.now()
    const { verdict, message = '' } = await ask(url, id, agent)
    const ended = performance.now()
    if (verdict === 'cut' && cuts < MOST_CUTS && deaths.some((at) => at > began - DEATH_MS && at <= ended)) continue
    if (verdict === 'whole') {
      if (cuts > 0) told.askedAgain += 1
      else if (providers.some(({ letDown }) => letDown.has(String(id)))) told.rescued += 1
      else told.whole += 1
    } else if (verdict === 'failed') {
      told.failed += 1
      if (isExcused(id, began, ended)) return
      told.unexcused += 1
      console.error(`failed: stream ${id}, from ${Math.round(began)} to ${Math.round(ended)}: ${message}`)
    } else {
      told.lost += 1
      console.error(`lost: stream ${id}, ${verdict}, from ${Math.round(began)} to ${Math.round(ended)}`)
    }
    return
  }
}

/** Times at which this process, and with it all the providers, was late by more than a stream waits. */
const standstills: { from: number; to: number }[] = []
const TICK_MS = 100
const LATE_MS = 1000
let ticked = performance.now()
timers.push(
  setInterval(() => {
    const now = performance.now()
    if (now - ticked > TICK_MS + LATE_MS) standstills.push({ from: ticked, to: now })
    ticked = now
  }, TICK_MS),
)

/**
 * Whether no provider was left: each let this stream down, or had lost its name, or all stood still; for either, circuits may be
 * open a while longer.
 */
function isExcused(id: number, from: number, to: number): boolean {
  if (standstills.some((each) => each.from < to && each.to + COOLDOWN_MS > from)) return true
  return providers.every(({ name, letDown }) => {
    const wasAway = absences.some((each) => each.name === name && each.from < to && each.to + COOLDOWN_MS > from)
    return letDown.has(String(id)) || wasAway
  })
}

console.error(`${STREAMS} streams at ${url} for ${SECONDS} s.`)
if (redis === undefined) console.error('Skipped: Redis is stopped. There is no redis-server.')
if (logDisk === undefined) console.error('Skipped: the disk is full. No tmpfs can be mounted here.')
if (childrenOf(pid).length === 0) console.error('Skipped: a worker is killed. This system does not tell their ids.')
const until = performance.now() + SECONDS * 1000
await Promise.all(Array.from({ length: STREAMS }, (_, number) => client(number, until)))

// ----------------------------------------------------------------------------------------------------------- the end

for (const timer of timers) clearInterval(timer)
away.end()
redis?.signal('SIGCONT')
if (counts.disk > 0) tryTo(() => logDisk?.free())
const lost = (logDisk?.lines() ?? program.log()).filter(({ msg }) => msg === 'log lines lost')
program.child.kill('SIGTERM')
const code = await Promise.race([program.exited, once(AbortSignal.timeout(60_000), 'abort').then(() => 'none')])
await cleanUp()
await redis?.stop()
for (const provider of providers) provider.close()
await dns.close()

function tryTo(work: () => void): void {
  try {
    work()
  } catch {
    // It was free already.
  }
}

const rows: [string, number][] = [
  ['streams', Object.values(told).reduce((sum, each) => sum + each, 0) - told.unexcused],
  ['whole at the first attempt', told.whole],
  ['rescued: a provider let the stream down, and the client did not see it', told.rescued],
  ['whole when asked for again: its worker was killed, and the connection with it', told.askedAgain],
  ['honestly failed: an error, and no provider was left', told.failed - told.unexcused],
  ['failed while a provider was left', told.unexcused],
  ['lost', told.lost],
  ['workers killed', counts.killed],
  ['names of providers that went away', counts.names],
  ['times Redis was stopped', counts.redis],
  ['times the disk was full', counts.disk],
  ['times all providers stood still, since the machine was too busy', standstills.length],
  ['lines of the log that were lost meanwhile', lost.reduce((sum, { lost: lines }) => sum + Number(lines), 0)],
]
console.log(
  ['| | |', '|---|---|', ...rows.map(([name, count]) => `| ${name} | ${count.toLocaleString('en')} |`)].join('\n'),
)
if (code !== 0) console.error(`The program ended with ${code}.`)
process.exit(told.lost === 0 && told.unexcused === 0 && code === 0 ? 0 : 1)
