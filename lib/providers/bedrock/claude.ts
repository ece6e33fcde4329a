import type { ChatRequest, Message, TextPart, UserPart } from '../../types/chat.ts'
import type { Endpoint } from '../../types/provider.ts'
import { modelFor } from '../anthropic/models.ts'
import { isRunByAnthropic } from '../anthropic/native-tools.ts'
import { anthropicBody } from '../anthropic/request.ts'
import { answerForm } from '../anthropic/tools.ts'
import type { MessagesBody, ToolChoiceParam, ToolParam } from '../anthropic/wire.ts'
import { maxTokens, noSuchTool } from '../content.ts'
import { nativeFields } from '../native-fields.ts'
import { cachePoint } from './cache-points.ts'
import type { ModelFields } from './parameters.ts'
import type { ToolConfig } from './tools.ts'

/** The version of Anthropic's API that all of Bedrock's models speak. */
export const ANTHROPIC_VERSION = 'bedrock-2023-05-31'

/**
 * Claude's fields in ConverseStream. Its rules are Anthropic's, so its fields are those that Anthropic's own API would
 * get; what Converse has no name for goes through `additionalModelRequestFields`.
 */
export function claudeFields(request: ChatRequest, endpoint: Endpoint): ModelFields {
  const served: ChatRequest = { ...request, messages: request.messages.map(withoutMedia) }
  const native = nativeBody(served)
  const { thinking, output_config, top_k, tool_choice: choice } = native
  const answer = answerForm(served, modelFor(request.model))
  // Converse has no name for the ban on parallel calls, and takes no second choice beside one that has.
  const single = choice !== undefined && 'disable_parallel_tool_use' in choice
  const limited = maxTokens(request) !== undefined || thinking?.type === 'enabled'
  const additional = {
    ...(thinking && { thinking }),
    ...(output_config && { output_config }),
    ...(top_k !== undefined && { top_k }),
    ...(single && { tool_choice: choice }),
    ...nativeFields(request, CLAUDE_FIELDS),
    ...nativeTools(native),
    ...betas(endpoint),
  }
  return {
    inferenceConfig: {
      maxTokens: limited ? native.max_tokens : undefined,
      temperature: native.temperature,
      topP: native.top_p,
      stopSequences: native.stop_sequences,
    },
    additionalModelRequestFields: additional,
    toolConfig: toolConfig(native, single),
    instruction: answer?.type === 'instruction' ? answer.text : undefined,
    replayThinking: native.messages.some(({ content }) => content.some(({ type }) => type.endsWith('thinking'))),
  }
}

/** Fields of Anthropic's own that Converse takes among the model's. */
export const CLAUDE_FIELDS = ['context_management']

/** Tools that Anthropic defines and the client runs. */
function nativeTools({ tools = [] }: MessagesBody): { tools?: ToolParam[] } {
  const native = tools.filter((tool) => !('input_schema' in tool))
  return native.length > 0 ? { tools: native } : {}
}

/** Anthropic's own request. Bedrock runs no tools of Anthropic's and takes no system turns. */
export function nativeBody(request: ChatRequest): MessagesBody {
  const foreign = request.tools?.find(isRunByAnthropic)
  if (foreign !== undefined) throw noSuchTool('Bedrock', foreign)
  const { web_search_options: _, ...served } = request
  return anthropicBody(served as ChatRequest, { version: ANTHROPIC_VERSION, systemTurns: false })
}

/** `anthropic_beta` in the body's form; elsewhere it is a header. */
export function betas({ fields }: Endpoint): { anthropic_beta?: string[] } {
  const names = (fields.anthropic_beta ?? '').split(',').map((name) => name.trim())
  const given = names.filter((name) => name !== '')
  return given.length > 0 ? { anthropic_beta: given } : {}
}

/** Converse takes media and documents that Anthropic's own API does not; for the parameters any part will do. */
function withoutMedia(message: Message): Message {
  if ((message.role !== 'user' && message.role !== 'tool') || typeof message.content === 'string') return message
  return { ...message, content: message.content.map(textInPlace) }
}

function textInPlace(part: UserPart): TextPart {
  return part.type === 'text' ? part : { type: 'text', text: '-' }
}

function toolConfig({ tools = [], tool_choice: choice }: MessagesBody, single: boolean): ToolConfig | undefined {
  if (tools.length === 0 || choice?.type === 'none') return undefined
  const specs = tools.flatMap((tool): ToolConfig['tools'] => {
    if (!('input_schema' in tool)) return []
    const { name, description, input_schema: json, strict } = tool
    const spec = { name, ...(description && { description }), inputSchema: { json }, ...(strict && { strict }) }
    return [{ toolSpec: spec }, ...cachePoint(tool)]
  })
  if (specs.length === 0) return undefined
  return { tools: specs, ...(choice && !single && { toolChoice: converseChoice(choice) }) }
}

function converseChoice(choice: ToolChoiceParam): NonNullable<ToolConfig['toolChoice']> {
  if (choice.type === 'tool') return { tool: { name: choice.name } }
  return choice.type === 'any' ? { any: {} } : { auto: {} }
}
