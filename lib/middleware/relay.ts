import type { ResolvedConfig } from '../config.ts'
import type { UpstreamError } from '../errors.ts'
import { attempt } from './attempt/attempt.ts'
import type { Downstream } from './client/downstream.ts'
import { mostTelling } from './recovery/most-telling.ts'
import { type RelayedRequest, relayedRequest, type Shared, type Work } from './relayed-request.ts'
import type { AttemptReport, RequestContext } from './request-context.ts'
import { plan } from './routing/plan.ts'
import { targetModel } from './routing/target-model.ts'
import { tryTarget } from './try-target.ts'

/** The end of a request's attempts. */
export interface RelayReport {
  attempts: readonly AttemptReport[]
  /** Why all is lost; undefined if the answer is whole, or if the client left. */
  failure: UpstreamError | undefined
  /** The answer's headers about the last attempt. */
  headers: Record<string, string>
}

const CHAT: Work = { attempt, modelOf: targetModel }

/** Tries the plan's targets until one answers in full, no step is left, or the client leaves. Never rejects. */
export async function relay(
  context: RequestContext & { downstream: Downstream },
  config: ResolvedConfig,
  shared: Shared,
  work = CHAT,
): Promise<RelayReport> {
  const { request, metadata } = context
  const relayed = relayedRequest({ context, config, shared, work })
  const candidates = plan(config.route, { random: Math.random, request, metadata, load: shared.load })
  for (let next = candidates.next(), isFallback = false; ; isFallback = true) {
    // The plan returns the failure of the last candidate, where it has no other.
    if (next.done) {
      const failure = relayed.attempts.length > 0 ? next.value : await probeSoonestOpen(relayed, next.value)
      return report(relayed, failure)
    }
    const result = await tryTarget(relayed, next.value, { isFallback, probe: false })
    if (result.type === 'over') return report(relayed, result.failure)
    next = candidates.next(result.failures)
  }
}

/** Where every circuit is open, the target whose circuit closes first is asked all the same. Returns the failure. */
async function probeSoonestOpen(relayed: RelayedRequest, none: UpstreamError): Promise<UpstreamError | undefined> {
  const [soonest] = relayed.skipped.toSorted((a, b) => a.until - b.until)
  if (soonest === undefined) return none
  const result = await tryTarget(relayed, { target: soonest.target }, { isFallback: true, probe: true })
  return result.type === 'over' ? result.failure : result.failures[0]
}

function report({ attempts, headers }: RelayedRequest, last: UpstreamError | undefined): RelayReport {
  const failures = attempts.flatMap(({ outcome, error }) => (outcome === 'failed' ? (error ?? []) : []))
  return { attempts, failure: last && mostTelling(failures, last), headers: headers() }
}
