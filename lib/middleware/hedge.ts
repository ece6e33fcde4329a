import type { AttemptInfo, Sink } from './client/downstream.ts'
import { type HeldChunks, heldChunks } from './client/held-chunks.ts'
import type { AttemptReport, RequestContext } from './request-context.ts'

type Run = (context: RequestContext) => Promise<AttemptReport>

/**
 * Runs the first attempt and, when it has brought no content after `delay` ms, the one that `second` gives beside it, if any.
 * The first *content* wins: only then is the client written to, and the other attempt is ended. Returns the reports of those
 * that ran, the winner's last. `delay` undefined: never a second.
 */
export async function race(
  context: RequestContext,
  delay: number | undefined,
  first: Run,
  second: () => Promise<Run | undefined>,
): Promise<AttemptReport[]> {
  const { downstream, signal } = context
  const lanes: Lane[] = []
  const { promise: content, resolve: onContent } = Promise.withResolvers<void>()
  let winner: Lane | undefined

  const leave = () => {
    for (const { controller } of lanes) controller.abort(signal.reason)
  }
  signal.addEventListener('abort', leave, { once: true })

  const win = (lane: Lane) => {
    if (winner !== undefined) return
    winner = lane
    onContent()
    for (const other of lanes) if (other !== lane) other.controller.abort(FASTER)
    if (lane.attempt !== undefined) downstream.begin(lane.attempt)
    for (const chunk of lane.held.take()) downstream.write(chunk)
  }

  const sinkOf = (lane: Lane): Sink => ({
    begin(attempt) {
      lane.attempt = attempt
    },
    write(chunk) {
      if (winner === lane) return downstream.write(chunk)
      // A stream of too many chunks without content is let through.
      if (!lane.held.add(chunk)) win(lane)
      return true
    },
    onReady: downstream.onReady,
  })

  const start = (run: Run): Promise<AttemptReport> => {
    const lane: Lane = { controller: new AbortController(), held: heldChunks(), attempt: undefined }
    lanes.push(lane)
    if (signal.aborted) leave()
    if (winner !== undefined) lane.controller.abort(FASTER)
    return run({
      ...context,
      downstream: sinkOf(lane),
      signal: lane.controller.signal,
      onContent: () => win(lane),
    })
  }

  const one = start(first)
  const late = delay !== undefined && (await outlasts(Promise.race([content, one]), delay))
  const other = late ? await second() : undefined
  const reports = await Promise.all(other === undefined ? [one] : [one, start(other)])
  signal.removeEventListener('abort', leave)

  // A whole answer without content wins only when there is no other.
  const best = winner === undefined ? reports.findLastIndex(({ error }) => error === undefined) : lanes.indexOf(winner)
  const [lane, report] = [lanes[best], reports[best]]
  if (lane === undefined || report === undefined) return reports
  win(lane)
  return [...reports.toSpliced(best, 1), report]
}

const FASTER = new Error('another attempt was faster')

/** One attempt of a race, and what it has written until it is known whether it may write to the client. */
interface Lane {
  readonly controller: AbortController
  readonly held: HeldChunks
  attempt: AttemptInfo | undefined
}

/** Whether a promise is still pending after `ms` milliseconds. */
function outlasts(work: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, true)
    void work.finally(() => {
      clearTimeout(timer)
      resolve(false)
    })
  })
}
