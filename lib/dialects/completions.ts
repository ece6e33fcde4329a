import { envelope } from '../errors.ts'
import { readCompletionRequest } from './completions/request.ts'
import { foldText } from './completions/text-completion.ts'
import { answerWriter } from './completions/writer.ts'
import type { Dialect } from './dialect.ts'

/** OpenAI's older completions: a prompt in, `text_completion` out. Editors and SDKs' `completions.create` speak it. */
export const completions: Dialect = {
  name: 'completions',
  path: '/completions',
  announcesRestarts: false,
  runsCallsAtOnce: false,
  read(body) {
    const { request, stream, includeUsage, echo } = readCompletionRequest(body)
    return {
      request,
      legacy: false,
      stream,
      writer: () => answerWriter(includeUsage, echo),
      fold: () => foldText(echo),
    }
  },
  failure: (error) => ({ status: error.status, body: envelope(error) }),
}
