import { envelope } from '../errors.ts'
import { collect } from './chat-completions/completion.ts'
import { parseRequest } from './chat-completions/request.ts'
import { answerWriter } from './chat-completions/writer.ts'
import type { Dialect } from './dialect.ts'

/** OpenAI's chat completions: `chat.completion.chunk` as SSE, or one `chat.completion`. */
export const chatCompletions: Dialect = {
  name: 'chat-completions',
  path: '/chat/completions',
  announcesRestarts: true,
  runsCallsAtOnce: false,
  read(body) {
    const { request, legacy, stream, includeUsage } = parseRequest(body)
    return { request, legacy, stream, writer: () => answerWriter(includeUsage), fold: collect }
  },
  failure: (error) => ({ status: error.status, body: envelope(error) }),
}
