import type { ChatRequest, FunctionTool, Tool } from '../../types/chat.ts'
import { isFunctionTool, noSuchTool } from '../content.ts'
import { objectRoot } from '../schema-root.ts'
import { ANSWER_TOOL, type AnswerForm } from './answer.ts'
import { cacheControl } from './cache-control.ts'
import { type Model, modelFor } from './models.ts'
import { nativeTool, WEB_SEARCH, webSearch } from './native-tools.ts'
import { nativeSchema } from './schema.ts'
import { choiceParam, isForced, toolChoiceOf } from './tool-choice.ts'
import type { FunctionToolParam, ToolChoiceParam, ToolParam } from './wire.ts'

export { answerForm, answersThroughTool } from './answer.ts'

export interface ToolPlan {
  tools: ToolParam[]
  choice: ToolChoiceParam | undefined
  /** Whether tools of the request were left out to express `tool_choice`. */
  narrowed: boolean
}

/** `canForce`: whether `any` and `tool` are accepted; else they become `auto`, with none but the wanted tools. */
export function toolPlan(request: ChatRequest, model: Model, canForce: boolean, answer?: AnswerForm): ToolPlan {
  const { mode, only } = toolChoiceOf(request)
  const kept = typeof mode === 'object' && !canForce ? new Set([mode.name]) : only
  const given = (request.tools ?? []).map((tool) => toolParam(tool, model))
  const searches = given.some(({ name }) => name === WEB_SEARCH) ? [] : webSearch(request.web_search_options)
  const all = [...given, ...searches]
  const tools = kept === undefined ? all : all.filter(({ name }) => kept.has(name))
  const narrowed = tools.length < all.length

  if (answer?.type === 'tool') {
    const free = tools.length > 0 && mode !== 'none'
    return {
      tools: [...tools, answer.tool],
      choice: { ...(free ? { type: 'any' } : { type: 'tool', name: ANSWER_TOOL }), disable_parallel_tool_use: true },
      narrowed,
    }
  }
  if (tools.length === 0) return { tools, choice: undefined, narrowed }
  const single = request.parallel_tool_calls === false
  return { tools, choice: choiceParam(isForced(mode) && !canForce ? 'auto' : mode, single), narrowed }
}

/**
 * Whether thinking may be sent back on the next turn: some models refuse it once the tools have changed, and ours change
 * with `tool_choice`.
 */
export function keepsThinking(request: ChatRequest): boolean {
  const model = modelFor(request.model)
  return !model.bindsThinking || !toolPlan(request, model, model.forcedTools).narrowed
}

function toolParam(tool: Tool, model: Model): ToolParam {
  if (isFunctionTool(tool)) return functionTool(tool, model)
  const native = nativeTool(tool)
  if (native === undefined) throw noSuchTool('Anthropic', tool)
  return native
}

function functionTool(tool: FunctionTool, model: Model): FunctionToolParam {
  const { name, description, parameters, strict } = tool.function
  const schema = { properties: {}, ...objectRoot(parameters) }
  const enforced = strict && model.nativeSchema ? nativeSchema(schema) : undefined
  return {
    name,
    ...(description && { description }),
    input_schema: { ...(enforced ?? schema), type: 'object' },
    ...(enforced && { strict: true }),
    ...cacheControl(tool),
    ...cacheControl(tool.function),
  }
}
