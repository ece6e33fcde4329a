import type { ChatRequest, FunctionTool, NativeTool, Tool } from '../../types/chat.ts'
import { mark } from './blocks.ts'
import type { ClientTool, ToolChoice, ToolParam } from './wire.ts'

/** The client's own tools as functions; those that Anthropic defines as they are, for the targets that have them. */
export function chatTools(tools: readonly ToolParam[]): Tool[] {
  return tools.flatMap((tool): Tool[] => (isClientTool(tool) ? functionTool(tool) : [tool as NativeTool]))
}

function isClientTool(tool: ToolParam): tool is ClientTool {
  return tool.type == null || tool.type === 'custom'
}

/** One that says nothing and waits to be found is a placeholder of Claude Code's. */
function functionTool(tool: ClientTool): FunctionTool[] {
  const { name, description, input_schema: parameters, strict, defer_loading } = tool
  const { properties } = parameters
  const isEmpty = typeof properties !== 'object' || properties === null || Object.keys(properties).length === 0
  if (defer_loading && isEmpty) return []
  return [
    {
      type: 'function',
      function: {
        name,
        ...(description && { description }),
        parameters,
        ...(strict != null && { strict }),
      },
      ...mark(tool),
    },
  ]
}

export function chatToolChoice(choice: ToolChoice): Pick<ChatRequest, 'tool_choice' | 'parallel_tool_calls'> {
  return {
    tool_choice: chosen(choice),
    ...(choice.disable_parallel_tool_use && { parallel_tool_calls: false }),
  }
}

function chosen(choice: ToolChoice): NonNullable<ChatRequest['tool_choice']> {
  if (choice.type === 'tool') return { type: 'function', function: { name: choice.name } }
  return choice.type === 'any' ? 'required' : choice.type
}
