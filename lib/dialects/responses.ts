import type { IncomingHttpHeaders } from 'node:http'
import { envelope } from '../errors.ts'
import type { Dialect, ParsedRequest, ReadContext } from './dialect.ts'
import { nativeRequest } from './responses/native.ts'
import { ownParam, withOwnParam } from './responses/param-names.ts'
import { wholeInput } from './responses/references.ts'
import { LOGPROBS, translated } from './responses/request.ts'
import { checkRequest } from './responses/request-schema.ts'
import { type ResponseObject, requestEcho } from './responses/response.ts'
import { responseFold, responseWriter } from './responses/writer.ts'

/** OpenAI's Responses: items in, events of items out. Codex, and most SDKs of agents, speak it by default. */
export const responses: Dialect = {
  name: 'responses',
  path: '/responses',
  announcesRestarts: false,
  // Codex runs a call as soon as its item is done.
  runsCallsAtOnce: true,
  read,
  failure: (error) => ({ status: error.status, body: envelope(withOwnParam(error)) }),
  ownParam,
}

async function read(
  body: unknown,
  headers: IncomingHttpHeaders,
  { items: memoryOf, maxAnswerBytes }: ReadContext,
): Promise<ParsedRequest> {
  checkRequest(body)
  const memory = memoryOf()
  const whole = await wholeInput(body, memory)
  const { items, missing } = whole
  const { request, origin, dropped, refusal } = translated(body, whole)

  const kept = body.store === false ? undefined : memory
  const isRest = missing !== undefined || body.conversation != null
  const keep = (response: ResponseObject, ours: boolean) => {
    // A provider's own may be of any shape.
    const output = Array.isArray(response.output) ? response.output.filter((item) => item?.id !== undefined) : []
    const outputs = output.map((item) => [item.id, { item, ours }])
    kept?.put({
      ...Object.fromEntries(outputs),
      [response.id]: { response: { ...response, output }, input: items, ours, ...(isRest && { isRest }) },
    })
  }
  const options = {
    echo: requestEcho(body, kept !== undefined),
    origin,
    logprobs: body.include?.includes(LOGPROBS) === true,
    encrypted: body.include?.includes('reasoning.encrypted_content') === true,
    maxAnswerBytes,
    onWhole: keep,
  }
  return {
    request,
    lost: dropped,
    native: nativeRequest(body, whole, headers),
    nativeOnly: refusal,
    legacy: false,
    stream: body.stream === true,
    writer: () => responseWriter(options),
    fold: () => responseFold(options),
  }
}
