import type { Verdict } from '../breaker/breaker.ts'
import type { ApiKey } from '../config.ts'
import type { AttemptReason, AttemptStart } from '../options.ts'
import { attributionHeaders } from './client/attribution-headers.ts'
import { withCost } from './cost.ts'
import { race } from './hedge.ts'
import { isPortkeyClient } from './incoming/portkey.ts'
import { observe } from './observe.ts'
import type { Way } from './recovery/ways-to-continue.ts'
import { isBudgetLeft, type RelayedRequest, type TargetModel, timeLeft } from './relayed-request.ts'
import type { AttemptReport, RequestContext } from './request-context.ts'
import { admit, recordResult } from './routing/circuit.ts'
import type { Hedge } from './routing/plan.ts'

/** Why and in which way an attempt is made. */
export interface Approach {
  readonly reason: AttemptReason
  /** The circuit's. */
  readonly verdict: Verdict
  readonly way: Way
}

/** One attempt, told to hooks, keys, load and breaker. `context` is the request's own, or that of its lane in a race. */
export async function runAttempt(
  relayed: RelayedRequest,
  { target, model }: TargetModel,
  { reason, verdict, way }: Approach,
  context: RequestContext = relayed.context,
): Promise<AttemptReport> {
  const { shared, work, attempts } = relayed
  const { options, request } = context
  relayed.started += 1
  if (reason === 'retry') relayed.retries += 1
  const key = shared.keys.pick(target)
  const start = startOf(relayed, { target, model }, { reason, way, key })
  const portkey = isPortkeyClient(context.headers)
  const headers = () =>
    attributionHeaders({ target, start, attempts: relayed.started, retries: relayed.retries, portkey })
  relayed.headers = headers
  observe(options, () => options.onAttemptStart?.(start))

  const end = shared.load?.begin(target.name)
  const left = timeLeft(relayed)
  const report = await work.attempt(context, key === undefined ? target : { ...target, apiKey: key.key }, {
    ...{ start, way, headers },
    // That nobody continued a broken answer is not why it broke.
    previousFailure: attempts.findLast(({ failure }) => failure?.code !== 'continuation_refused')?.failure?.kind,
    totalTimeout: Number.isFinite(left) ? Math.max(1, left) : undefined,
  })
  const ended = withCost(report, target.settings.prices, request)
  observe(options, () => options.onAttemptEnd?.(ended))
  if (key !== undefined) shared.keys.note(key, ended.error)
  end?.({ firstContent: ended.timings.firstContent, failed: ended.outcome === 'failed' })
  const recorded = recordResult(shared.breaker, target, verdict, ended)
  if (recorded !== undefined) await recorded
  return ended
}

/** The target, and the other one beside it if the first is late; the winner's report, if any, comes last. */
export async function runHedged(
  relayed: RelayedRequest,
  first: TargetModel,
  approach: Approach,
  { target: other, delay, maxExtra, group }: Hedge,
): Promise<AttemptReport[]> {
  const { context, shared, work } = relayed
  const { hedges } = shared
  hedges.count(group, maxExtra)
  const reports = await race(
    context,
    delay === 'p95' ? hedges.p95(first.target.name) : delay,
    (own) => runAttempt(relayed, first, approach, own),
    async () => {
      const model = work.modelOf(other, context.request.model, true)
      if (model === undefined || !isBudgetLeft(relayed) || !hedges.spend(group)) return undefined
      const verdict = await admit(shared.breaker, other)
      if (verdict.type === 'open') return undefined
      const beside: Approach = { reason: 'hedge', verdict, way: { type: 'fresh' } }
      return (own) => runAttempt(relayed, { target: other, model }, beside, own)
    },
  )
  for (const { target: name, timings } of reports) {
    if (timings.firstContent !== undefined) hedges.note(name, timings.firstContent)
  }
  return reports
}

function startOf(
  { context, started, work }: RelayedRequest,
  { target, model }: TargetModel,
  { reason, way, key }: Pick<Approach, 'reason' | 'way'> & { key: ApiKey | undefined },
): AttemptStart {
  return {
    requestId: context.requestId,
    attempt: started,
    // A target before it may have been left out, since its circuit is open.
    reason: started === 1 ? 'first' : reason,
    ...(work.operation !== undefined && { operation: work.operation }),
    resume: way.type,
    target: target.name,
    ...(key !== undefined && { key: key.name }),
    provider: target.provider.name,
    model,
    metadata: { ...target.settings.metadata, ...context.metadata },
  }
}
