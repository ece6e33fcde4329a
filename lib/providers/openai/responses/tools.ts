import type { ChatRequest, Tool, ToolChoice } from '../../../types/chat.ts'
import { isFunctionTool } from '../../content.ts'
import { isObject, type Json, object } from '../../json.ts'
import { compact } from '../fields.ts'
import type { ResponsesTool } from './wire.ts'

/** Tools and their choice in the flat form; the API's own tools as they are. Without tools there is no choice. */
export function responsesTools({ tools = [], tool_choice: choice, web_search_options: search }: ChatRequest): {
  tools?: ResponsesTool[]
  tool_choice?: unknown
} {
  const flat = [...tools.map(flatTool), ...(isObject(search) ? [searchTool(search)] : [])]
  if (flat.length === 0) return {}
  return { tools: flat, ...(choice !== undefined && { tool_choice: flatChoice(choice) }) }
}

function flatTool(tool: Tool): ResponsesTool {
  if (isFunctionTool(tool)) {
    const { name, description, parameters, strict } = tool.function
    return {
      type: 'function',
      name,
      ...(description !== undefined && { description }),
      parameters: parameters ?? NO_ARGUMENTS,
      // Left out it means true here, and false in Chat Completions.
      strict: strict ?? false,
    }
  }
  if (tool.type !== 'custom' || !isObject(tool.custom)) return { ...tool }
  const { name, description, format }: Json = tool.custom
  return compact({ type: 'custom', name, description, format: flatFormat(format) })
}

const NO_ARGUMENTS = { type: 'object', properties: {} }

function flatFormat(format: unknown): unknown {
  const { type, grammar } = object(format)
  return type === 'grammar' && isObject(grammar) ? { type, ...grammar } : format
}

function flatChoice(choice: ToolChoice): unknown {
  if (typeof choice === 'string') return choice
  if (choice.type !== 'allowed_tools') return named(choice)
  const { mode, tools } = choice.allowed_tools
  return { type: 'allowed_tools', mode, tools: tools.map(named) }
}

/** A tool by its name, which stands beside its type and not inside. */
function named(tool: Json): Json {
  const { type } = tool
  if (type !== 'function' && type !== 'custom') return tool
  const { name } = isObject(tool[type]) ? tool[type] : tool
  return { type, name }
}

function searchTool({ search_context_size, user_location }: Json): Json {
  const { approximate } = object(user_location)
  return compact({
    type: 'web_search',
    search_context_size,
    user_location: isObject(approximate) ? { type: 'approximate', ...approximate } : undefined,
  })
}
