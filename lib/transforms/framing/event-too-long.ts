import { streamFailure, type UpstreamError } from '../../errors.ts'

/** The failure of a stream with an event (a line, a frame, an element) that is over the limit. */
export function eventTooLong(maxEventBytes: number): UpstreamError {
  return streamFailure('malformed', `An event of the provider exceeds maxEventBytes (${maxEventBytes}).`)
}
