import { RequestError } from '../../errors.ts'
import type { ChatRequest, FunctionTool } from '../../types/chat.ts'
import { isFunctionTool, noSuchTool } from '../content.ts'
import { object, text } from '../json.ts'
import { jsonInstruction } from '../json-instruction.ts'
import { objectRoot } from '../schema-root.ts'
import { jsonSchema } from './json-schema.ts'
import { generation } from './models.ts'
import { nativeTools } from './native-tools.ts'
import { isEmptyObject, openApiSchema } from './schema.ts'
import type { FunctionDeclaration, GeminiTool, Platform, ToolConfig } from './wire.ts'

type Mode = ToolConfig['functionCallingConfig']

/** `tools` and `toolConfig`; a choice means nothing without functions to choose from. */
export function toolFields(
  request: ChatRequest,
  platform: Platform,
): { tools: GeminiTool[] | undefined; toolConfig: ToolConfig | undefined } {
  const functions = functionTools(request)
  const declarations = functions.map((tool) => declaration(tool, request.model))
  const json = jsonFunction(request)
  if (json !== undefined) declarations.push(json)
  const hasFunctions = declarations.length > 0
  // Before generation 3 a search excludes functions.
  const search =
    request.web_search_options != null &&
    request.tool_choice !== 'none' &&
    (!hasFunctions || generation(request.model) >= 3)

  const native = nativeTools(request)
  const tools: GeminiTool[] = request.tool_choice === 'none' ? [] : native
  if (search && !tools.some((tool) => 'googleSearch' in tool)) tools.push({ googleSearch: {} })
  const combined = tools.length > 0
  if (native.length > 0 && hasFunctions && generation(request.model) < 3) {
    const message = 'Gemini takes no tools of its own beside functions before generation 3.'
    throw new RequestError(message, { param: 'tools', code: 'unsupported_value' })
  }
  if (hasFunctions) tools.push({ functionDeclarations: declarations })
  if (!hasFunctions) return { tools: tools.length > 0 ? tools : undefined, toolConfig: undefined }

  const strict = combined || functions.some((tool) => tool.function.strict === true)
  const mode = json === undefined ? callingMode(request, strict) : jsonMode(request, json.name)
  if (mode === undefined) return { tools, toolConfig: undefined }
  const both = combined && platform === 'studio' ? { includeServerSideToolInvocations: true as const } : {}
  return { tools, toolConfig: { functionCallingConfig: mode, ...both } }
}

/** Whether `response_format` must not be sent, as Gemini refuses it beside these functions. */
export function formatExcludesFunctions(request: ChatRequest): boolean {
  if (functionTools(request).length === 0) return false
  const automatic = ['auto', 'none'].some((choice) => choice === (request.tool_choice ?? 'auto'))
  return generation(request.model) < 3 || !automatic
}

/**
 * The form of the answer in words, where it has no field: before generation 3 Gemini answers 400, "Tool use with a response mime
 * type … is unsupported", beside tools of its own. undefined if it has one, or none is asked for.
 */
export function formatInWords(request: ChatRequest): string | undefined {
  const { response_format: format, web_search_options: search, tool_choice: choice } = request
  if (format == null || format.type === 'text' || generation(request.model) >= 3 || choice === 'none') return undefined
  if (functionTools(request).length > 0 || (search == null && nativeTools(request).length === 0)) return undefined
  return jsonInstruction(request)
}

/**
 * A function that stands in for the JSON answer where Gemini takes a schema and functions only one at a time; its call is
 * read as text (see stream.ts). undefined if it is not needed.
 */
export function jsonFunction(request: ChatRequest): FunctionDeclaration | undefined {
  const format = request.response_format
  if (format?.type !== 'json_schema' || format.json_schema.schema == null) return undefined
  if (!formatExcludesFunctions(request)) return undefined
  const taken = new Set(functionTools(request).map((tool) => tool.function.name))
  let name = 'json'
  while (taken.has(name)) name += '_'
  const { schema } = format.json_schema
  const description = format.json_schema.description ?? 'Respond with a JSON object.'
  return declaration({ type: 'function', function: { name, description, parameters: schema } }, request.model)
}

/** A named function stays forced; else the model calls one of the functions or gives its answer through the stand-in. */
function jsonMode(request: ChatRequest, name: string): Mode {
  if (request.tool_choice === 'none') return { mode: 'ANY', allowedFunctionNames: [name] }
  const mode = callingMode(request, false)
  if (mode?.mode === 'ANY') return mode
  const allowed = mode?.allowedFunctionNames
  return allowed === undefined ? { mode: 'ANY' } : { mode: 'ANY', allowedFunctionNames: [...allowed, name] }
}

function callingMode(request: ChatRequest, strict: boolean): Mode | undefined {
  const choice = request.tool_choice ?? undefined
  switch (choice) {
    case undefined:
      return strict ? { mode: 'VALIDATED' } : undefined
    case 'auto':
      return { mode: strict ? 'VALIDATED' : 'AUTO' }
    case 'none':
      return { mode: 'NONE' }
    case 'required':
      return { mode: 'ANY' }
  }
  switch (choice.type) {
    case 'function':
      return { mode: 'ANY', allowedFunctionNames: [choice.function.name] }
    case 'allowed_tools': {
      const { mode, tools } = choice.allowed_tools
      const allowedFunctionNames = tools.map((tool) => text(object(tool.function).name))
      return { mode: mode === 'required' ? 'ANY' : 'VALIDATED', allowedFunctionNames }
    }
    case 'custom':
      throw noSuchTool('Gemini', choice, 'tool_choice')
  }
}

function functionTools({ tools = [] }: ChatRequest): FunctionTool[] {
  return tools.filter(isFunctionTool)
}

function declaration(tool: FunctionTool, model: string): FunctionDeclaration {
  const { name, parameters } = tool.function
  const description = tool.function.description ?? undefined
  if (isEmptyObject(parameters)) return { name, description }
  return takesJsonSchema(model)
    ? { name, description, parametersJsonSchema: jsonSchema(objectRoot(parameters)) }
    : { name, description, parameters: openApiSchema(objectRoot(parameters)) }
}

/** Whether the fields that take JSON Schema work; Geminis before 2.5 know only the older ones (unconfirmed). */
export function takesJsonSchema(model: string): boolean {
  const version = generation(model)
  return version === 0 || version >= 2.5
}
