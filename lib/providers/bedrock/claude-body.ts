import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint, NativePassage, NativeRequest } from '../../types/provider.ts'
import { hostBetas } from '../anthropic/betas.ts'
import { hostedBody } from '../anthropic/native.ts'
import { isObject, type Json, object, objects } from '../json.ts'
import { without } from '../openai/fields.ts'
import { hasRemoteMedia } from '../remote-media.ts'
import { ANTHROPIC_VERSION } from './claude.ts'

/**
 * The betas that Bedrock has, of which each model takes some. Sources: docs.aws.amazon.com/bedrock, `anthropic_beta` of Claude's
 * Messages API, by which BerriAI/litellm#19877 went (the first eleven); its pages on tool use and compaction (the next two); BerriAI/litellm
 * `anthropic_beta_headers_config.json`, November 2026 (the rest).
 */
const BETAS: ReadonlySet<string> = new Set([
  ...['computer-use-2024-10-22', 'computer-use-2025-01-24', 'token-efficient-tools-2025-02-19'],
  ...['interleaved-thinking-2025-05-14', 'output-128k-2025-02-19', 'dev-full-thinking-2025-05-14'],
  ...['context-1m-2025-08-07', 'context-management-2025-06-27', 'effort-2025-11-24'],
  ...['tool-search-tool-2025-10-19', 'tool-examples-2025-10-29'],
  ...['fine-grained-tool-streaming-2025-05-14', 'compact-2026-01-12'],
  ...['computer-use-2025-11-24', 'dangerous-tool-use-2026-09-03', 'thinking-binding-controls-2026-08-01'],
  ...['thinking-display-updates-2026-08-18', 'mid-conversation-output-config-2026-07-01'],
  ...['mid-conversation-tool-changes-2026-07-01'],
])

/** A client's Messages request in the form of Claude's own API on Bedrock. */
export interface ClaudeBody extends Pick<NativePassage, 'otherApi'> {
  readonly body: Json
}

/** `named`: the translation of the request, under the name of the model behind an ARN. Undefined: it has to be translated. */
export function claudeBody(
  native: NativeRequest,
  named: ChatRequest,
  endpoint: Pick<Endpoint, 'fields' | 'api'>,
): ClaudeBody | undefined {
  const given = hasRemoteMedia(named) ? undefined : hostedBody(native, named.model)
  if (given === undefined) return undefined
  const { names, otherApi } = hostBetas(BETAS, native, endpoint)
  const body = {
    anthropic_version: ANTHROPIC_VERSION,
    ...(names.length > 0 && { anthropic_beta: names }),
    ...without(given, ['model', 'stream', 'service_tier']),
    messages: objects(given.messages).map(withoutDirectCaller),
    // A ban on parallel calls is not accepted.
    ...(isObject(given.tool_choice) && {
      tool_choice: without(object(given.tool_choice), ['disable_parallel_tool_use']),
    }),
  }
  return { body, ...(otherApi && { otherApi }) }
}

/** Who calls is a member of later versions than Bedrock's; that the model itself does is what its absence says. */
function withoutDirectCaller(message: Json): Json {
  if (!Array.isArray(message.content)) return message
  const content = objects(message.content).map((block) =>
    object(block.caller).type === 'direct' ? without(block, ['caller']) : block,
  )
  return { ...message, content }
}
