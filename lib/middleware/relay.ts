import { setTimeout as sleep } from 'node:timers/promises'
import type { Breaker, Verdict } from '../breaker/breaker.ts'
import { targetsOf } from '../config/targets-of.ts'
import type { ApiKey, ResolvedConfig, ResolvedTarget } from '../config.ts'
import type { UpstreamError } from '../errors.ts'
import type { AttemptReason, AttemptStart } from '../options.ts'
import type { MidStream } from '../types/answer.ts'
import { attempt } from './attempt/attempt.ts'
import { asksForJson } from './attempt/demands.ts'
import { takesPrefill } from './attempt/provider-faults.ts'
import { attributionHeaders } from './client/attribution-headers.ts'
import type { Downstream } from './client/downstream.ts'
import { withCost } from './cost.ts'
import { race } from './hedge.ts'
import { isPortkeyClient } from './incoming/portkey.ts'
import { observe } from './observe.ts'
import { decide } from './recovery/decide.ts'
import { mostTelling } from './recovery/most-telling.ts'
import { type Resume, waysToContinue } from './recovery/ways-to-continue.ts'
import type { AttemptReport, RequestContext } from './request-context.ts'
import { admit, circuitOpen, record } from './routing/circuit.ts'
import type { HedgeStatistics } from './routing/hedge-statistics.ts'
import type { KeyRing } from './routing/key-ring.ts'
import type { Load } from './routing/load.ts'
import { type Candidate, type Failures, type Hedge, plan } from './routing/plan.ts'
import { noSuchModel, targetModel } from './routing/target-model.ts'

/** The end of a request's attempts. */
export interface RelayReport {
  attempts: readonly AttemptReport[]
  /** Why all is lost; undefined if the answer is whole, or if the client left. */
  failure: UpstreamError | undefined
  /** The answer's headers about the last attempt. */
  headers: Record<string, string>
}

/** The state that the requests of one config share. */
export interface Shared {
  breaker: Breaker
  hedges: HedgeStatistics
  keys: KeyRing
  /** Undefined where no group balances by it. */
  load: Load | undefined
}

/** What is asked of targets, by whom. */
export interface Work {
  readonly attempt: typeof attempt
  /** Undefined: the target has no such model, and is passed over. */
  readonly modelOf: typeof targetModel
}

const CHAT: Work = { attempt, modelOf: targetModel }

/** Tries the plan's targets until one answers in full, no step is left, or the client leaves. Never rejects. */
export async function relay(
  context: RequestContext & { downstream: Downstream },
  { route, request: settings }: ResolvedConfig,
  { breaker, hedges, keys, load }: Shared,
  { attempt: run, modelOf }: Work = CHAT,
): Promise<RelayReport> {
  const { downstream, request, metadata, options, signal } = context
  const deadline = performance.now() + (settings.totalTimeout ?? Number.POSITIVE_INFINITY)
  const attempts: AttemptReport[] = []
  const skipped: { target: ResolvedTarget; until: number }[] = []
  const portkey = isPortkeyClient(context.headers)
  const hasOthers = targetsOf(route).length > 1
  let started = 0
  let retries = 0
  let headers = (): Record<string, string> => ({})

  const candidates = plan(route, { random: Math.random, request, metadata, load })
  for (let next = candidates.next(), isFallback = false; ; isFallback = true) {
    if (next.done) return report(attempts.length > 0 ? next.value : await probeSoonestOpen(next.value))
    const result = await tryTarget(next.value, isFallback)
    if (result.type === 'over') return report(result.failure)
    next = candidates.next(result.failures)
  }

  function report(last: UpstreamError | undefined): RelayReport {
    const failures = attempts.flatMap(({ outcome, error }) => (outcome === 'failed' ? (error ?? []) : []))
    return { attempts, failure: last && mostTelling(failures, last), headers: headers() }
  }

  function budgetLeft(): boolean {
    return started <= (settings.retryBudget ?? Number.POSITIVE_INFINITY)
  }

  /** All attempts on one target, and on the one that hedges it. `probe`: also while its circuit is open. */
  async function tryTarget(
    { target, hedgeWith }: Candidate,
    isFallback: boolean,
    probe = false,
  ): Promise<TargetResult> {
    const model = modelOf(target, request.model, isFallback)
    if (model === undefined) return { type: 'next', failures: [noSuchModel(request.model)] }
    const asked = { target, model }
    let failures: Failures | undefined
    let reason: AttemptReason = 'fallback'
    for (let retried = 0, way = 0, changedKeys = 0; ; ) {
      const verdict = await admit(breaker, target)
      if (verdict.type === 'open' && !probe) {
        skipped.push({ target, until: verdict.until })
        return { type: 'next', failures: failures ?? [circuitOpen()] }
      }
      const ways = waysOf(asked)
      const resume = ways[Math.min(way, ways.length - 1)] ?? ways[0]
      const reports =
        hedgeWith === undefined || downstream.committed()
          ? [await runAttempt(context, asked, reason, verdict, resume)]
          : await runHedged(asked, reason, verdict, hedgeWith)
      attempts.push(...reports)

      const failure = reports.at(-1)?.error
      if (failure === undefined || signal.aborted) return { type: 'over', failure: undefined }
      const step = decide({
        failure,
        hasSimplerWay: way < ways.length - 1,
        hasOtherKey:
          reports.at(-1)?.target === target.name && changedKeys < otherKeys(target) && keys.hasRested(target),
        hasOthers,
        retries: retried,
        settings: target.settings,
        committed: downstream.committed(),
        mayGoOn: rungsOf(target).length > 0,
        budgetLeft: budgetLeft(),
        timeLeft: deadline - performance.now(),
        random: Math.random(),
      })
      if (step.type === 'fail') return { type: 'over', failure }
      failures = failuresOf(reports, target, failure)
      if (step.type === 'fallback') return { type: 'next', failures }
      reason = step.type
      if (step.type === 'simpler-way') way += 1
      else if (step.type === 'other-key') changedKeys += 1
      else {
        retried += 1
        await sleep(step.delay, undefined, { signal }).catch(() => {})
        if (signal.aborted) return { type: 'over', failure: undefined }
      }
    }
  }

  async function runAttempt(
    own: RequestContext,
    { target, model }: Asked,
    reason: AttemptReason,
    verdict: Verdict,
    resume: Resume = { type: 'fresh' },
  ): Promise<AttemptReport> {
    started += 1
    if (reason === 'retry') retries += 1
    const key = keys.pick(target)
    const start = startOf(context, target, { attempt: started, reason, resume, model, key })
    const attribution = () => attributionHeaders({ target, start, attempts: started, retries, portkey })
    headers = attribution
    observe(options, () => options.onAttemptStart?.(start))
    const left = deadline - performance.now()
    const end = load?.begin(target.name)
    const report = await run(own, key === undefined ? target : { ...target, apiKey: key.key }, {
      start,
      resume,
      // That nobody went on with a broken answer is not why it broke.
      after: attempts.findLast(({ failure }) => failure?.code !== 'continuation_refused')?.failure?.kind,
      headers: attribution,
      totalTimeout: Number.isFinite(left) ? Math.max(1, left) : undefined,
    })
    const ended = withCost(report, target.settings.prices, request)
    observe(options, () => options.onAttemptEnd?.(ended))
    if (key !== undefined) keys.note(key, ended.error)
    end?.({ firstContent: ended.timings.firstContent, failed: ended.outcome === 'failed' })
    await record(breaker, target, verdict, ended)
    return ended
  }

  /** The target, and the other one beside it if the first is late; the winner's report, if any, comes last. */
  async function runHedged(
    asked: Asked,
    reason: AttemptReason,
    verdict: Verdict,
    { target: other, delay, maxExtra, group }: Hedge,
  ): Promise<AttemptReport[]> {
    hedges.count(group, maxExtra)
    const reports = await race(
      context,
      delay === 'p95' ? hedges.p95(asked.target.name) : delay,
      (own) => runAttempt(own, asked, reason, verdict),
      async () => {
        const model = modelOf(other, request.model, true)
        if (model === undefined || !budgetLeft() || !hedges.spend(group)) return undefined
        const admitted = await admit(breaker, other)
        if (admitted.type === 'open') return undefined
        return (own) => runAttempt(own, { target: other, model }, 'hedge', admitted)
      },
    )
    for (const { target: name, timings } of reports) {
      if (timings.firstContent !== undefined) hedges.note(name, timings.firstContent)
    }
    return reports
  }

  /** Where every circuit is open, the target whose circuit closes first is asked all the same. Answers the failure. */
  async function probeSoonestOpen(none: UpstreamError): Promise<UpstreamError | undefined> {
    const [soonest] = skipped.toSorted((a, b) => a.until - b.until)
    if (soonest === undefined) return none
    const result = await tryTarget({ target: soonest.target }, true, true)
    return result.type === 'over' ? result.failure : result.failures[0]
  }

  function rungsOf({ settings }: ResolvedTarget): readonly MidStream[] {
    return context.midStream ?? settings.midStream
  }

  /** Whether what the client has may be JSON: asked for by itself, or by any target in its place. */
  function mayBeJson(): boolean {
    return targetsOf(route).some((target) => asksForJson(request, target))
  }

  function waysOf({ target, model }: Asked): [Resume, ...Resume[]] {
    if (!downstream.committed()) return [{ type: 'fresh' }]
    const { provider, fields, settings } = target
    return waysToContinue({
      rungs: rungsOf(target),
      mayRestart: context.dialect.announcesRestarts && !downstream.callSent() && !mayBeJson(),
      text: downstream.textSent(),
      takesPrefill: settings.prefill ?? takesPrefill(provider, model, fields, options.logger),
    })
  }
}

/** How many keys a target has beside the one that it was asked with. */
function otherKeys({ apiKeys = [] }: ResolvedTarget): number {
  return Math.max(0, apiKeys.length - 1)
}

/** A target, and the model that it is asked for. */
interface Asked {
  target: ResolvedTarget
  model: string
}

/** `over`: nothing more is tried. `next`: the plan goes on. */
type TargetResult = { type: 'over'; failure: UpstreamError | undefined } | { type: 'next'; failures: Failures }

/** Failures of the candidate's target, and of the one that hedged it. The loser of a race may be tried again. */
function failuresOf(reports: readonly AttemptReport[], { name }: ResolvedTarget, last: UpstreamError): Failures {
  const failed = reports.filter(({ outcome }) => outcome === 'failed')
  const own = failed.find(({ target }) => target === name)?.error
  const other = failed.find(({ target }) => target !== name)?.error
  if (other === undefined) return [own ?? last]
  return own === undefined ? [undefined, other] : [own, other]
}

function startOf(
  context: RequestContext,
  target: ResolvedTarget,
  {
    attempt,
    reason,
    resume,
    model,
    key,
  }: Pick<AttemptStart, 'attempt' | 'reason' | 'model'> & { resume: Resume; key: ApiKey | undefined },
): AttemptStart {
  return {
    requestId: context.requestId,
    attempt,
    // A target before it may have been left out, since its circuit is open.
    reason: attempt === 1 ? 'first' : reason,
    ...(context.dialect.name === 'embeddings' && { operation: 'embeddings' as const }),
    resume: resume.type,
    target: target.name,
    ...(key !== undefined && { key: key.name }),
    provider: target.provider.name,
    model,
    metadata: { ...target.settings.metadata, ...context.metadata },
  }
}
