import type { UpstreamError } from '../../errors.ts'

/**
 * The failure that tells a client most of a request for which all attempts failed: one that a later try may not meet, best
 * with the wait that was asked for; then one for good. A fallback's word that it does not know the model, and attempts that
 * were not begun or were refused as a continuation, only where there is nothing else. Of equals the last.
 */
export function mostTelling(failures: readonly UpstreamError[], last: UpstreamError): UpstreamError {
  let best = last
  let most = 0
  for (const [index, failure] of [...failures, last].entries()) {
    const rank = rankOf(failure, index === 0)
    if (rank >= most) {
      most = rank
      best = failure
    }
  }
  return best
}

function rankOf({ kind, api }: UpstreamError, isFirst: boolean): number {
  if (kind === 'skipped') return 0
  if (api.code === 'continuation_refused') return 1
  if (api.code === 'model_not_found' && !isFirst) return 2
  if (!api.retryable) return 3
  return api.retryAfter === undefined ? 4 : 5
}
