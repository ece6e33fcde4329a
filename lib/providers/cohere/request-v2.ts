import { RequestError } from '../../errors.ts'
import type { AssistantMessage, ChatRequest, Message, UserMessage } from '../../types/chat.ts'
import { argumentsText, isSystem, textOf } from '../content.ts'
import { nativeFields } from '../native-fields.ts'
import { objectRoot } from '../schema-root.ts'
import { asked, calls, documents, plan, refuseOthers, said } from './messages.ts'
import { seesImages, thinks } from './models.ts'
import { V2_FIELDS } from './native-fields.ts'
import { commonParameters, jsonAnswer } from './parameters.ts'
import { chosenTools } from './tools.ts'

/** The body of `POST /v2/chat`; fields that are undefined are not sent. */
export function bodyV2(request: ChatRequest) {
  const json = jsonAnswer(request)
  return {
    model: request.model,
    messages: messages(request),
    stream: true as const,
    ...commonParameters(request),
    ...toolFields(request),
    response_format: json && { type: 'json_object' as const, json_schema: json.schema },
    logprobs: request.logprobs ? true : undefined,
    thinking: thinks(request.model) ? EFFORTS.get(request.reasoning_effort ?? '') : undefined,
    documents: documents(request, (data) => ({ data })),
    ...nativeFields(request, V2_FIELDS),
  }
}

/** Cohere takes a system turn in the first place only: all of them are joined there. */
function messages(request: ChatRequest) {
  const system = request.messages
    .filter(isSystem)
    .map((message) => textOf(message.content))
    .filter((text) => text !== '')
    .join('\n\n')
  const turns = request.messages.filter((message) => !isSystem(message)).map((message) => turn(message, request.model))
  return system === '' ? turns : [{ role: 'system' as const, content: system }, ...turns]
}

function turn(message: Exclude<Message, { role: 'system' | 'developer' }>, model: string) {
  switch (message.role) {
    case 'user':
      return { role: 'user' as const, content: userContent(message, model) }
    case 'assistant':
      return assistantTurn(message)
    case 'tool':
      return { role: 'tool' as const, tool_call_id: message.tool_call_id, content: textOf(message.content) }
  }
}

function userContent({ content }: UserMessage, model: string) {
  if (typeof content === 'string') return content
  refuseOthers(content)
  if (!content.some((part) => part.type === 'image_url')) return asked(content)
  if (!seesImages(model))
    throw new RequestError(`${model} does not take images.`, { param: 'messages', code: 'unsupported_value' })
  return content.flatMap((part): NativePart[] => {
    if (part.type === 'text') return part.text === '' ? [] : [{ type: 'text', text: part.text }]
    if (part.type !== 'image_url') return []
    const { url, detail } = part.image_url
    return [{ type: 'image_url', image_url: { url, detail: DETAILS.find((known) => known === detail) } }]
  })
}

type NativePart =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: { url: string; detail: (typeof DETAILS)[number] | undefined } }

const DETAILS = ['auto', 'low', 'high'] as const

/** A turn that calls tools has a plan in place of content. */
function assistantTurn(message: AssistantMessage) {
  const role = 'assistant' as const
  const tool_calls = calls(message).map((call) => ({
    id: call.id,
    type: 'function' as const,
    function: { name: call.name, arguments: argumentsText(call.arguments) },
  }))
  if (tool_calls.length === 0) return { role, content: said(message) }
  return { role, tool_calls, tool_plan: plan(message) || undefined }
}

function toolFields(request: ChatRequest) {
  const { tools, mode } = chosenTools(request)
  if (tools.length === 0) return {}
  return {
    tools: tools.map(({ function: { name, description, parameters } }) => ({
      type: 'function' as const,
      function: { name, description, parameters: objectRoot(parameters) },
    })),
    tool_choice: TOOL_CHOICES[mode],
    strict_tools: tools.every((tool) => tool.function.strict) ? true : undefined,
  }
}

const TOOL_CHOICES = { auto: undefined, none: 'NONE', required: 'REQUIRED' } as const

/** Budgets in tokens. Without a budget the model thinks as long as it wants. */
const EFFORTS = new Map<string, { type: 'enabled'; token_budget?: number } | { type: 'disabled' }>([
  ['none', { type: 'disabled' }],
  ['minimal', { type: 'enabled', token_budget: 1024 }],
  ['low', { type: 'enabled', token_budget: 2048 }],
  ['medium', { type: 'enabled', token_budget: 8192 }],
  ['high', { type: 'enabled', token_budget: 16384 }],
  ['xhigh', { type: 'enabled', token_budget: 32768 }],
  ['max', { type: 'enabled' }],
])
