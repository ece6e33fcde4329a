import type { Group, Route, Target } from '../config.ts'
import type { UpstreamError } from '../errors.ts'

/**
 * The targets to try, in order. Yields a target; is resumed with the failure that ended it, retries included; returns the
 * last failure when nothing is left. A group decides about its own routes only, so groups nest.
 */
export function* plan(route: Route): Generator<Target, UpstreamError, UpstreamError> {
  if (route.kind === 'target') return yield route
  switch (route.mode) {
    case 'single':
      return yield* plan(route.routes[0])
    case 'fallback':
      return yield* fallback(route)
  }
}

function* fallback({
  routes: [first, ...rest],
  onStatusCodes,
}: Group): Generator<Target, UpstreamError, UpstreamError> {
  let failure = yield* plan(first)
  for (const route of rest) {
    if (!fallsBack(failure, onStatusCodes)) return failure
    failure = yield* plan(route)
  }
  return failure
}

/** `on_status_codes` narrows statuses only: failures of the transport, of time and of the stream always fall back. */
function fallsBack({ kind, status }: UpstreamError, codes: readonly number[] | undefined): boolean {
  return kind !== 'status' || status === undefined || codes === undefined || codes.includes(status)
}
