import { parseJson } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint, NativePassage, NativeRequest, WireEvent } from '../../types/provider.ts'
import { betaNames, messagesPassage, nativeBody } from '../anthropic/native.ts'
import { isObject, type Json, object, objects, text } from '../json.ts'
import { without } from '../openai/fields.ts'
import { hasRemoteMedia } from '../remote-media.ts'
import { authorize } from './auth.ts'
import { ANTHROPIC_VERSION } from './claude.ts'
import { modelUrl } from './endpoint.ts'
import { raiseException } from './errors.ts'
import { textIn } from './invoke.ts'

/** The betas that Bedrock has; it refuses a request with any other. Source: docs.aws.amazon.com/bedrock, Messages API. */
const BETAS =
  /^(computer-use-|token-efficient-tools-|interleaved-thinking-|output-128k-|dev-full-thinking-|context-1m-|context-management-|effort-|tool-search-tool-|tool-examples-|fine-grained-tool-streaming-|compact-)/

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
  const given = hasRemoteMedia(named) ? undefined : nativeBody(native, named.model)
  if (given === undefined) return undefined
  // What the target was told to use is its own affair.
  const own = betaNames({ ...native, headers: {} }, endpoint)
  const betas = betaNames(native, endpoint).filter((name) => own.includes(name) || BETAS.test(name))
  const body = JSON.stringify({
    anthropic_version: ANTHROPIC_VERSION,
    ...(betas.length > 0 && { anthropic_beta: betas }),
    ...without(given, ['model', 'stream', 'service_tier']),
    messages: objects(given.messages).map(withoutDirectCaller),
    // A ban on parallel calls is not accepted.
    ...(isObject(given.tool_choice) && {
      tool_choice: without(object(given.tool_choice), ['disable_parallel_tool_use']),
    }),
  })
  const encode = async () => {
    const url = modelUrl(model, 'invoke-with-response-stream', endpoint)
    const headers = { 'content-type': 'application/json', accept: 'application/vnd.amazon.eventstream' }
    return { url, headers: await authorize({ method: 'POST', url, headers, body }, model, endpoint), body }
  }
  return messagesPassage(encode, named, endpoint, eventIn)
}

/** Who calls is a member of later versions than Bedrock's; that the model itself does is what its absence says. */
function withoutDirectCaller(message: Json): Json {
  if (!Array.isArray(message.content)) return message
  const content = objects(message.content).map((block) =>
    object(block.caller).type === 'direct' ? without(block, ['caller']) : block,
  )
  return { ...message, content }
}

function eventIn(frame: WireEvent): WireEvent | undefined {
  raiseException(frame)
  const data = textIn(frame)
  return data === undefined ? undefined : { event: text(object(parseJson(data)).type), data }
}
