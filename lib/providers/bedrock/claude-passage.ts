import { parseJson } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint, NativePassage, NativeRequest, WireEvent } from '../../types/provider.ts'
import { messagesPassage } from '../anthropic/native.ts'
import { object, text } from '../json.ts'
import { authorize } from './auth.ts'
import { claudeBody } from './claude-body.ts'
import { modelUrl } from './endpoint.ts'
import { raiseException } from './errors.ts'
import { textIn } from './invoke.ts'

/**
 * The way of a Messages request to Claude's own API on Bedrock. `named`: the request under the name of the model behind an ARN.
 * Undefined: it is translated.
 */
export function claudePassage(
  native: NativeRequest,
  { model }: ChatRequest,
  named: ChatRequest,
  endpoint: Endpoint,
): NativePassage | undefined {
  const given = claudeBody(native, named, endpoint)
  if (given === undefined) return undefined
  const { otherApi } = given
  const body = JSON.stringify(given.body)
  const encode = async () => {
    const url = modelUrl(model, 'invoke-with-response-stream', endpoint)
    const headers = { 'content-type': 'application/json', accept: 'application/vnd.amazon.eventstream' }
    return { url, headers: await authorize({ method: 'POST', url, headers, body }, model, endpoint), body }
  }
  return { ...messagesPassage(encode, named, endpoint, eventIn), ...(otherApi && { otherApi }) }
}

function eventIn(frame: WireEvent): WireEvent | undefined {
  raiseException(frame)
  const data = textIn(frame)
  return data === undefined ? undefined : { event: text(object(parseJson(data)).type), data }
}
