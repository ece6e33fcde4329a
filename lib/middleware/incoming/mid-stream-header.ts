import type { IncomingHttpHeaders } from 'node:http'
import { RequestError } from '../../errors.ts'
import type { MidStream } from '../../types/answer.ts'

const HEADER = 'x-streamgate-mid-stream'

/**
 * How the client wants a broken answer to continue: `continue`, `restart`, both in this order with a comma, or `error` for not
 * at all. Undefined without the header. Throws RequestError.
 *
 * @example x-streamgate-mid-stream: continue
 */
export function midStreamFromHeaders(headers: IncomingHttpHeaders): readonly MidStream[] | undefined {
  const text = headers[HEADER]
  if (text === undefined) return undefined
  const words = String(text)
    .split(',')
    .map((word) => word.trim().toLowerCase())
  if (words.length === 1 && words[0] === 'error') return []
  const ladder = LADDERS.find((rungs) => rungs.join() === words.join())
  if (ladder !== undefined) return ladder
  throw new RequestError(`${HEADER} must be one of: ${LADDERS.map((rungs) => rungs.join(', ')).join('; ')}; error.`, {
    param: HEADER,
  })
}

/** Behind an announced restart nothing is left to try. */
const LADDERS: readonly (readonly MidStream[])[] = [['continue'], ['restart'], ['continue', 'restart']]
