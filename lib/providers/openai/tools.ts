import { RequestError } from '../../errors.ts'
import type { AssistantMessage, ChatRequest, FunctionTool, Tool, ToolCall, ToolChoice } from '../../types/chat.ts'
import { argumentsObject, isFunctionTool, joinedTexts, noSuchTool, textOf } from '../content.ts'
import { isObject, type Json } from '../json.ts'
import type { OpenAIToolCall } from './request.ts'

/** The fields that `functionTools` answers for. */
export const TOOL_FIELDS = ['tools', 'tool_choice', 'parallel_tool_calls'] as const

export interface FunctionTools {
  tools?: FunctionTool[]
  tool_choice?: Exclude<ToolChoice, { type: 'custom' | 'allowed_tools' }>
  parallel_tool_calls?: boolean
}

/**
 * Tools for dialects that know functions only: `allowed_tools` becomes a shorter list of tools. Without tools there is no
 * choice. Throws RequestError for custom tools.
 */
export function functionTools(request: ChatRequest, provider: string): FunctionTools {
  const { tools = [], tool_choice: choice, parallel_tool_calls: parallel } = request
  const functions = tools.filter(isFunctionTool)
  const named = typeof choice === 'object' ? choice : undefined
  const other = tools.find((tool) => !isFunctionTool(tool)) ?? (named?.type === 'custom' ? named : undefined)
  if (other !== undefined) throw noSuchTool(provider, other)
  const allowed = named?.type === 'allowed_tools' ? named.allowed_tools : undefined
  const usable = allowed === undefined ? functions : functions.filter(isNamedIn(allowed.tools))
  if (usable.length === 0) return {}
  const mode = allowed?.mode ?? (choice as FunctionTools['tool_choice'])
  return {
    tools: usable,
    ...(mode != null && { tool_choice: mode }),
    ...(parallel != null && { parallel_tool_calls: parallel }),
  }
}

/** The same, and tools of these types, which the provider itself defines, as they are. */
export function toolsWithNative(
  request: ChatRequest,
  provider: string,
  types: readonly string[] = [],
): FunctionTools & { native: Tool[] } {
  const { tools = [], tool_choice: choice } = request
  const native = tools.filter((tool) => !isFunctionTool(tool) && types.includes(tool.type))
  const functions = functionTools({ ...request, tools: tools.filter((tool) => !native.includes(tool)) }, provider)
  const alone = native.length > 0 && functions.tools === undefined && typeof choice === 'string'
  return { ...functions, ...(alone && { tool_choice: choice }), native }
}

/** Seen with the name beside the type, and as in Chat Completions inside `function`. */
function isNamedIn(list: readonly Json[]): (tool: FunctionTool) => boolean {
  const names = list.map((tool) => (isObject(tool.function) ? tool.function : tool).name)
  return (tool) => names.includes(tool.function.name)
}

/** The calls of an assistant message, for dialects that know functions only. Throws RequestError for custom ones. */
export function functionCalls(
  calls: readonly ToolCall[] | undefined,
  provider: string,
): Extract<OpenAIToolCall, { type: 'function' }>[] | undefined {
  if (!calls?.length) return undefined
  return calls.map(({ id, function: called }) => {
    if (called == null)
      throw new RequestError(`${provider} takes no custom tool calls.`, {
        param: 'messages',
        code: 'unsupported_value',
      })
    return { id, type: 'function', function: { name: called.name, arguments: jsonArguments(called.arguments) } }
  })
}

/** Arguments as the JSON of an object, which some servers check; the model's own text if it is that. */
function jsonArguments(text: string): string {
  const value = argumentsObject(text)
  return 'rawInvalidInput' in value ? JSON.stringify(value) : text.trim() || '{}'
}

/** The assistant's words; a refusal counts as such. */
export function assistantText({ content, refusal }: AssistantMessage): string {
  const refused = Array.isArray(content)
    ? joinedTexts(content.map((part) => (part.type === 'refusal' ? part.refusal : '')))
    : ''
  return textOf(content) || refused || refusal || ''
}

/** The error for a part of a message that a provider has no form for. */
export function unsupportedPart(provider: string, kind: string): RequestError {
  return new RequestError(`${provider} takes no ${kind} in messages.`, { param: 'messages', code: 'unsupported_value' })
}
