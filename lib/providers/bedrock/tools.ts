import type { ChatRequest, FunctionTool } from '../../types/chat.ts'
import { functionTools } from '../openai/tools.ts'
import { withoutReferences } from '../schema-references.ts'
import { objectRoot } from '../schema-root.ts'
import type { CachePoint } from './blocks.ts'
import { ANSWER_TOOL, jsonForm, jsonSchema } from './json-answer.ts'
import { lacks } from './model-rules.ts'
import { enforcesSchema, familyOf } from './models.ts'

interface ToolSpec {
  toolSpec: { name: string; description?: string; inputSchema: { json: Record<string, unknown> }; strict?: true }
}

export interface ToolConfig {
  tools: (ToolSpec | CachePoint)[]
  toolChoice?: { auto: object } | { any: object } | { tool: { name: string } }
}

/**
 * The tools of models other than Claude. `none` has no form of its own: without tools a model calls none. One tool can be
 * forced with Nova only; the others are sent no second one. Some cannot be made to call any. `auto` is what all models do unasked.
 */
export function toolConfig(request: ChatRequest): ToolConfig | undefined {
  if (jsonForm(request) === 'tool') return answerTool(request)
  const { tools = [], tool_choice: choice } = functionTools(request, 'Bedrock')
  if (tools.length === 0 || choice === 'none') return undefined
  const specs = tools.map((tool) => toolSpec(tool, request.model))
  const any = lacks(request.model, 'any tool') ? {} : { toolChoice: { any: {} } }
  if (choice === 'required') return { tools: specs, ...any }
  if (typeof choice !== 'object') return { tools: specs }
  const { name } = choice.function
  if (familyOf(request.model).startsWith('nova')) return { tools: specs, toolChoice: { tool: { name } } }
  return { tools: specs.filter(({ toolSpec }) => toolSpec.name === name), ...any }
}

function answerTool(request: ChatRequest): ToolConfig {
  const json = inputSchema(jsonSchema(request), request.model)
  return {
    tools: [{ toolSpec: { name: ANSWER_TOOL, description: 'Respond with a JSON object.', inputSchema: { json } } }],
    toolChoice: { tool: { name: ANSWER_TOOL } },
  }
}

function toolSpec({ function: called }: FunctionTool, model: string): ToolSpec {
  const json = inputSchema(called.parameters, model)
  const enforced = enforcesSchema(model)
  return {
    toolSpec: {
      name: called.name,
      ...(called.description && { description: called.description }),
      inputSchema: { json },
      ...(enforced && called.strict && isClosed(json) && { strict: true as const }),
    },
  }
}

/**
 * AWS takes an object at the root only, Nova there only three keys. Source: docs.aws.amazon.com/nova, tool use, "The top level
 * schema must be of type object and may only contain three fields".
 */
function inputSchema(parameters: Record<string, unknown> | undefined, model: string): Record<string, unknown> {
  if (!familyOf(model).startsWith('nova')) return objectRoot(parameters)
  const { type, properties, required } = objectRoot(withoutReferences(parameters ?? {}))
  return { type, ...(properties !== undefined && { properties }), ...(required !== undefined && { required }) }
}

/** Strict tools need `additionalProperties: false` on every object. */
function isClosed(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return true
  const { type, additionalProperties } = schema as Record<string, unknown>
  return (type !== 'object' || additionalProperties === false) && Object.values(schema).every(isClosed)
}
