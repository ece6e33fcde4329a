import type { ChatRequest, FunctionTool, ResponseFormat } from '../../types/chat.ts'
import { maxTokens, textOf } from '../content.ts'
import { isObject, type Json, objects, text } from '../json.ts'
import { compact } from '../openai/fields.ts'
import { type FunctionTools, toolsWithNative } from '../openai/tools.ts'
import { mistralMessages, NAME } from './messages.ts'
import { reasoningFields } from './models.ts'

/** Fields with the same name and meaning, and Mistral's own. All others are refused, so that this is a whitelist. */
const SAME = [
  ...['model', 'top_p', 'stop', 'n', 'presence_penalty', 'frequency_penalty', 'metadata', 'prompt_cache_key'],
  ...['safe_prompt', 'guardrails', 'document_image_limit', 'document_page_limit'],
]

export function mistralBody(request: ChatRequest): Json {
  const {
    tools: functions = [],
    native,
    tool_choice,
    parallel_tool_calls,
  } = toolsWithNative(request, NAME, NATIVE_TOOLS)
  const tools = [...functions.map(tool), ...native]
  const body = compact({
    ...Object.fromEntries(SAME.map((name) => [name, request[name]])),
    messages: withJsonInstruction(request, mistralMessages(request)),
    max_tokens: maxTokens(request),
    // OpenAI's scale ends at 2.
    temperature: request.temperature == null ? undefined : Math.min(request.temperature, 1),
    random_seed: request.seed ?? request.random_seed,
    prediction: prediction(request.prediction),
    response_format: responseFormat(request.response_format),
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: toolChoice(tool_choice),
    parallel_tool_calls,
    stream: true,
  })
  return { ...body, ...reasoningFields(request) }
}

/** Tools of Mistral's own, run by its servers. Source: @mistralai/mistralai 2.7.0, `components/chatcompletionstreamrequest.ts`. */
const NATIVE_TOOLS = ['web_search', 'web_search_premium', 'code_interpreter', 'image_generation', 'document_library']

/** `parameters` is required here. */
function tool(tool: FunctionTool): Json {
  const { name, description, parameters, strict } = tool.function
  return {
    type: 'function',
    function: compact({ name, description, parameters: parameters ?? { type: 'object', properties: {} }, strict }),
  }
}

function toolChoice(choice: FunctionTools['tool_choice']): unknown {
  return choice === 'required' ? 'any' : choice
}

function responseFormat(format: ResponseFormat | undefined): unknown {
  return format?.type === 'json_schema' ? { ...format, json_schema: compact(format.json_schema) } : format
}

/** The content as one text. */
function prediction(value: unknown): Json | undefined {
  if (!isObject(value)) return undefined
  const parts = objects(value.content).map((part) => text(part.text))
  const content = text(value.content) || parts.join('')
  return { type: 'content', content }
}

const JSON_INSTRUCTION = 'Answer with JSON.'

/** In JSON mode Mistral wants a message that says so. */
function withJsonInstruction(request: ChatRequest, messages: Json[]): Json[] {
  if (request.response_format?.type !== 'json_object') return messages
  if (request.messages.some(({ content }) => /json/i.test(textOf(content)))) return messages
  const [first, ...rest] = messages
  if (first?.role !== 'system') return [{ role: 'system', content: JSON_INSTRUCTION }, ...messages]
  return [{ ...first, content: `${first.content}\n\n${JSON_INSTRUCTION}` }, ...rest]
}
