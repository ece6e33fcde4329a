import type { ChatRequest, UserPart } from '../types/chat.ts'
import type { Provider } from '../types/provider.ts'
import { maxTokens, refuseSeveralAnswers } from './content.ts'
import type { Json } from './json.ts'
import { THREE_EFFORTS } from './openai/efforts.ts'
import { compact, without } from './openai/fields.ts'
import { plainMessage } from './openai/messages.ts'
import { functionTools, TOOL_FIELDS, unsupportedPart } from './openai/tools.ts'
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

/** Parameters that no model of Groq takes, or that are OpenAI's alone. `stream_options` too: usage always comes. */
const UNKNOWN = [
  ...['presence_penalty', 'frequency_penalty', 'logit_bias', 'logprobs', 'top_logprobs', 'top_k', 'stream_options'],
  ...['metadata', 'store', 'prediction', 'modalities', 'audio', 'web_search_options', 'verbosity', 'moderation'],
  ...['prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options', 'safety_identifier'],
]

/** Groq's own fields (`search_settings`, `documents`, …) pass. */
function groqBody(request: ChatRequest): Json {
  refuseSeveralAnswers(request, NAME)
  const own = without(request, [...UNKNOWN, ...TOOL_FIELDS, 'max_tokens'])
  return compact({
    ...own,
    messages: request.messages.map((message) => plainMessage(message, NAME, userPart)),
    ...functionTools(request, NAME),
    max_completion_tokens: maxTokens(request),
    reasoning_effort: effort(request),
    reasoning_format: own.reasoning_format ?? reasoningFormat(request),
    service_tier: SERVICE_TIERS.get(request.service_tier ?? ''),
    stream: true,
  })
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
function effort({ model, reasoning_effort: asked }: ChatRequest): string | undefined {
  if (asked == null) return undefined
  if (/gpt-oss/.test(model)) return asked === 'none' ? 'low' : THREE_EFFORTS.get(asked)
  if (!QWEN.test(model)) return undefined
  if (asked === 'none' || asked === 'default') return asked
  return /qwen3\.8/.test(model) ? THREE_EFFORTS.get(asked) : 'default'
}

const QWEN = /qwen-?3/
const THINKS_ALOUD = /qwen-?3|qwq|deepseek-r1/

/** Unasked, some models write their thoughts into the text, as `<think>…</think>`. */
function reasoningFormat(request: ChatRequest): string | undefined {
  // `include_reasoning` excludes it.
  return request.include_reasoning == null && THINKS_ALOUD.test(request.model) ? 'parsed' : undefined
}
