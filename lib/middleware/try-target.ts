import { setTimeout as sleep } from 'node:timers/promises'
import { targetsOf } from '../config/targets-of.ts'
import type { ResolvedTarget } from '../config.ts'
import type { UpstreamError } from '../errors.ts'
import type { AttemptReason } from '../options.ts'
import type { MidStream } from '../types/answer.ts'
import { asksForJson } from './attempt/response/demands.ts'
import { decide, type Step } from './recovery/decide.ts'
import { takesPrefill } from './recovery/takes-prefill.ts'
import { type Way, waysToContinue } from './recovery/ways-to-continue.ts'
import { isBudgetLeft, type RelayedRequest, type TargetModel, timeLeft } from './relayed-request.ts'
import type { AttemptReport } from './request-context.ts'
import { admit, circuitOpen } from './routing/circuit.ts'
import type { Candidate, Failures } from './routing/plan.ts'
import { noSuchModel } from './routing/target-model.ts'
import { runAttempt, runHedged } from './run-attempt.ts'

/**
 * - `over`: nothing more is tried; without a failure the answer is whole, or the client has left
 * - `next`: the plan has the word
 */
export type TargetResult = { type: 'over'; failure: UpstreamError | undefined } | { type: 'next'; failures: Failures }

/** What was done on one target so far. */
interface Tries {
  retries: number
  /** The way to continue that is tried, by its place among them. */
  way: number
  changedKeys: number
}

/** All attempts on one target, and on the one that hedges it. `probe`: also while its circuit is open. */
export async function tryTarget(
  relayed: RelayedRequest,
  { target, hedgeWith }: Candidate,
  { isFallback, probe }: { isFallback: boolean; probe: boolean },
): Promise<TargetResult> {
  const { context, shared, work } = relayed
  const { downstream, request, signal } = context
  const model = work.modelOf(target, request.model, isFallback)
  if (model === undefined) return { type: 'next', failures: [(work.passedOver ?? noSuchModel)(request.model)] }
  const tries: Tries = { retries: 0, way: 0, changedKeys: 0 }
  let failures: Failures | undefined
  for (let reason: AttemptReason = 'fallback'; ; ) {
    const admitted = admit(shared.breaker, target)
    const verdict = admitted instanceof Promise ? await admitted : admitted
    if (verdict.type === 'open' && !probe) {
      relayed.skipped.push({ target, until: verdict.until })
      return { type: 'next', failures: failures ?? [circuitOpen()] }
    }
    // Made anew each time, and fewer perhaps: the client may have got more.
    const ways = waysOf(relayed, { target, model })
    const way = ways[Math.min(tries.way, ways.length - 1)] ?? ways[0]
    const approach = { reason, verdict, way }
    const reports =
      hedgeWith === undefined || downstream.committed()
        ? [await runAttempt(relayed, { target, model }, approach)]
        : await runHedged(relayed, { target, model }, { ...approach, way: { type: 'fresh' } }, hedgeWith)
    relayed.attempts.push(...reports)

    const last = reports.at(-1)
    const failure = last?.error
    if (failure === undefined || signal.aborted) return { type: 'over', failure: undefined }
    const step = stepAfter(relayed, failure, target, {
      tries,
      hasSimplerWay: tries.way < ways.length - 1,
      isOwn: last?.target === target.name,
    })
    if (step.type === 'fail') return { type: 'over', failure }
    failures = failuresOf(reports, target, failure)
    if (step.type === 'fallback') return { type: 'next', failures }
    reason = step.type
    if (step.type === 'simpler-way') tries.way += 1
    else if (step.type === 'other-key') tries.changedKeys += 1
    else {
      tries.retries += 1
      await sleep(step.delay, undefined, { signal }).catch(() => {})
      if (signal.aborted) return { type: 'over', failure: undefined }
    }
  }
}

/** `isOwn`: it is the target itself that failed last, not the one that hedged it. */
function stepAfter(
  relayed: RelayedRequest,
  failure: UpstreamError,
  target: ResolvedTarget,
  { tries, hasSimplerWay, isOwn }: { tries: Tries; hasSimplerWay: boolean; isOwn: boolean },
): Step {
  const { context, config, shared } = relayed
  return decide({
    failure,
    hasSimplerWay,
    hasOtherKey: isOwn && tries.changedKeys < otherKeys(target) && shared.keys.hasRested(target),
    hasOthers: targetsOf(config.route).length > 1,
    retries: tries.retries,
    settings: target.settings,
    committed: context.downstream.committed(),
    mayContinue: rungsOf(relayed, target).length > 0,
    budgetLeft: isBudgetLeft(relayed),
    timeLeft: timeLeft(relayed),
    random: Math.random(),
  })
}

/** How many keys a target has beside the one that it was asked with. */
function otherKeys({ apiKeys = [] }: ResolvedTarget): number {
  return Math.max(0, apiKeys.length - 1)
}

/** Failures of the candidate's target, and of the one that hedged it. The loser of a race may be tried again. */
function failuresOf(reports: readonly AttemptReport[], { name }: ResolvedTarget, last: UpstreamError): Failures {
  const failed = reports.filter(({ outcome }) => outcome === 'failed')
  const own = failed.find(({ target }) => target === name)?.error
  const other = failed.find(({ target }) => target !== name)?.error
  if (other === undefined) return [own ?? last]
  return own === undefined ? [undefined, other] : [own, other]
}

function waysOf(relayed: RelayedRequest, { target, model }: TargetModel): [Way, ...Way[]] {
  const { context, config } = relayed
  const { downstream, request, dialect, options } = context
  if (!downstream.committed()) return [{ type: 'fresh' }]
  const { provider, fields, settings } = target
  // What the client has may be JSON: asked for by itself, or by any target in its place.
  const mayBeJson = targetsOf(config.route).some((each) => asksForJson(request, each))
  return waysToContinue({
    rungs: rungsOf(relayed, target),
    mayRestart: dialect.announcesRestarts && !downstream.callSent() && !mayBeJson,
    text: downstream.textSent(),
    takesPrefill: settings.prefill ?? takesPrefill(provider, model, fields, options.logger),
  })
}

function rungsOf({ context }: RelayedRequest, { settings }: ResolvedTarget): readonly MidStream[] {
  return context.midStream ?? settings.midStream
}
