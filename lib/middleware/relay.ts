import { setTimeout as sleep } from 'node:timers/promises'
import type { Route, Target } from '../config.ts'
import type { UpstreamError } from '../errors.ts'
import type { AttemptStart } from '../options.ts'
import { type AttemptReport, attempt, type Exchange } from './attempt.ts'
import { decide } from './decide.ts'
import { observe } from './observe.ts'
import { plan } from './plan.ts'

/** What became of a request's attempts. */
export interface RelayReport {
  attempts: readonly AttemptReport[]
  /** Why all is lost; undefined if the answer is whole, or if the client left. */
  failure: UpstreamError | undefined
}

/** Tries the plan's targets until one answers in full, no step is left, or the client leaves. Never rejects. */
export async function relay(exchange: Exchange, route: Route): Promise<RelayReport> {
  const { downstream, options, signal } = exchange
  const attempts: AttemptReport[] = []
  const targets = plan(route)

  for (let next = targets.next(); ; ) {
    if (next.done) return { attempts, failure: next.value }
    const target = next.value
    for (let retries = 0; ; retries += 1) {
      const start = startOf(exchange, target, attempts.length + 1)
      observe(options, () => options.onAttemptStart?.(start))
      const report = await attempt(exchange, target, start, attempts.at(-1)?.failure?.kind)
      attempts.push(report)
      observe(options, () => options.onAttemptEnd?.(report))
      if (report.error === undefined || signal.aborted) return { attempts, failure: undefined }

      const step = decide({
        failure: report.error,
        retries,
        settings: target.settings,
        committed: downstream.committed,
        callSent: downstream.callSent,
        random: Math.random(),
      })
      if (step.type === 'fail') return { attempts, failure: report.error }
      if (step.type === 'fallback') {
        next = targets.next(report.error)
        break
      }
      await sleep(step.delay, undefined, { signal }).catch(() => {})
      if (signal.aborted) return { attempts, failure: undefined }
    }
  }
}

function startOf({ request }: Exchange, { name, provider, settings }: Target, attempt: number): AttemptStart {
  const model = String(settings.overrideParams.model ?? request.model)
  return {
    attempt,
    target: name,
    provider: provider.name,
    model,
    metadata: { ...settings.metadata, ...request.metadata },
  }
}
