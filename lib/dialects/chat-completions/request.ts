import { ownCallId } from '../../transforms/call-id.ts'
import type { ChatRequest, Message, ResponseFormat, Tool, ToolCall, ToolChoice } from '../../types/chat.ts'
import { callIds } from '../call-ids.ts'
import { checkRequest, isNamedByKey } from './request-schema.ts'

/** A client's request: checked, and in the one form that all attempts start from. */
export interface ChatCompletionsRequest {
  request: ChatRequest
  /** The client uses the deprecated `functions`, and expects `function_call` back. */
  legacy: boolean
  stream: boolean
  includeUsage: boolean
}

/** Checks a body and brings it into the form that providers get. Throws RequestError with the path of what is wrong. */
export function parseRequest(body: unknown): ChatCompletionsRequest {
  checkRequest(body)

  const { functions, function_call, messages, tools, tool_choice, response_format, ...rest } = withoutNulls(
    body as ClientBody,
    1,
  )
  const legacy = functions !== undefined || function_call !== undefined
  const request: ChatRequest = Object.freeze({
    ...rest,
    model: rest.model ?? '',
    // To the fields of a part, of a function, of a schema's wrapper; JSON schemas themselves have nulls that mean something.
    messages: Object.freeze(modernMessages(withoutNulls(messages, 5))),
    ...(response_format && { response_format: withoutNulls(response_format, 2) }),
    ...(tools && { tools: withoutNulls(tools, 3).map(typedTool) }),
    ...(tool_choice !== undefined && { tool_choice: nestedChoice(tool_choice) }),
    ...(functions?.length && { tools: withoutNulls(functions, 2).map(modernTool) }),
    ...(function_call !== undefined && { tool_choice: modernChoice(function_call) }),
    // The old format has room for one call.
    ...(legacy && { parallel_tool_calls: false }),
  })
  return {
    request,
    legacy,
    stream: request.stream === true,
    includeUsage: request.stream_options?.include_usage === true,
  }
}

// ------------------------------------------------------------------------------------------------------ the old forms

type LegacyCall = { name: string; arguments: string }
type LegacyMessage = { role: 'function'; name: string; content?: string }
type ClientMessage = (Message & { function_call?: LegacyCall }) | LegacyMessage
type FunctionSpec = Extract<Tool, { type: 'function' }>['function']
interface ClientBody {
  model?: string
  messages: ClientMessage[]
  tools?: Tool[]
  tool_choice?: ToolChoice
  response_format?: ResponseFormat
  functions?: FunctionSpec[]
  function_call?: 'none' | 'auto' | { name: string }
  [field: string]: unknown
}

function modernTool(called: FunctionSpec): Tool {
  return { type: 'function', function: called }
}

/** A tool by its key, as Google writes it, with the key as its type. */
function typedTool(tool: Tool): Tool {
  if (tool.type !== undefined || !isNamedByKey(tool)) return tool
  const [[type, options] = ['', {}]] = Object.entries(tool)
  return { ...(options as object), type }
}

/** A choice among tools whose names may stand beside their types, as in the Responses API. */
function nestedChoice(choice: ToolChoice): ToolChoice {
  if (typeof choice === 'string' || choice.type !== 'allowed_tools') return choice
  const tools = choice.allowed_tools.tools.map((tool) => {
    const { type, name } = tool
    return type === 'function' && typeof name === 'string' ? { type, function: { name } } : tool
  })
  return { ...choice, allowed_tools: { ...choice.allowed_tools, tools } }
}

function modernChoice(choice: 'none' | 'auto' | { name: string }): ToolChoice {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } }
}

/** Messages of the deprecated kinds as tool calls and results; the ids of calls without what we packed into them. */
function modernMessages(messages: readonly ClientMessage[]): Message[] {
  let legacyCalls = 0
  const unpacked = callIds()

  const modernCall = ({ id, function: called, custom }: ToolCall): ToolCall => ({
    type: custom === undefined ? 'function' : 'custom',
    ...(called && { function: called }),
    ...(custom && { custom }),
    ...unpacked(id),
  })

  return messages.map((message): Message => {
    if (message.role === 'function') {
      return { role: 'tool', tool_call_id: `call_legacy_${legacyCalls}`, content: message.content ?? '' }
    }
    if (message.role === 'tool') return { ...message, tool_call_id: ownCallId(message.tool_call_id) }
    if (message.role !== 'assistant') return message
    const { function_call, tool_calls, ...rest } = message as Extract<ClientMessage, { role: 'assistant' }>
    if (function_call !== undefined) {
      legacyCalls += 1
      return { ...rest, tool_calls: [{ id: `call_legacy_${legacyCalls}`, type: 'function', function: function_call }] }
    }
    if (!tool_calls?.length) return rest
    return { ...rest, tool_calls: tool_calls.map(modernCall) }
  })
}

/** OpenAI takes null for "not given" everywhere; providers get no nulls in this many levels of lists and objects. */
function withoutNulls<T>(value: T, levels: number): T {
  // Few requests have any, and a copy of all the others would be most of what this costs.
  return hasNulls(value, levels) ? copyWithoutNulls(value, levels) : value
}

function hasNulls(value: unknown, levels: number): boolean {
  if (levels === 0 || typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some((each) => hasNulls(each, levels - 1))
  for (const key in value) {
    const each = (value as Record<string, unknown>)[key]
    if (each === null || hasNulls(each, levels - 1)) return true
  }
  return false
}

function copyWithoutNulls<T>(value: T, levels: number): T {
  if (levels === 0 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each) => copyWithoutNulls(each, levels - 1)) as T
  const given = Object.entries(value).filter(([, each]) => each !== null)
  return Object.fromEntries(given.map(([key, each]) => [key, copyWithoutNulls(each, levels - 1)])) as T
}
