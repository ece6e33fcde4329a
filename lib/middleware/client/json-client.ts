import type { ServerResponse } from 'node:http'
import { nativeOf, plainText } from '../../chunk.ts'
import { streamFailure } from '../../errors.ts'
import type { Chunk } from '../../types/chunk.ts'
import type { AttemptInfo, Downstream, DownstreamOptions } from './downstream.ts'
import { sendFailure, sendJson, setHeaders } from './send.ts'

/** Answers with one JSON body, once the answer is whole: all failures before stay invisible. */
export function jsonClient(res: ServerResponse, { limits, format, dialect, requestId }: DownstreamOptions): Downstream {
  let answer = format.fold()
  let size = 0
  let attempt: AttemptInfo | undefined
  return {
    committed: () => false,
    callSent: () => false,
    textSent: () => undefined,
    begin(next) {
      attempt = next
      answer = format.fold()
      size = 0
    },
    write(chunk) {
      size += sizeOf(chunk)
      if (size > limits.maxAnswerBytes) {
        throw streamFailure('malformed', `The answer exceeds maxAnswerBytes (${limits.maxAnswerBytes}).`)
      }
      answer.add(chunk)
      return true
    },
    onReady: (callback) => callback(),
    close: () => undefined,
    finish() {
      setHeaders(res, attempt?.headers())
      sendJson(res, 200, answer.result())
    },
    fail: (error, headers) => sendFailure(res, dialect.failure(error, requestId), headers),
  }
}

/** In characters. */
function sizeOf(chunk: Chunk): number {
  const natives = nativeOf(chunk)
  if (natives !== undefined) return natives.reduce((sum, { data }) => sum + data.length, 0)
  return plainText(chunk)?.length ?? JSON.stringify(chunk.choices).length
}
