import { RequestError } from '../errors.ts'
import type { Dialect } from './dialect.ts'
import { failureOf } from './messages/errors.ts'
import { estimatedTokens } from './messages/estimate.ts'
import { messageFold } from './messages/fold.ts'
import { nativeRequest } from './messages/native.ts'
import { readRequest } from './messages/request.ts'
import { messageWriter } from './messages/writer.ts'

/** Anthropic's Messages: events with names as SSE, or one `message`. */
export const messages: Dialect = {
  name: 'messages',
  path: '/messages',
  announcesRestarts: false,
  runsCallsAtOnce: true,
  read(body, headers) {
    const { request, lost, nativeOnly } = readRequest(body)
    const inputTokens = () => estimatedTokens(request)
    return {
      request,
      lost,
      nativeOnly: nativeOnly === undefined ? undefined : untranslatable(nativeOnly),
      native: nativeRequest(body, headers),
      legacy: false,
      stream: request.stream === true,
      writer: () => messageWriter(inputTokens),
      fold: () => messageFold(inputTokens),
    }
  },
  failure: failureOf,
  headers: (requestId) => ({ 'request-id': requestId }),
}

/** Without the field the request would be another one. */
function untranslatable(param: string): RequestError {
  if (param === 'thread') {
    // Anthropic's SDKs then send the whole conversation.
    const message = 'This target keeps no threads: send the whole conversation.'
    return new RequestError(message, { param, status: 404, code: 'thread_not_found' })
  }
  return new RequestError(`This target does not speak the API that '${param}' belongs to.`, {
    param,
    code: 'unsupported_parameter',
  })
}
