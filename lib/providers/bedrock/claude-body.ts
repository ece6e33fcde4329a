import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint, NativeRequest } from '../../types/provider.ts'
import { betaNames, hostedBody } from '../anthropic/native.ts'
import { isObject, type Json, object, objects } from '../json.ts'
import { without } from '../openai/fields.ts'
import { hasRemoteMedia } from '../remote-media.ts'
import { ANTHROPIC_VERSION } from './claude.ts'

/** The betas that Bedrock has; it refuses a request with any other. Source: docs.aws.amazon.com/bedrock, Messages API. */
const BETAS =
  /^(computer-use-|token-efficient-tools-|interleaved-thinking-|output-128k-|dev-full-thinking-|context-1m-|context-management-|effort-|tool-search-tool-|tool-examples-|fine-grained-tool-streaming-|compact-)/

/**
 * A client's Messages request in the form of Claude's own API on Bedrock. `named`: its translation, under the name of the model
 * behind an ARN. Undefined: it has to be translated.
 */
export function claudeBody(native: NativeRequest, named: ChatRequest, fields: Endpoint['fields']): Json | undefined {
  const given = hasRemoteMedia(named) ? undefined : hostedBody(native, named.model)
  if (given === undefined) return undefined
  // What the target was told to use is its own affair.
  const own = betaNames({ ...native, headers: {} }, { fields })
  const betas = betaNames(native, { fields }).filter((name) => own.includes(name) || BETAS.test(name))
  return {
    anthropic_version: ANTHROPIC_VERSION,
    ...(betas.length > 0 && { anthropic_beta: betas }),
    ...without(given, ['model', 'stream', 'service_tier']),
    messages: objects(given.messages).map(withoutDirectCaller),
    // A ban on parallel calls is not accepted.
    ...(isObject(given.tool_choice) && {
      tool_choice: without(object(given.tool_choice), ['disable_parallel_tool_use']),
    }),
  }
}

/** Who calls is a member of later versions than Bedrock's; that the model itself does is what its absence says. */
function withoutDirectCaller(message: Json): Json {
  if (!Array.isArray(message.content)) return message
  const content = objects(message.content).map((block) =>
    object(block.caller).type === 'direct' ? without(block, ['caller']) : block,
  )
  return { ...message, content }
}
