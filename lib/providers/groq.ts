import type { ChatRequest, Message, UserPart } from '../types/chat.ts'
import type { Provider } from '../types/provider.ts'
import { maxTokens, refuseSeveralAnswers } from './content.ts'
import { GROQ_MODELS, type GroqModelRow } from './groq/model-rules.ts'
import type { Json } from './json.ts'
import { rowsOf } from './model-table.ts'
import { nearestEffort } from './openai/efforts.ts'
import { compact, without } from './openai/fields.ts'
import { plainMessage } from './openai/messages.ts'
import { toolsWithNative, unsupportedPart } from './openai/tools.ts'
import { openaiCompatible } from './openai.ts'

const NAME = 'Groq'

export const groq: Provider = {
  ...openaiCompatible({
    name: 'groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    body: groqBody,
    paramLocations: () => ({ max_tokens: ['max_completion_tokens'] }),
  }),
  // Documented for all models; those that reason begin with their thoughts all the same.
  prefill: (model) => /llama/i.test(model),
}

/** Parameters that Groq takes as they are, its own among them; it refuses all that it does not know. Source: groq-sdk 1.6.0. */
const SAME = [
  ...[
    'model',
    'temperature',
    'top_p',
    'stop',
    'seed',
    'n',
    'user',
    'include_reasoning',
    'documents',
    'compound_custom',
  ],
  ...['search_settings', 'citation_options', 'disable_tool_validation'],
]

function groqBody(request: ChatRequest): Json {
  refuseSeveralAnswers(request, NAME)
  const model = rowsOf(GROQ_MODELS, request.model).at(-1)
  const { tools: functions = [], native, ...choice } = toolsWithNative(request, NAME, model?.nativeTools)
  const tools = [...functions, ...native]
  return compact({
    ...Object.fromEntries(SAME.map((name) => [name, request[name]])),
    messages: request.messages.map((message) => groqMessage(message, model)),
    ...(tools.length > 0 && { tools, ...choice }),
    response_format: tools.length > 0 ? formatBesideTools(request) : request.response_format,
    max_completion_tokens: maxTokens(request),
    reasoning_effort: effort(request, model),
    reasoning_format: reasoningFormat(request, model),
    service_tier: SERVICE_TIERS.get(request.service_tier ?? ''),
    stream: true,
  })
}

/** JSON mode goes not together with tools. A schema is never left out. */
function formatBesideTools({ response_format: format }: ChatRequest): unknown {
  return format?.type === 'json_object' ? undefined : format
}

/** Thoughts go back only to models that have some. */
function groqMessage(message: Message, model: GroqModelRow | undefined): Json {
  const plain = plainMessage(message, NAME, userPart)
  return model === undefined ? without(plain, ['reasoning']) : plain
}

function userPart(part: UserPart): Json {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'image_url':
      return { type: 'image_url', image_url: part.image_url }
    case 'file':
      throw unsupportedPart(NAME, 'files')
    case 'input_audio':
      throw unsupportedPart(NAME, 'audio')
    default:
      return part
  }
}

const SERVICE_TIERS: ReadonlyMap<string, string> = new Map([
  ['auto', 'auto'],
  ['default', 'on_demand'],
  ['on_demand', 'on_demand'],
  ['flex', 'flex'],
  ['priority', 'performance'],
  ['performance', 'performance'],
])

/** The effort in the words of the model; undefined for models that know none. */
function effort({ reasoning_effort: asked }: ChatRequest, model: GroqModelRow | undefined): string | undefined {
  return asked == null || model?.efforts === undefined ? undefined : nearestEffort(model.efforts, asked)
}

/** Unasked, some models write their thoughts into the text, as `<think>…</think>`. `include_reasoning` excludes the field. */
function reasoningFormat(request: ChatRequest, model: GroqModelRow | undefined): unknown {
  if (request.reasoning_format != null) return request.reasoning_format
  return request.include_reasoning == null && model?.thinksAloud ? 'parsed' : undefined
}
