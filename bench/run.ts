/**
 * `npm run bench`: what a gateway costs beside the floor of Node, beside plain proxies and, with `--rivals`, beside other
 * gateways. How to read it, and what the options are: bench/README.md.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { keepAwake } from './awake.ts'
import { ownBody } from './bodies/own.ts'
import { recorded, recordedBodies } from './bodies/recorded.ts'
import { check } from './check.ts'
import { type Child, start } from './child.ts'
import type { Contestant, Entrant } from './contestant.ts'
import { missing, run } from './contestants.ts'
import { installRivals, isRival, RIVALS } from './rivals.ts'
import type { Source } from './script.ts'
import { digits, median, spread } from './statistics.ts'
import { type Sample, type Tools, type Workload, workloads } from './workloads.ts'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rivals: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
    contestants: { type: 'string', default: '' },
    dialects: { type: 'string', default: '' },
    idle: { type: 'string', default: '2000' },
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
    profile: { type: 'string' },
    before: { type: 'string' },
    bodies: { type: 'string' },
    contents: { type: 'string', default: '' },
  },
})

const quick = options.quick
const rounds = options.check ? 0 : Number(options.rounds ?? (quick ? 3 : 5))
const scale = quick ? 0.4 : 1
const chosen = (list: string, name: string) => list === '' || list.split(',').some((each) => name.startsWith(each))

if (options.rivals) installRivals()
// What is compared is what all of them answer rightly.
const bodies = (options.bodies ?? (!recorded ? 'own' : options.rivals ? 'prose' : 'recorded')) as Source
/** What is said of them above the table. */
const BODIES: Readonly<Record<Source, string>> = {
  own: `of our own making${recorded ? '' : '; the recorded ones are not beside this checkout (../shared/corpus)'}`,
  prose:
    'those of text are recorded ones with nothing else in them, no thoughts and no tools; where none was recorded, of our own making',
  recorded: 'recorded ones, whose middle is repeated; where none was recorded, of our own making',
}
/** Other people's gateways are ended after so long in one slice, lest the bench hangs with them. */
const DEADLINE_MS = 90_000

// The contestant has a core of its own, as far as there are several.
const [contestantCore, otherCore] = availableParallelism() > 1 ? [0, 1] : [0, 0]
const upstream = await start(new URL('./upstream.ts', import.meta.url), {}, { core: otherCore })
const load = await start(new URL('./load.ts', import.meta.url), {}, { core: otherCore })
const letSleep = contestantCore === otherCore ? undefined : await keepAwake(otherCore)
const tools: Tools = { load, upstream, scale }
const around = {
  upstreamPort: upstream.facts.port as number,
  core: contestantCore,
  before: options.before === undefined ? undefined : resolve(options.before),
  execArgv:
    options.profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${options.profile}`],
}

/** Whose scenarios are compared with each other. */
const OURS: ReadonlySet<Entrant['kind']> = new Set(['streamgate', 'program'])

const calibrations: number[] = []
const skipped = new Set<string>()
const results: Result[] = []

interface Result {
  workload: Workload
  entrant: Entrant
  samples: Sample[]
  /** Why it was left out of the rest of the rounds. */
  failure?: string
}

for (const workload of workloads({ quick, idle: Number(options.idle) })) {
  if (!chosen(options.only, workload.name)) continue
  results.push(...(await measure(workload)))
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify({ machine: machine(), results }, null, 1))
}
await Promise.all([upstream, load].map((child: Child) => child.stop()))
letSleep?.()
print()

/** All contestants of one work load, in turn, each round in another order; the first rounds warm up and do not count. */
async function measure(workload: Workload): Promise<Result[]> {
  const entrants = workload.entrants.flatMap(asPlayed).filter(takesPart)
  const rows = entrants.map((entrant): Result => ({ workload, entrant, samples: [] }))
  const running = new Map<Result, Contestant>()
  const contestantOf = async (row: Result) => {
    const known = running.get(row)
    if (known !== undefined) return known
    const execArgv = [...around.execArgv, ...(workload.execArgv ?? [])]
    const contestant = await run(row.entrant, { ...around, execArgv })
    running.set(row, contestant)
    await inTime(contestant, check(contestant))
    return contestant
  }
  const stop = async (row: Result) => {
    await running.get(row)?.stop()
    running.delete(row)
  }
  if (options.check) {
    for (const row of rows) {
      await contestantOf(row).catch((error: Error) => {
        row.failure = error.message
      })
      await stop(row)
    }
    return rows
  }
  try {
    const first = workload.fresh ? 1 : 1 - (workload.warmUp ?? 1)
    for (let round = first; round <= rounds; round++) {
      calibrations.push(calibrate())
      const from = (round - first) % Math.max(1, rows.length)
      for (const row of [...rows.slice(from), ...rows.slice(0, from)]) {
        if (row.failure !== undefined) continue
        try {
          const contestant = await contestantOf(row)
          const sample = await inTime(contestant, workload.slice(contestant, tools))
          if (round > 0) row.samples.push(sample)
        } catch (error) {
          row.failure = error instanceof Error ? error.message : String(error)
          await load.ask('close')
        }
        if (workload.fresh || row.failure !== undefined) await stop(row)
        process.stderr.write(`\r\x1b[K${workload.name}: round ${round} of ${rounds}, ${nameOf(row.entrant)}`)
      }
    }
  } finally {
    await Promise.all(rows.map(stop))
    process.stderr.write('\r\x1b[K')
  }
  return rows
}

/** Rejects if a contestant that may be ended is not done by its deadline. Its sockets close with it, and so the work ends. */
async function inTime<T>({ kill }: Contestant, work: Promise<T>): Promise<T> {
  if (kill === undefined) return work
  let late = false
  const timer = setTimeout(() => {
    late = true
    kill()
  }, DEADLINE_MS)
  try {
    return await work
  } catch (error) {
    throw late ? new Error(`ended after ${DEADLINE_MS / 1000} s, since it was not done`) : error
  } finally {
    clearTimeout(timer)
  }
}

/** With the bodies that were chosen, if there are such; and beside ours that of another checkout, if one is compared. */
function asPlayed(entrant: Entrant): Entrant[] {
  const source = bodiesOf(entrant)
  if (source === undefined) return []
  const played = { ...entrant, source }
  const { kind, scenario, content } = entrant
  const compared = options.before !== undefined && kind === 'streamgate' && scenario === 'plain' && content === 'text'
  return compared ? [played, { ...played, kind: 'before' }] : [played]
}

function bodiesOf({ dialect, content }: Entrant): Source | undefined {
  const source = content === 'text' || bodies === 'own' ? bodies : 'recorded'
  if (source !== 'own' && recordedBodies(dialect, content, source).length > 0) return source
  return ownBody(dialect, content) === undefined ? undefined : 'own'
}

function takesPart({ kind, dialect, content }: Entrant): boolean {
  if (!chosen(options.contestants, kind) || !chosen(options.dialects, dialect)) return false
  if (!chosen(options.contents, content)) return false
  if (isRival(kind) && !options.rivals) return false
  const reason = missing(kind)
  if (reason !== undefined) skipped.add(`${kind}: ${reason}`)
  return reason === undefined
}

function nameOf({ kind, dialect, content, source, scenario }: Entrant): string {
  const body = `${dialect}${content === 'text' ? '' : `, ${content}`}${source === 'own' ? ' (own body)' : ''}`
  return `${kind}, ${body}${scenario === 'plain' ? '' : `, ${scenario}`}`
}

/** Milliseconds for a fixed piece of work: how far the machine itself varied. */
function calibrate(): number {
  const began = performance.now()
  let sum = 0
  for (let n = 0; n < 2e7; n++) sum = (sum + n * n) | 0
  return performance.now() - began + (sum === 1 ? 1 : 0)
}

function machine(): string {
  const load = loadavg()[0] ?? 0
  return `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, Node ${process.version}, load average ${digits(load)}`
}

function print(): void {
  const rivals = [...new Set(results.map(({ entrant }) => entrant.kind).filter(isRival))]
  const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim()
  console.log(`
streamgate ${commit}, ${new Date().toISOString().slice(0, 10)}, ${machine()}

Method: upstream, gateway and clients are processes of their own; the gateway is bound to one core, the others to another${letSleep === undefined ? '' : ', which is kept awake'}.
Every gateway's answer is checked first. Then ${rounds} rounds, each of one slice a gateway in turn, after some that do not count:
medians and ranges of the rounds. CPU is that of all the gateway's threads, user and system. "× floor" is the median of the
ratios within each round, to the hand-written loop on bare node:http with the same provider; only such ratios compare well.
Noise: a fixed loop took ${spread(calibrations)} ms in the course of the run.
Bodies: ${BODIES[bodies]}.
${rivals.map((kind) => `Beside it: ${kind} ${RIVALS[kind].version()}.\n`).join('')}${[...skipped].map((each) => `Left out: ${each}.\n`).join('')}
${lineOf(['work load', 'gateway', 'main figure', '× floor', ...rivals.map((kind) => `× ${kind}`), '× plain', '× before', 'beside it'])}
${lineOf(Array.from({ length: 7 + rivals.length }, () => '---'))}`)
  for (const [index, row] of results.entries()) {
    const { workload, entrant, samples } = row
    const first = results[index - 1]?.workload !== workload
    const figures = samples.map(({ figure }) => figure)
    const names = Object.keys(samples[0]?.others ?? {})
    const others = names.map(
      (name) => `${name}: ${digits(median(samples.map((sample) => sample.others[name] as number)))}`,
    )
    const cells = [
      first ? `**${workload.name}**: ${workload.unit}. ${workload.about}` : '',
      nameOf(entrant),
      row.failure === undefined ? (options.check ? 'right' : spread(figures)) : `failed: ${row.failure}`,
      ratio(row, 'floor'),
      ...rivals.map((kind) => ratio(row, kind)),
      // Of ours, what does more, or less, is compared with the plain one.
      OURS.has(entrant.kind) ? ratio(row, entrant.kind) : '',
      entrant.kind === 'streamgate' && entrant.scenario === 'plain' ? ratio(row, 'before') : '',
      others.join('; '),
    ]
    console.log(lineOf(cells))
  }
}

/** Of a table. */
function lineOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** To another gateway with the same work load and provider, round by round. */
function ratio({ workload, entrant, samples }: Result, kind: Entrant['kind']): string {
  const other = results.find(
    (row) =>
      row.workload === workload &&
      row.entrant.kind === kind &&
      row.entrant.dialect === entrant.dialect &&
      row.entrant.content === entrant.content &&
      (!OURS.has(kind) || row.entrant.scenario === 'plain'),
  )
  if (other === undefined || other.entrant === entrant || workload.comparable === false) return ''
  if (other.failure !== undefined) return ''
  return spread(samples.map(({ figure }, round) => figure / (other.samples[round]?.figure ?? Number.NaN)))
}
