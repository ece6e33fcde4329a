import { setTimeout as sleep } from 'node:timers/promises'
import type { Breaker, Verdict } from '../breaker/breaker.ts'
import type { ResolvedConfig, ResolvedTarget } from '../config.ts'
import type { UpstreamError } from '../errors.ts'
import type { AttemptReason, AttemptStart } from '../options.ts'
import { attempt } from './attempt/attempt.ts'
import { answeredBy } from './client/attribution-headers.ts'
import type { Downstream } from './client/json-client.ts'
import { type HedgeMemory, hedged } from './hedge.ts'
import { isPortkeyClient } from './incoming/portkey.ts'
import { observe } from './observe.ts'
import { decide } from './recovery/decide.ts'
import { type Resume, waysToContinue } from './recovery/ways-to-continue.ts'
import type { AttemptReport, Exchange } from './request-context.ts'
import { admit, circuitOpen, record } from './routing/circuit.ts'
import { type Beside, type Failures, plan, type Try } from './routing/plan.ts'

/** What became of a request's attempts. */
export interface RelayReport {
  attempts: readonly AttemptReport[]
  /** Why all is lost; undefined if the answer is whole, or if the client left. */
  failure: UpstreamError | undefined
  /** What the answer's headers tell of the last attempt. */
  headers: Record<string, string>
}

/** What all requests of a process share. */
export interface Shared {
  breaker: Breaker
  hedges: HedgeMemory
}

/** Tries the plan's targets until one answers in full, no step is left, or the client leaves. Never rejects. */
export async function relay(
  exchange: Exchange & { downstream: Downstream },
  { route, request: settings }: ResolvedConfig,
  shared: Shared,
): Promise<RelayReport> {
  const { downstream, request, metadata, options, signal } = exchange
  const until = performance.now() + (settings.totalTimeout ?? Number.POSITIVE_INFINITY)
  const attempts: AttemptReport[] = []
  const skipped: { target: ResolvedTarget; until: number }[] = []
  const portkey = isPortkeyClient(exchange.headers)
  let started = 0
  let retries = 0
  let headers = (): Record<string, string> => ({})
  const budgetLeft = () => started <= (settings.retryBudget ?? Number.POSITIVE_INFINITY)

  const routes = plan(route, { random: Math.random, request, metadata })
  for (let next = routes.next(); ; ) {
    if (next.done) return (await leastBad()) ?? report(next.value)
    const ended = await exhaust(next.value)
    if (ended.type === 'over') return report(ended.failure)
    next = routes.next(ended.failures)
  }

  function report(failure: UpstreamError | undefined): RelayReport {
    return { attempts, failure, headers: headers() }
  }

  /** All attempts on one target, and on the one beside it. */
  async function exhaust({ target, beside }: Try, force = false): Promise<Ended> {
    let before: Failures | undefined
    let reason: AttemptReason = 'fallback'
    for (let again = 0, rung = 0; ; ) {
      const verdict = await admit(shared.breaker, target)
      if (verdict.type === 'open' && !force) {
        skipped.push({ target, until: verdict.until })
        return { type: 'next', failures: before ?? [circuitOpen()] }
      }
      const resume = resumeOf(target, rung)
      const reports =
        beside === undefined || downstream.committed()
          ? [await once(exchange, target, reason, verdict, resume)]
          : await besideEachOther(target, reason, beside, verdict)
      attempts.push(...reports)

      const failure = reports.at(-1)?.error
      if (failure === undefined || signal.aborted) return { type: 'over', failure: undefined }
      const step = decide({
        failure,
        resume: resume.type,
        retries: again,
        settings: target.settings,
        committed: downstream.committed(),
        callSent: downstream.callSent(),
        budgetLeft: budgetLeft(),
        timeLeft: until - performance.now(),
        random: Math.random(),
      })
      if (step.type === 'fail') return { type: 'over', failure }
      before = failuresOf(reports, target, failure)
      if (step.type === 'fallback') return { type: 'next', failures: before }
      reason = step.type
      if (step.type === 'descend') rung += 1
      else {
        again += 1
        await sleep(step.delay, undefined, { signal }).catch(() => {})
        if (signal.aborted) return { type: 'over', failure: undefined }
      }
    }
  }

  async function once(
    own: Exchange,
    target: ResolvedTarget,
    reason: AttemptReason,
    verdict: Verdict,
    resume: Resume = { type: 'fresh' },
  ): Promise<AttemptReport> {
    started += 1
    if (reason === 'retry') retries += 1
    const start = startOf(exchange, target, { attempt: started, reason, resume })
    const told = () => answeredBy({ target, start, attempts: started, retries, portkey })
    headers = told
    observe(options, () => options.onAttemptStart?.(start))
    const left = until - performance.now()
    const ended = await attempt(own, target, {
      start,
      resume,
      after: attempts.at(-1)?.failure?.kind,
      headers: told,
      totalTimeout: Number.isFinite(left) ? Math.max(1, left) : undefined,
    })
    observe(options, () => options.onAttemptEnd?.(ended))
    await record(shared.breaker, target, verdict, ended)
    return ended
  }

  /** The target, and the other one if the first is late; the winner's report, if any, comes last. */
  async function besideEachOther(
    target: ResolvedTarget,
    reason: AttemptReason,
    beside: Beside,
    verdict: Verdict,
  ): Promise<AttemptReport[]> {
    const { hedges } = shared
    hedges.count(beside.group, beside.maxExtra)
    const delay = beside.delay === 'p95' ? hedges.p95(target.name) : beside.delay
    const reports = await hedged(
      exchange,
      delay,
      (own) => once(own, target, reason, verdict),
      async () => {
        if (!budgetLeft() || !hedges.spend(beside.group)) return undefined
        const other = await admit(shared.breaker, beside.target)
        return other.type === 'open' ? undefined : (own) => once(own, beside.target, 'hedge', other)
      },
    )
    for (const { target: name, timings } of reports) {
      if (timings.firstContent !== undefined) hedges.took(name, timings.firstContent)
    }
    return reports
  }

  /** Where every circuit is open, the target that closes first is asked all the same. */
  async function leastBad(): Promise<RelayReport | undefined> {
    const [first] = attempts.length > 0 ? [] : skipped.toSorted((a, b) => a.until - b.until)
    if (first === undefined) return undefined
    const ended = await exhaust({ target: first.target }, true)
    return report(ended.type === 'over' ? ended.failure : ended.failures[0])
  }

  function resumeOf(target: ResolvedTarget, rung: number): Resume {
    if (!downstream.committed() || target.settings.midStream !== 'continue') return { type: 'fresh' }
    const takesPrefill = target.settings.prefill ?? target.provider.prefill?.(modelOf(exchange, target), target.fields)
    const ways = waysToContinue(downstream.textSent(), takesPrefill ?? false)
    return ways[Math.min(rung, ways.length - 1)] ?? { type: 'fresh' }
  }
}

/** `over`: nothing more is tried. `next`: the plan goes on. */
type Ended = { type: 'over'; failure: UpstreamError | undefined } | { type: 'next'; failures: Failures }

/** What failed by itself: the try's target, and the one beside it. The loser of a hedge may be tried again. */
function failuresOf(reports: readonly AttemptReport[], { name }: ResolvedTarget, last: UpstreamError): Failures {
  const failed = reports.filter(({ outcome }) => outcome === 'failed')
  const own = failed.find(({ target }) => target === name)?.error
  const beside = failed.find(({ target }) => target !== name)?.error
  if (beside === undefined) return [own ?? last]
  return own === undefined ? [undefined, beside] : [own, beside]
}

function modelOf({ request }: Exchange, { settings }: ResolvedTarget): string {
  return String(settings.overrideParams.model ?? request.model)
}

function startOf(
  exchange: Exchange,
  target: ResolvedTarget,
  { attempt, reason, resume }: { attempt: number; reason: AttemptReason; resume: Resume },
): AttemptStart {
  return {
    requestId: exchange.requestId,
    attempt,
    // A target before it may have been left out, since its circuit is open.
    reason: attempt === 1 ? 'first' : reason,
    resume: resume.type,
    target: target.name,
    provider: target.provider.name,
    model: modelOf(exchange, target),
    metadata: { ...target.settings.metadata, ...exchange.metadata },
  }
}
