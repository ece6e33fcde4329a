import type { ServerResponse } from 'node:http'
import { plainText } from '../../chunk.ts'
import { collect } from '../../dialects/chat-completions/completion.ts'
import { streamFailure } from '../../errors.ts'
import type { AttemptInfo, Downstream, DownstreamOptions } from './downstream.ts'
import { sendError, sendJson, setHeaders } from './send.ts'

/** Answers with one JSON body, once the answer is whole: all failures before stay invisible. */
export function jsonClient(res: ServerResponse, { limits }: DownstreamOptions): Downstream {
  let completion = collect()
  let size = 0
  let attempt: AttemptInfo | undefined
  return {
    committed: () => false,
    callSent: () => false,
    textSent: () => undefined,
    begin(next) {
      attempt = next
      completion = collect()
      size = 0
    },
    write(chunk) {
      size += plainText(chunk)?.length ?? JSON.stringify(chunk.choices).length
      if (size > limits.maxAnswerBytes) {
        throw streamFailure('malformed', `The answer exceeds maxAnswerBytes (${limits.maxAnswerBytes}).`)
      }
      completion.add(chunk)
      return true
    },
    onReady: (resume) => resume(),
    finish() {
      setHeaders(res, attempt?.headers())
      sendJson(res, 200, completion.result())
    },
    fail: (error, headers) => sendError(res, error, headers),
  }
}
