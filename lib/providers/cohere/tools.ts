import { RequestError } from '../../errors.ts'
import type { ChatRequest, FunctionTool, ToolChoice } from '../../types/chat.ts'
import { isFunctionTool, noSuchTool } from '../content.ts'
import { object } from '../json.ts'

interface ChosenTools {
  tools: FunctionTool[]
  mode: 'auto' | 'none' | 'required'
}

/** The tools that the model may use. Cohere cannot name one: a choice among them becomes a shorter list. */
export function chosenTools(request: ChatRequest): ChosenTools {
  const all = (request.tools ?? []).map((tool) => {
    if (isFunctionTool(tool)) return tool
    throw noSuchTool('Cohere', tool)
  })
  const choice = request.tool_choice ?? 'auto'
  if (typeof choice === 'string') return { tools: all, mode: choice }

  const names = chosenNames(choice)
  const tools = all.filter((tool) => names.includes(tool.function.name))
  if (tools.length === 0) throw new RequestError("'tool_choice' names no tool of 'tools'.", { param: 'tool_choice' })
  return { tools, mode: choice.type === 'allowed_tools' ? choice.allowed_tools.mode : 'required' }
}

function chosenNames(choice: Exclude<ToolChoice, string>): unknown[] {
  switch (choice.type) {
    case 'function':
      return [choice.function.name]
    case 'allowed_tools':
      return choice.allowed_tools.tools.map((tool) => object(tool.function).name)
    case 'custom':
      throw noSuchTool('Cohere', choice, 'tool_choice')
  }
}
