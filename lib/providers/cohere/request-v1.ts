import { RequestError } from '../../errors.ts'
import type { ChatRequest, FunctionTool, Message, ToolMessage, UserMessage } from '../../types/chat.ts'
import { argumentsObject, isSystem, type Turn, textOf, turns } from '../content.ts'
import { type Json, list, object, text } from '../json.ts'
import { nativeFields } from '../native-fields.ts'
import { withoutReferences } from '../schema-references.ts'
import { objectRoot } from '../schema-root.ts'
import { asked, type Call, calls, documents, plan, refuseOthers, said } from './messages.ts'
import { V1_FIELDS } from './native-fields.ts'
import { commonParameters, jsonAnswer } from './parameters.ts'
import { chosenTools } from './tools.ts'

/** The body of `POST /v1/chat`; fields that are undefined are not sent. */
export function bodyV1(request: ChatRequest) {
  const json = jsonAnswer(request)
  return {
    model: request.model,
    ...conversation(request.messages),
    stream: true as const,
    ...commonParameters(request),
    tools: tools(request),
    response_format: json && { type: 'json_object' as const, schema: json.schema },
    documents: documents(request, (file) => file),
    ...nativeFields(request, V1_FIELDS),
  }
}

/** v1 has no list of messages: the newest one is `message` or `tool_results`, those before it are `chat_history`. */
function conversation(messages: readonly Message[]) {
  const preamble = messages.find(isSystem)
  const all = turns(messages.filter((message) => message !== preamble))
  const newest = all.findLastIndex((turn) => 'tool' in turn || !isSystem(turn.message))
  const made = new Map(
    messages.flatMap((message) => (message.role === 'assistant' ? calls(message) : [])).map((call) => [call.id, call]),
  )
  const history = all.toSpliced(newest, 1).map((turn) => pastTurn(turn, made))
  return {
    preamble: textOf(preamble?.content) || undefined,
    chat_history: history.length === 0 ? undefined : history,
    ...newestTurn(all[newest], made),
  }
}

function newestTurn(turn: Turn | undefined, made: ReadonlyMap<string, Call>) {
  if (turn !== undefined && 'tool' in turn) return { message: '', tool_results: toolResults(turn.tool, made) }
  if (turn?.message.role === 'user') return { message: userText(turn.message) }
  throw new RequestError("Cohere's v1 API needs a user or tool message as the last one.", { param: 'messages' })
}

function pastTurn(turn: Turn, made: ReadonlyMap<string, Call>) {
  if ('tool' in turn) return { role: 'TOOL' as const, tool_results: toolResults(turn.tool, made) }
  const { message } = turn
  switch (message.role) {
    case 'user':
      return { role: 'USER' as const, message: userText(message) }
    case 'assistant': {
      const role = 'CHATBOT' as const
      const tool_calls = calls(message).map(nativeCall)
      if (tool_calls.length === 0) return { role, message: said(message) }
      return { role, message: plan(message), tool_calls }
    }
    default:
      return { role: 'SYSTEM' as const, message: textOf(message.content) }
  }
}

function userText({ content }: UserMessage): string {
  if (typeof content !== 'string') {
    refuseOthers(content)
    if (content.some((part) => part.type === 'image_url')) {
      throw new RequestError("Cohere's v1 API does not take images.", { param: 'messages', code: 'unsupported_value' })
    }
  }
  return asked(content)
}

/** Calls have no ids in v1: a result repeats the call that it answers. */
function toolResults(messages: readonly ToolMessage[], made: ReadonlyMap<string, Call>) {
  return messages.map((message) => {
    const call = made.get(message.tool_call_id)
    if (call === undefined) {
      throw new RequestError(`No tool call has the id '${message.tool_call_id}'.`, { param: 'messages' })
    }
    return { call: nativeCall(call), outputs: [output(textOf(message.content))] }
  })
}

function nativeCall(call: Call) {
  return { name: call.name, parameters: argumentsObject(call.arguments) }
}

/** Outputs are objects; text that is not one is wrapped. */
function output(content: string): Json {
  try {
    const value = object(JSON.parse(content))
    if (Object.keys(value).length > 0) return value
  } catch {
    // Not JSON: wrapped below.
  }
  return { output: content }
}

function tools(request: ChatRequest) {
  const { tools, mode } = chosenTools(request)
  if (tools.length === 0 || mode === 'none') return undefined
  if (mode === 'required') {
    throw new RequestError("Cohere's v1 API cannot be made to call a tool.", {
      param: 'tool_choice',
      code: 'unsupported_value',
    })
  }
  return tools.map(nativeTool)
}

/** v1 describes parameters by Python types, one level deep. */
function nativeTool({ function: { name, description, parameters } }: FunctionTool) {
  const root = objectRoot(withoutReferences(parameters ?? {}))
  const required = list(root.required)
  const definitions = Object.entries(object(root.properties)).map(([key, schema]) => {
    const { description } = object(schema)
    return [key, { type: pythonType(object(schema)), description, required: required.includes(key) }]
  })
  return { name, description: description ?? '', parameter_definitions: Object.fromEntries(definitions) }
}

const PYTHON_TYPES = new Map<unknown, string>([
  ['string', 'str'],
  ['integer', 'int'],
  ['number', 'float'],
  ['boolean', 'bool'],
  ['object', 'Dict'],
])

function pythonType({ type, items }: Json): string {
  const single = Array.isArray(type) ? type.find((each) => each !== 'null') : type
  if (single !== 'array') return PYTHON_TYPES.get(single) ?? (text(single) || 'str')
  const element = object(items)
  return element.type === undefined ? 'List' : `List[${pythonType(element)}]`
}
