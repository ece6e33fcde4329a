import type { ChatRequest, FunctionTool, Tool } from '../../types/chat.ts'
import { jsonSchema } from '../json-instruction.ts'
import { functionTools } from '../openai/tools.ts'
import { withoutReferences } from '../schema-references.ts'
import { objectRoot } from '../schema-root.ts'
import type { CachePoint } from './blocks.ts'
import { ANSWER_TOOL, jsonForm } from './json-answer.ts'
import { lacks } from './model-rules.ts'
import { enforcesSchema, familyOf } from './models.ts'

interface ToolSpec {
  toolSpec: { name: string; description?: string; inputSchema: { json: Record<string, unknown> }; strict?: true }
}

interface SystemTool {
  systemTool: { name: string }
}

export interface ToolConfig {
  tools: (ToolSpec | SystemTool | CachePoint)[]
  toolChoice?: { auto: object } | { any: object } | { tool: { name: string } }
}

/**
 * The tools of models other than Claude. `none` has no form of its own: without tools a model calls none. One tool can be
 * forced with Nova only; the others are sent no second one. Some cannot be made to call any. `auto` is what all models do unasked.
 */
export function toolConfig(request: ChatRequest): ToolConfig | undefined {
  if (jsonForm(request) === 'tool') return answerTool(request)
  const { own, functions } = systemTools(request)
  const { tools = [], tool_choice: choice } = functionTools(functions, 'Bedrock')
  const specs = [...tools.map((tool) => toolSpec(tool, request.model)), ...own]
  if (specs.length === 0 || request.tool_choice === 'none') return undefined
  const any = lacks(request.model, 'any tool') ? {} : { toolChoice: { any: {} } }
  if (choice === 'required') return { tools: specs, ...any }
  if (typeof choice !== 'object') return { tools: specs }
  const { name } = choice.function
  if (familyOf(request.model).startsWith('nova')) return { tools: specs, toolChoice: { tool: { name } } }
  return { tools: specs.filter((spec) => 'toolSpec' in spec && spec.toolSpec.name === name), ...any }
}

/** Nova's own tools, by their names as types. Source: docs.aws.amazon.com/nova/latest/nova2-userguide, system tools. */
const NOVA_TOOLS: ReadonlySet<string> = new Set(['nova_grounding', 'nova_code_interpreter'])

function systemTools(request: ChatRequest): { own: SystemTool[]; functions: ChatRequest } {
  const isOwn = ({ type }: Tool) => familyOf(request.model).startsWith('nova') && NOVA_TOOLS.has(type)
  if (!request.tools?.some(isOwn)) return { own: [], functions: request }
  return {
    own: request.tools.filter(isOwn).map(({ type: name }) => ({ systemTool: { name } })),
    functions: { ...request, tools: request.tools.filter((tool) => !isOwn(tool)) },
  }
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
