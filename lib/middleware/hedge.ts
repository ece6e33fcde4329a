import { earlyChunks } from './client/held-chunks.ts'
import type { AttemptNotice, Sink } from './client/json-client.ts'
import type { AttemptReport, Exchange } from './request-context.ts'

type Run = (exchange: Exchange) => Promise<AttemptReport>

/**
 * Runs the first attempt and, when it has brought no content after `delay` ms, the one that `second` gives beside it, if any.
 * The first *content* wins: only then is the client written to, and the other attempt is ended. Answers the reports of those
 * that ran, the winner's last. `delay` undefined: never a second.
 */
export async function hedged(
  exchange: Exchange,
  delay: number | undefined,
  first: Run,
  second: () => Promise<Run | undefined>,
): Promise<AttemptReport[]> {
  const lanes: Lane[] = []
  const start = (run: Run): Promise<AttemptReport> => {
    const lane = openLane(exchange, lanes)
    lanes.push(lane)
    return run(lane.exchange).finally(lane.close)
  }

  const one = start(first)
  const late = delay !== undefined && (await isLate(one, lanes[0] as Lane, delay))
  const other = late ? await second() : undefined
  const reports = await Promise.all(other === undefined ? [one] : [one, start(other)])

  const winner = lanes.findIndex(({ won }) => won())
  const best = winner === -1 ? reports.findLastIndex(({ error }) => error === undefined) : winner
  // A whole answer without content wins only when there is no other.
  lanes[best]?.claim()
  const [chosen] = best === -1 ? [] : reports.splice(best, 1)
  return chosen === undefined ? reports : [...reports, chosen]
}

/** Whether `ms` passed before the attempt brought content or ended. */
function isLate(attempt: Promise<unknown>, lane: Lane, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), ms)
    const inTime = () => {
      clearTimeout(timer)
      resolve(false)
    }
    lane.onClaim(inTime)
    void attempt.finally(inTime)
  })
}

const FASTER = new Error('another attempt was faster')

/** What an attempt writes to until it is known whether it may write to the client. */
interface Lane {
  exchange: Exchange
  /** Takes the client for this lane, unless another has it. */
  claim(): void
  won(): boolean
  lose(): void
  onClaim(listener: () => void): void
  close(): void
}

function openLane(exchange: Exchange, all: readonly Lane[]): Lane {
  const { downstream, signal } = exchange
  const controller = new AbortController()
  const leave = () => controller.abort(signal.reason)
  if (signal.aborted) leave()
  signal.addEventListener('abort', leave, { once: true })
  if (all.some(({ won }) => won())) controller.abort(FASTER)

  const early = earlyChunks()
  let notice: AttemptNotice | undefined
  let claimed = false
  let listener = () => {}

  const sink: Sink = {
    begin(next) {
      notice = next
    },
    write(chunk) {
      if (claimed) return downstream.write(chunk)
      // A stream with more is let through.
      if (!early.add(chunk)) lane.claim()
      return true
    },
    onReady: (resume) => downstream.onReady(resume),
  }
  const lane: Lane = {
    exchange: { ...exchange, downstream: sink, signal: controller.signal, onContent: () => lane.claim() },
    claim() {
      if (claimed || all.some(({ won }) => won())) return
      claimed = true
      listener()
      for (const other of all) if (other !== lane) other.lose()
      if (notice !== undefined) downstream.begin(notice)
      for (const chunk of early.take()) downstream.write(chunk)
    },
    won: () => claimed,
    lose: () => controller.abort(FASTER),
    onClaim(next) {
      listener = next
    },
    close: () => signal.removeEventListener('abort', leave),
  }
  return lane
}
