import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import type { Options } from '../../lib/index.ts'
import type { Answer } from './answers.ts'
import { asked, INSTRUCTION } from './asked.ts'
import type { FuzzClient } from './clients/client.ts'
import type { Dialect } from './dialects/dialect.ts'
import type { Plan, Target } from './plans.ts'
import { type Random, random } from './random.ts'
import { GOOD, type Meaning, meaningOf, type Said, say } from './targets.ts'

/** One request, with all that its providers do. */
export interface Case {
  client: FuzzClient
  request: Record<string, unknown>
  /** What the gateway is given beside its config. */
  options: Options
  /** What the gateway is given, for providers at this address. */
  config(url: string): Record<string, unknown>
  /** Plays the part of target number `n`. */
  play(n: number, body: string, req: IncomingMessage, res: ServerResponse): Promise<void>
  /** All that the client may end up with, so far. */
  meanings: Meaning[]
  /** Whether reasoning and first blanks, too, have to be those of one answer. */
  exact: boolean
  /** Whether the answer has to be whole: the last target is good, and nothing forbids to ask it. */
  rescue: 'certain' | 'unless a call was sent' | 'uncertain'
  /** What happened, for those who look into it. */
  log: unknown[]
}

/** A target that stalls is given up after so many milliseconds; a good one is never thought to stall. */
const PATIENCE = 150
const MUCH_PATIENCE = 30_000

/** `seeds`: what all chance in the providers' parts depends on. */
export function caseOf(plan: Plan, ...seeds: number[]): Case {
  const { client, answer, targets, midStream, toolCalls, stream, hedge, translated, extras } = plan
  const known = [answer]
  const times = targets.map(() => 0)
  const meanings: Meaning[] = []
  const log: unknown[] = [{ ...plan, client: client.name, targets: undefined }, ...targets.map(described)]

  return {
    client,
    request: client.request(stream),
    // Transforms see chunks: nothing goes past the translations.
    options: translated ? { transforms: () => [] } : {},
    config: (url) => ({
      strategy: hedge ? { mode: 'hedge', delay: 5, max_extra: 1 } : { mode: 'fallback' },
      mid_stream: midStream === 'continue' ? ['continue', 'restart'] : midStream,
      tool_calls: toolCalls,
      continue_instruction: INSTRUCTION,
      ...extras,
      targets: targets.map((target, n) => configOf(target, `${url}/${n}`)),
    }),
    meanings,
    exact: midStream !== 'continue',
    rescue: rescueOf(plan),
    log,
    async play(n, body, req, res) {
      const target = targets[n] as Target
      const time = times[n] ?? 0
      times[n] = time + 1
      const own = random(...seeds, n, time)
      const kind = target.fault?.kind
      if (kind === 'reset') return void req.socket.resetAndDestroy()
      if (kind?.startsWith('status') && (kind !== 'status 429' || time === 0)) return refuse(res, Number(kind.slice(7)))

      const question = asked(body)
      const said = target.recorded
        ? { says: answer, meanings: [meaningOf(answer)] }
        : told(say(target.manner, question, known, own), target.dialect)
      if ('refuses' in said) return refuse(res, said.refuses)
      const { bytes, whole, ...place } = sent(target, said.says, own)
      log.push({ target: n, ...question, says: said.says.text, calls: said.says.calls, kind, ...place, whole })
      if (whole) meanings.push(...said.meanings)
      res.writeHead(200, { 'content-type': target.recorded?.contentType ?? target.dialect.contentType })
      await write(res, bytes, own, plan.pace)
      if (kind === 'fin') res.socket?.end()
      else if (kind === 'rst') res.socket?.resetAndDestroy()
      else if (kind !== 'stall') res.end()
    },
  }
}

function described({ dialect, recorded, ...rest }: Target): unknown {
  return { dialect: recorded?.file ?? dialect.name, ...rest }
}

function configOf({ dialect, recorded, prefill, fault }: Target, url: string): Record<string, unknown> {
  const patience = fault === undefined ? MUCH_PATIENCE : PATIENCE
  return {
    ...(recorded?.target(url) ?? { ...dialect.config, custom_host: url, api_key: 'key' }),
    first_chunk_timeout: patience,
    idle_timeout: patience,
    ...(prefill !== undefined && { prefill }),
  }
}

function rescueOf({ client, targets, midStream, toolCalls, stream }: Plan): Case['rescue'] {
  // Where nothing can begin anew, another answer is none.
  if (stream && !client.hearsRestarts) return 'uncertain'
  const last = targets.at(-1)
  if (last?.fault !== undefined || last?.manner !== GOOD || (midStream === 'error' && stream)) return 'uncertain'
  return toolCalls === 'live' && stream ? 'unless a call was sent' : 'certain'
}

/** Not every dialect can tell all. */
function told(said: Said, { tells }: Dialect): Said {
  if ('refuses' in said) return said
  if (said.says.calls.length > 0 && !tells.calls) return { refuses: 400 }
  if (tells.reasoning) return said
  const silent = { reasoning: '' }
  return { says: { ...said.says, ...silent }, meanings: said.meanings.map((meaning) => ({ ...meaning, ...silent })) }
}

function refuse(res: ServerResponse, status: number): void {
  res.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '1' })
  res.end(JSON.stringify({ error: { message: 'No.', type: 'error' } }))
}

/** What of a stream is sent, and whether it may count as all of it. */
function sent({ dialect, recorded, fault }: Target, says: Answer, own: Random) {
  const stream = recorded ? undefined : dialect.stream(says, own)
  const body = recorded?.body ?? Buffer.concat(stream?.events ?? [])
  if (fault === undefined) return { bytes: body, whole: true, of: body.length }

  const ends = [0]
  for (const event of stream?.events ?? []) ends.push((ends.at(-1) ?? 0) + event.length)
  let at = Math.min(fault.at ?? (own.chance(0.4) ? own.pick(ends) : own.below(body.length)), body.length)
  if (fault.kind === 'error' && !recorded) at = ends.findLast((end) => end <= at) ?? 0
  const tail = { error: dialect.error, garbage: dialect.garbage }[fault.kind as string] ?? Buffer.alloc(0)
  const whole = recorded
    ? recorded.whole(body.subarray(0, at))
    : at >= wholeFrom(body, ends[stream?.finished ?? 0] ?? 0)
  return { bytes: Buffer.concat([body.subarray(0, at), tail]), whole, at, of: body.length }
}

/** Line ends say nothing. */
function wholeFrom(body: Buffer, end: number): number {
  return end - (/\s*$/.exec(body.toString('latin1', 0, end))?.[0].length ?? 0)
}

async function write(res: ServerResponse, bytes: Buffer, own: Random, pace: number): Promise<void> {
  const most = pace > 0 ? 400 : own.pick([bytes.length, bytes.length, 1000, 200, bytes.length < 1500 ? 20 : 200])
  res.flushHeaders()
  for (let from = 0, to = 0; from < bytes.length && !res.destroyed; from = to) {
    to = from + own.between(1, Math.max(1, most))
    res.write(bytes.subarray(from, to))
    if (pace > 0) await wait(own.next() * 2 * pace)
    else if (own.chance(0.1)) await turn()
  }
  // Mostly what was sent arrives before the fault.
  if (own.chance(0.8)) await wait(2)
  else await turn()
}
