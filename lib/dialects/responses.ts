import { envelope } from '../errors.ts'
import type { ClientRequest, Dialect, ReadContext } from './dialect.ts'
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
  failure: (error) => ({ status: error.status, body: envelope(error) }),
}

async function read(body: unknown, _headers: unknown, { items, maxAnswerBytes }: ReadContext): Promise<ClientRequest> {
  checkRequest(body)
  const memory = body.store === false ? undefined : items
  const input = await wholeInput(body, items)
  const { request, origin, dropped, refusal } = translated(body, input)
  if (refusal !== undefined) throw refusal

  const keep = (response: ResponseObject) => {
    const outputs = Object.fromEntries(response.output.map((item) => [item.id, item]))
    memory?.put({ ...outputs, [response.id]: { response, input } })
  }
  const options = {
    echo: requestEcho(body, memory !== undefined),
    origin,
    logprobs: body.include?.includes(LOGPROBS) === true,
    encrypted: body.include?.includes('reasoning.encrypted_content') === true,
    maxAnswerBytes,
    onWhole: keep,
  }
  return {
    request,
    lost: dropped,
    legacy: false,
    stream: body.stream === true,
    writer: () => responseWriter(options),
    fold: () => responseFold(options),
  }
}
