import type { ChatRequest, Tool } from '../../types/chat.ts'
import { isFunctionTool, noSuchTool } from '../content.ts'
import { object, text } from '../json.ts'
import { objectRoot } from '../schema-root.ts'
import { ANSWER_TOOL, type AnswerForm } from './answer.ts'
import { cacheControl } from './cache-control.ts'
import { type Model, modelFor } from './models.ts'
import { nativeSchema } from './schema.ts'
import { choiceParam, isForced, toolChoiceOf } from './tool-choice.ts'
import type { FunctionToolParam, ToolChoiceParam, ToolParam, WebSearchTool } from './wire.ts'

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
  const all = [...(request.tools ?? []).map((tool) => functionTool(tool, model)), ...webSearch(request)]
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

function functionTool(tool: Tool, model: Model): FunctionToolParam {
  if (!isFunctionTool(tool)) throw noSuchTool('Anthropic', tool)
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

function webSearch({ web_search_options: options }: ChatRequest): WebSearchTool[] {
  if (options == null) return []
  const { city, country, region, timezone } = object(object(object(options).user_location).approximate)
  const place = Object.entries({ city, country, region, timezone }).filter(([, value]) => text(value) !== '')
  return [
    {
      type: 'web_search_20250305',
      name: 'web_search',
      ...(place.length > 0 && { user_location: { type: 'approximate', ...Object.fromEntries(place) } }),
    },
  ]
}
