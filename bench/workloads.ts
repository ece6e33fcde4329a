import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONTENTS, type Content, DIALECTS, type Dialect } from './bodies/body.ts'
import type { Child } from './child.ts'
import type { Contestant, Entrant, Kind } from './contestant.ts'
import type { Scenario } from './contestants/configs.ts'
import type { Closed, ClosedResult, Open } from './load.ts'
import { conversation, prompt, requestFor } from './requests.ts'
import { type Script, script } from './script.ts'
import { quantile } from './statistics.ts'

/** What one slice of a work load measured: the main figure, and others by name. */
export interface Sample {
  figure: number
  others: Record<string, number>
}

export interface Workload {
  name: string
  /** What the main figure is. */
  unit: string
  about: string
  entrants: Entrant[]
  /** A process serves one slice only: for figures that a process's past would spoil. */
  fresh?: boolean
  /** Slices that do not count, before the others. @default 1 */
  warmUp?: number
  /** More arguments for Node, of all contestants that run on it. */
  execArgv?: string[]
  /** Whether the figure's ratio to another gateway's tells anything. @default true */
  comparable?: boolean
  slice(contestant: Contestant, tools: Tools): Promise<Sample>
}

export interface Tools {
  load: Child
  upstream: Child
  /** Shortens slices. */
  scale: number
}

const of = (kind: Kind, dialect: Dialect, scenario: Scenario = 'plain', content: Content = 'text'): Entrant => {
  return { kind, dialect, content, source: 'own', scenario }
}
const all = (kinds: Kind[], dialect: Dialect, scenario: Scenario = 'plain'): Entrant[] =>
  kinds.map((kind) => of(kind, dialect, scenario))

const observed = (dialect: Dialect): Entrant[] =>
  (['plain', 'hooks', 'telemetry'] as const).map((scenario) => of('streamgate', dialect, scenario))

const spoken = (dialect: Dialect): Entrant[] =>
  (['plain', 'messages', 'responses'] as const).map((scenario) => of('streamgate', dialect, scenario))

const TRANSLATORS: Kind[] = ['streamgate', 'floor', 'portkey', 'tensorzero']
const EVERYONE: Kind[] = [...TRANSLATORS, 'http-proxy-middleware', 'nginx']
const PAIR: Kind[] = ['streamgate', 'floor']
const OTHERS = DIALECTS.filter((dialect) => dialect !== 'anthropic' && dialect !== 'openai')

/** As the program does. */
const YOUNG_MB = 32

/** V8 optimises what a request runs through once only after some ten thousand of them. */
const LONG_WARM_UP = 10
/** What an event runs through took up to eight slices of a burst until it got no faster; slices of one event a read have fewer. */
const BURST_WARM_UP = 8
const EVENT_WARM_UP = 10

export function workloads({ quick, idle }: { quick: boolean; idle: number }): Workload[] {
  const others = OTHERS.flatMap((dialect) => all(PAIR, dialect))
  const beyondText = CONTENTS.slice(1).flatMap((content) =>
    DIALECTS.flatMap((dialect) => PAIR.map((kind) => of(kind, dialect, 'plain', content))),
  )
  return [
    {
      name: 'paced',
      unit: 'µs CPU an event',
      about: '200 streams, an event every 20 ms each',
      warmUp: EVENT_WARM_UP,
      entrants: [...all(EVERYONE, 'anthropic'), ...all(TRANSLATORS, 'openai'), ...(quick ? [] : others)],
      slice: paced,
    },
    {
      name: 'burst',
      unit: 'µs CPU an event',
      about: '4 streams of 2,000 events at a time, 16 events a write, as fast as it goes',
      warmUp: BURST_WARM_UP,
      entrants: [
        ...all(EVERYONE, 'anthropic'),
        of('streamgate', 'anthropic', 'hooks'),
        ...all(EVERYONE, 'openai'),
        ...others,
        of('tensorzero', 'bedrock'),
        ...beyondText,
      ],
      slice: burst,
    },
    {
      name: 'burst, one event a read',
      unit: 'µs CPU an event',
      about: '32 streams, the next event when the client has the last one',
      warmUp: EVENT_WARM_UP,
      entrants: [...all(EVERYONE, 'anthropic'), ...all(TRANSLATORS, 'openai'), of('streamgate', 'anthropic', 'hooks')],
      slice: pingPong,
    },
    {
      name: 'client dialects, burst',
      unit: 'µs CPU an event',
      about:
        'as burst, for clients of chat completions, Messages and Responses; Messages to Anthropic pass as they are',
      warmUp: BURST_WARM_UP,
      entrants: [...spoken('anthropic'), ...spoken('openai')],
      slice: burst,
    },
    {
      name: 'client dialects, short answers',
      unit: 'µs CPU a request',
      about: '8 events in one write, 8 connections',
      warmUp: LONG_WARM_UP,
      entrants: [...spoken('anthropic'), ...spoken('openai')],
      slice: (contestant, tools) => requests(contestant, tools, { script: { perWrite: 8 } }),
    },
    {
      name: 'telemetry, burst',
      unit: 'µs CPU an event',
      about: 'as burst: without hooks, with counting ones, with OpenTelemetry and its SDK',
      warmUp: BURST_WARM_UP,
      entrants: observed('anthropic'),
      slice: burst,
    },
    {
      name: 'telemetry, short answers',
      unit: 'µs CPU a request',
      about: '8 events in one write, 8 connections',
      warmUp: LONG_WARM_UP,
      entrants: observed('anthropic'),
      slice: (contestant, tools) => requests(contestant, tools, { script: { perWrite: 8 } }),
    },
    {
      name: 'short answers',
      unit: 'µs CPU a request',
      about: '8 events in one write, 8 connections',
      warmUp: LONG_WARM_UP,
      entrants: [
        ...all(EVERYONE, 'anthropic'),
        ...all(TRANSLATORS, 'openai'),
        ...(quick ? [] : all([...PAIR, 'tensorzero'], 'bedrock')),
      ],
      slice: (contestant, tools) => requests(contestant, tools, { script: { perWrite: 8 } }),
    },
    {
      name: 'non-stream',
      unit: 'µs CPU a request',
      about: 'stream: false, 64 events upstream',
      entrants: all(PAIR, 'anthropic'),
      slice: (contestant, tools) =>
        requests(contestant, tools, { script: { events: 64, perWrite: 8 }, body: { stream: false } }),
    },
    {
      name: '100 targets, short answers',
      unit: 'µs CPU a request',
      about: 'as short answers, with a config of 100 targets to spread the load over',
      warmUp: LONG_WARM_UP,
      entrants: [of('streamgate', 'anthropic', '100-targets'), ...all(PAIR, 'anthropic')],
      slice: (contestant, tools) => requests(contestant, tools, { script: { perWrite: 8 } }),
    },
    {
      name: 'requests of 1 KB',
      unit: 'µs CPU a request',
      about: 'one message; 8 events back',
      warmUp: LONG_WARM_UP,
      entrants: all(PAIR, 'anthropic'),
      slice: (contestant, tools) => requests(contestant, tools, { script: { perWrite: 8 }, body: prompt(1000) }),
    },
    {
      name: 'requests of 200 KB',
      unit: 'µs CPU a request',
      about: '200 messages and 20 tools; 8 events back',
      entrants: all(TRANSLATORS, 'anthropic'),
      slice: (contestant, tools) =>
        requests(contestant, tools, { script: { perWrite: 8 }, body: conversation(), count: 200 }),
    },
    {
      name: 'requests of 5 MB',
      unit: 'µs CPU a request',
      about: '5,000 messages and 20 tools; 8 events back',
      entrants: all(TRANSLATORS, 'anthropic'),
      slice: (contestant, tools) =>
        requests(contestant, tools, { script: { perWrite: 8 }, body: conversation(5000), count: 20 }),
    },
    {
      name: 'workers, short answers',
      unit: 'µs CPU a request',
      about:
        'the program with --workers 2, all of its processes counted, and without; 8 events in one write, 8 connections',
      // Each worker has half of the requests to get warm by.
      warmUp: 4 * LONG_WARM_UP,
      entrants: [of('program', 'anthropic', 'two-workers'), ...all(['program', 'floor'], 'anthropic')],
      slice: (contestant, tools) => requests(contestant, tools, { script: { perWrite: 8 } }),
    },
    {
      name: 'warm-up',
      unit: `µs CPU a request of the first ${FEW.toLocaleString('en')}`,
      about: `short answers, by a process for each slice; beside it, what those up to the ${MANY.toLocaleString('en')}th cost`,
      fresh: true,
      entrants: all(PAIR, 'anthropic'),
      slice: warmUp,
    },
    {
      name: 'many streams',
      unit: `µs CPU an event at ${CROWDS.at(-1)?.toLocaleString('en')} streams`,
      about: `${TOTAL_RATE.toLocaleString('en')} events a second in all, at ${CROWDS.join(', ')} streams in turn`,
      entrants: all(PAIR, 'anthropic'),
      slice: crowds,
    },
    {
      name: 'ten thousand streams',
      unit: 'µs CPU an event',
      about: `${TOTAL_RATE.toLocaleString('en')} events a second in all; a process has as many streams as it may have files open for`,
      entrants: [...all(PAIR, 'anthropic'), of('program', 'anthropic', 'two-workers')],
      slice: async (contestant, tools) => {
        const streams = contestant.scenario === 'two-workers' ? 10_000 : Math.min(10_000, streamsByFiles())
        return { figure: await crowd(contestant, tools, streams), others: { streams } }
      },
    },
    {
      name: 'fallback',
      unit: 'µs CPU a request',
      about: 'the first target answers 500; 8 events from the second',
      entrants: all(PAIR, 'anthropic', 'fallback'),
      slice: (contestant, tools) => requests(contestant, tools, { script: { perWrite: 8 }, count: 600 }),
    },
    {
      name: 'restart',
      unit: 'µs CPU a request',
      about: 'the first target breaks off after 32 of 64 events; the second repeats them and goes on',
      entrants: [...all(['streamgate'], 'anthropic', 'restart'), ...all(['streamgate'], 'anthropic')],
      slice: (contestant, tools) => requests(contestant, tools, { script: { events: 64, perWrite: 8 }, count: 400 }),
    },
    {
      name: 'hedging',
      unit: 'µs CPU a request',
      about:
        '8 events; hedging on: the first target in time (hedge), or 40 ms late with a second one after 10 ms (hedge-late)',
      entrants: [
        ...all(['streamgate'], 'anthropic', 'hedge'),
        ...all(['streamgate'], 'anthropic', 'hedge-late'),
        ...all(['streamgate'], 'anthropic'),
      ],
      slice: (contestant, tools) =>
        requests(contestant, tools, { script: { perWrite: 8 }, count: 600, connections: 16 }),
    },
    {
      name: 'first token',
      unit: 'ms to the first token, p50',
      about: 'one client, one request after the other',
      // The compiler has only the one core, too, and what it takes shows in the slowest of a hundred.
      warmUp: 1.5 * LONG_WARM_UP,
      entrants: all(['program', ...EVERYONE, 'direct'], 'anthropic'),
      slice: firstToken,
    },
    {
      name: `${idle.toLocaleString('en')} idle streams`,
      unit: 'KB resident a stream',
      about: `open, four events told, then silence; a process for each slice, its young generation held at ${YOUNG_MB} MB`,
      fresh: true,
      // Without a limit it takes up to 128 MB, by how fast streams are opened, not by how many there are.
      execArgv: [`--max-semi-space-size=${YOUNG_MB / 2}`],
      entrants: all(['program', ...EVERYONE], 'anthropic'),
      slice: (contestant, tools) => idleStreams(contestant, tools, idle),
    },
    {
      name: `${idle.toLocaleString('en')} idle streams at defaults`,
      unit: 'KB resident a stream',
      about: 'the same, each as it is started by itself: the program holds its young generation, Node does not',
      fresh: true,
      entrants: [...all(['program', ...PAIR], 'anthropic'), of('program', 'anthropic', 'node-defaults')],
      slice: (contestant, tools) => idleStreams(contestant, tools, idle),
    },
    {
      name: 'one 16 MB event',
      unit: 'ms CPU',
      about: 'beside it: the same of 4 MB, and the longest silence of 20 other streams of 10 ms an event',
      entrants: all(TRANSLATORS, 'anthropic'),
      slice: bigEvent,
    },
    {
      name: 'slow client',
      unit: 'MB more resident',
      about: '4 streams of 13 MB each, which the clients do not read for a second; a process for each slice',
      fresh: true,
      comparable: false,
      entrants: all(EVERYONE, 'anthropic'),
      slice: slowClient,
    },
    {
      name: 'one long stream',
      unit: 'MB more resident',
      about: `after ${quick ? '100 MB' : '1 GB'} than after the first tenth of it; a process for each slice`,
      fresh: true,
      comparable: false,
      entrants: all(PAIR, 'anthropic'),
      slice: (contestant, tools) => longStream(contestant, tools, quick ? 100 : 1000),
    },
  ]
}

/** Of all streams beside each other, in a second. */
const TOTAL_RATE = 5000
const CROWDS = [100, 1000, 5000]

async function crowds(contestant: Contestant, tools: Tools): Promise<Sample> {
  const costs: number[] = []
  for (const streams of CROWDS) costs.push(await crowd(contestant, tools, streams))
  const [few, more, most] = costs as [number, number, number]
  return { figure: most, others: { 'at 100': few, 'at 1,000': more, '× at 100': most / few } }
}

/** The cost of an event among so many streams, which take turns. */
async function crowd(contestant: Contestant, { load, upstream, scale }: Tools, streams: number): Promise<number> {
  const gap = (1000 * streams) / TOTAL_RATE
  const window = Math.max(2000 * scale, 2 * gap)
  // By no more than they can be opened in, and whole turns, so that their events are spread evenly.
  const ramp = gap * Math.ceil(streams / MOST_OPENED / (gap / 1000))
  // More than they will have time for.
  const asked = requestFor(contestant, playedBy(contestant, { events: 100_000, gap }))
  await load.ask('open', { port: contestant.port, ...asked, connections: streams, ramp } satisfies Open)
  await sleep(200)
  const [cpu, written, received] = [
    await contestant.cpu(),
    await upstream.ask<number>('written'),
    await load.ask<number>('received'),
  ]
  await sleep(window)
  const spent = (await contestant.cpu()) - cpu
  const due = (await upstream.ask<number>('written')) - written
  const arrived = (await load.ask<number>('received')) - received
  await load.ask('close')
  await sleep(gap)
  await settle(upstream)
  // Some are on their way; a gateway that cannot keep up is another measurement.
  if (arrived < 0.9 * due)
    throw new Error(`${contestant.kind} brought ${arrived} of ${due} events at ${streams} streams`)
  return spent / 1000 / due
}

/** Connections in a second. */
const MOST_OPENED = 1000

/** Each has a socket to its client and one to the provider. Node takes the hard limit by itself. */
function streamsByFiles(): number {
  const limits = existsSync('/proc/self/limits') ? readFileSync('/proc/self/limits', 'utf8') : ''
  const files = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY)
  return Math.floor((files - 200) / 2)
}

const FEW = 1500
const MANY = 30_000

async function warmUp(contestant: Contestant, tools: Tools): Promise<Sample> {
  const next = async (count: number) => {
    const { figure } = await requests(contestant, { ...tools, scale: 1 }, { script: { perWrite: 8 }, count })
    return figure
  }
  const first = await next(FEW)
  await next(MANY - 2 * FEW)
  const last = await next(FEW)
  return { figure: first, others: { 'the last': last, '× the last': first / last } }
}

async function paced(contestant: Contestant, { load, upstream, scale }: Tools): Promise<Sample> {
  const gap = 20
  const window = 2000 * scale
  // They end by themselves soon after: not every gateway ends a stream whose client left.
  const asked = requestFor(contestant, playedBy(contestant, { events: (window + 1000) / gap, gap }))
  await load.ask('open', { port: contestant.port, ...asked, connections: 200, ramp: 10 * gap } satisfies Open)
  await sleep(200)
  const [cpu, events, began] = [await contestant.cpu(), await upstream.ask<number>('written'), performance.now()]
  await sleep(window)
  const spent = (await contestant.cpu()) - cpu
  const told = (await upstream.ask<number>('written')) - events
  const ms = performance.now() - began
  await load.ask('close')
  await settle(upstream)
  return { figure: spent / 1000 / told, others: { 'load %': spent / 10_000 / ms } }
}

/** Waits until the streams are over upstream too. */
async function settle(upstream: Child): Promise<void> {
  for (let before = -1, tries = 0; tries < 100; tries++) {
    const now = await upstream.ask<number>('written')
    if (now === before) return
    before = now
    await sleep(50)
  }
  throw new Error('the upstream does not come to rest')
}

async function burst(contestant: Contestant, tools: Tools): Promise<Sample> {
  const fields = { events: 2000, perWrite: 16 }
  const { spent, result } = await closed(contestant, tools, fields, {
    connections: 4,
    requests: Math.ceil(160 * tools.scale),
  })
  return perEvent(spent, result)
}

async function pingPong(contestant: Contestant, tools: Tools): Promise<Sample> {
  const acks = tools.upstream.facts.acks as number
  const fields = { events: 200, acknowledged: true }
  const { spent, result } = await closed(contestant, tools, fields, {
    connections: 32,
    requests: Math.ceil(96 * tools.scale),
    acks,
  })
  return perEvent(spent, result)
}

function playedBy({ dialect, content, source }: Contestant, fields: Partial<Script>): Script {
  return script(dialect, { content, source, ...fields })
}

function perEvent(spent: number, { events, ms }: ClosedResult): Sample {
  return { figure: spent / 1000 / events, others: { 'events/s': (1000 * events) / ms } }
}

async function requests(
  contestant: Contestant,
  tools: Tools,
  {
    script: fields = {},
    body = {},
    count = 1500,
    connections = 8,
  }: { script?: Partial<Script>; body?: Record<string, unknown>; count?: number; connections?: number },
): Promise<Sample> {
  const requests = Math.ceil(count * tools.scale)
  const { spent, result } = await closed(contestant, tools, fields, { connections, requests }, body)
  return { figure: spent / 1000 / requests, others: { 'requests/s': (1000 * requests) / result.ms } }
}

async function closed(
  contestant: Contestant,
  { load }: Tools,
  fields: Partial<Script>,
  options: Pick<Closed, 'connections' | 'requests' | 'acks'>,
  body: Record<string, unknown> = {},
): Promise<{ spent: number; result: ClosedResult }> {
  const asked = requestFor(contestant, playedBy(contestant, fields), body)
  const cpu = await contestant.cpu()
  const result = await load.ask<ClosedResult>('closed', {
    port: contestant.port,
    ...asked,
    ...options,
  } satisfies Closed)
  const spent = (await contestant.cpu()) - cpu
  if (body.stream === false) return { spent, result }
  const due = options.requests * (fields.events ?? 8)
  // Gateways may hold a call until it is whole; and one that answers less is found by the check.
  if (contestant.content !== 'tools') complain(contestant, result.events, due)
  return { spent, result: { ...result, events: due } }
}

/** A mark is missed where a proxy that cuts chunks anew cuts it in two; there are more of them in what surrounds the middle. */
function complain({ kind }: Contestant, events: number, due: number): void {
  if (events < 0.99 * due) throw new Error(`${kind} brought ${events} of ${due} events`)
}

async function firstToken(contestant: Contestant, tools: Tools): Promise<Sample> {
  const { result } = await closed(
    contestant,
    tools,
    { perWrite: 1 },
    { connections: 1, requests: Math.ceil(1000 * tools.scale) },
  )
  return { figure: quantile(result.first, 0.5), others: { 'p99 ms': quantile(result.first, 0.99) } }
}

async function idleStreams(contestant: Contestant, tools: Tools, connections: number): Promise<Sample> {
  await requests(contestant, tools, { count: 400 / tools.scale })
  const before = await contestant.memory()
  const asked = requestFor(contestant, playedBy(contestant, { events: 4, after: 'hang' }))
  await tools.load.ask('open', { port: contestant.port, ...asked, connections, ramp: connections / 2 } satisfies Open)
  await sleep(500)
  const after = await contestant.memory()
  await tools.load.ask('close')
  const each = (bytes: number) => bytes / 1024 / connections
  return { figure: each(after.rss - before.rss), others: { 'KB heap and buffers': each(after.used - before.used) } }
}

async function bigEvent(contestant: Contestant, tools: Tools): Promise<Sample> {
  const { load, upstream } = tools
  const one = (megabytes: number) =>
    closed(contestant, tools, { events: 1, megabytes }, { connections: 1, requests: 1 })
  const small = await one(4)
  const big = await one(16)
  const asked = requestFor(contestant, playedBy(contestant, { events: 200, gap: 10 }))
  await load.ask('open', { port: contestant.port, ...asked, connections: 20, ramp: 20 } satisfies Open)
  await sleep(300)
  await load.ask('gap')
  await one(16)
  const gap = await load.ask<number>('gap')
  await load.ask('close')
  await settle(upstream)
  return {
    figure: big.spent / 1e6,
    others: { '4 MB, ms CPU': small.spent / 1e6, 'wall ms': big.result.ms, 'silence of others, ms': gap },
  }
}

async function slowClient(contestant: Contestant, tools: Tools): Promise<Sample> {
  const { load } = tools
  // What a process takes once it is warm is none of the slow clients'.
  await burst(contestant, tools)
  const events = 100_000
  const connections = 4
  const before = await contestant.memory()
  const asked = requestFor(contestant, playedBy(contestant, { events, perWrite: 16 }))
  await load.ask('open', { port: contestant.port, ...asked, connections, ramp: 1, stall: true } satisfies Open)
  await sleep(1000)
  const during = await contestant.memory()
  const { events: told } = await load.ask<{ events: number }>('drain')
  await load.ask('close')
  complain(contestant, told, connections * events)
  return { figure: (during.rss - before.rss) / 2 ** 20, others: {} }
}

/** About, on the wire. */
const EVENT_BYTES = 130

async function longStream(contestant: Contestant, tools: Tools, megabytes: number): Promise<Sample> {
  const one = (events: number) => closed(contestant, tools, { events, perWrite: 16 }, { connections: 1, requests: 1 })
  const events = Math.round((megabytes * 1e6) / EVENT_BYTES)
  await one(Math.round(events / 10))
  const before = await contestant.memory()
  const { spent } = await one(events)
  const after = await contestant.memory()
  const MB = (bytes: number) => bytes / 2 ** 20
  return {
    figure: MB(after.rss - before.rss),
    others: { 'MB heap and buffers more': MB(after.used - before.used), 'µs CPU an event': spent / 1000 / events },
  }
}
