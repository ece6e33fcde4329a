import type { IncomingHttpHeaders } from 'node:http'
import { RequestError } from '../../errors.ts'
import type { MidStream } from '../../types/answer.ts'

const HEADER = 'x-streamgate-mid-stream'

/**
 * How the client wants a broken answer to go on: `continue`, `restart`, both with a comma, or `error` for not at all. Undefined
 * without the header. Throws RequestError.
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
  if (words.every(isRung)) return words
  throw new RequestError(`${HEADER} must be continue, restart, both with a comma between them, or error.`, {
    param: HEADER,
  })
}

function isRung(word: string): word is MidStream {
  return word === 'continue' || word === 'restart'
}
