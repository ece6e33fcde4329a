import type { Outcome } from '../options.ts'
import { useResponse } from './client/use-response.ts'
import type { Mount, StreamgateResponse } from './mount.ts'
import { observe } from './observe.ts'

/** Ends a request once, with its outcome for the application and `answer`, which writes the last of the response. */
export function endRequest(
  { options, limits }: Mount,
  res: StreamgateResponse,
  outcome: Outcome,
  answer: () => void,
): void {
  // Before the end, for those who log on the response's `finish`.
  observe(options, () => {
    res.locals ??= {}
    res.locals.streamgate = outcome
  })
  useResponse(res, options.logger, () => {
    // A client that reads no further could keep the rest of its answer here for ever.
    res.setTimeout(limits.clientTimeout, () => res.destroy())
    answer()
  })
  observe(options, () => options.onFinish?.(outcome))
}
