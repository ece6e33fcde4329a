import { streamFailure } from '../../errors.ts'

/** Pauses that one answer may have. */
const MOST_PAUSES = 8

/**
 * Reads an answer that the model pauses within, body by body. `read` resolves with the pause, or with undefined at the end of
 * the answer; `askNext` with the response that follows a pause. Rejects with a `broken-end` UpstreamError if the
 * pauses do not come to an end.
 */
export async function acrossPauses<Response, Pause>(
  first: Response,
  read: (response: Response) => Promise<Pause | undefined>,
  askNext: (pause: Pause) => Promise<Response>,
): Promise<void> {
  let response = first
  for (let pauses = 0; ; pauses += 1) {
    const pause = await read(response)
    if (pause === undefined) return
    if (pauses === MOST_PAUSES) {
      throw streamFailure('broken-end', `The provider paused within its answer more than ${MOST_PAUSES} times.`)
    }
    response = await askNext(pause)
  }
}
