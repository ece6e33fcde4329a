import type { DialectName } from '../dialects/dialect.ts'
import type { UpstreamError } from '../errors.ts'
import type { AttemptReason, FailureInfo, Operation, Outcome } from '../options.ts'
import type { ApiError } from '../types/provider.ts'
import { requestCost } from './cost.ts'
import type { AttemptReport } from './request-context.ts'

/** The outcome of a request for which attempts were made. */
export function outcomeOf(request: {
  requestId: string
  dialect: DialectName
  operation?: Operation
  attempts: readonly AttemptReport[]
  failure: UpstreamError | undefined
  aborted: boolean
  /** Whether the client has been sent any of an answer. */
  committed: boolean
  /** When the request came, by `performance.now()`. */
  began: number
}): Outcome {
  const { requestId, dialect, operation, attempts, failure, aborted, committed, began } = request
  const last = attempts.at(-1)
  return {
    requestId,
    dialect,
    ...(operation !== undefined && { operation }),
    outcome: aborted ? 'aborted' : failure === undefined ? 'whole' : 'failed',
    target: last?.target,
    provider: last?.provider,
    model: last?.model,
    attempts: attempts.length,
    ...countsOf(attempts),
    recoveries: failure === undefined && !aborted && wasRecovered(attempts) ? 1 : 0,
    truncated: committed && failure !== undefined && !aborted,
    timeToFirstChunk: firstContent(attempts, began),
    duration: performance.now() - began,
    chunks: attempts.reduce((sum, { chunks }) => sum + chunks, 0),
    usage: last?.outcome === 'whole' ? last.usage : undefined,
    wastedUsage: attempts.flatMap(({ outcome, usage }) => (outcome === 'whole' ? [] : (usage ?? []))),
    cost: requestCost(attempts),
    metadata: last?.metadata ?? {},
    failure: failure && failureInfo(failure),
  }
}

/** The outcome of a request that was wrong itself. */
export function rejectedOutcome({
  requestId,
  dialect,
  operation,
  error,
  aborted,
  began,
}: {
  requestId: string
  dialect: DialectName
  operation?: Operation
  error: ApiError
  aborted: boolean
  /** When the request came, by `performance.now()`. */
  began: number
}): Outcome {
  return {
    requestId,
    dialect,
    ...(operation !== undefined && { operation }),
    outcome: aborted ? 'aborted' : 'rejected',
    target: undefined,
    provider: undefined,
    model: undefined,
    attempts: 0,
    ...countsOf([]),
    recoveries: 0,
    truncated: false,
    timeToFirstChunk: undefined,
    duration: performance.now() - began,
    chunks: 0,
    usage: undefined,
    wastedUsage: [],
    cost: undefined,
    metadata: {},
    failure: { kind: 'request', status: undefined, code: error.code, message: error.message },
  }
}

export function failureInfo({ kind, status, api }: UpstreamError): FailureInfo {
  return { kind, status, code: api.code, message: api.message }
}

function countsOf(attempts: readonly AttemptReport[]) {
  const madeFor = (wanted: AttemptReason) => attempts.filter(({ reason }) => reason === wanted).length
  return {
    retries: madeFor('retry'),
    fallbacks: madeFor('fallback'),
    hedges: madeFor('hedge'),
    restarts: attempts.filter(({ resumed }) => resumed === 'restart').length,
  }
}

/** Whether the answer broke after its last restart, if it had any. */
function wasRecovered(attempts: readonly AttemptReport[]): boolean {
  const last = attempts.findLast(({ resumed }) => resumed !== undefined)
  return last !== undefined && last.resumed !== 'restart'
}

function firstContent(attempts: readonly AttemptReport[], began: number): number | undefined {
  for (const { startedAt, timings } of attempts) {
    if (timings.firstContent !== undefined) return startedAt + timings.firstContent - began
  }
  return undefined
}
