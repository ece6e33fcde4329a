import { apiError, RequestError } from '../errors.ts'
import type { ChatRequest, FunctionTool, Message, UserPart } from '../types/chat.ts'
import type { ApiError, Provider } from '../types/provider.ts'
import { maxTokens, stopList } from './content.ts'
import { type Json, objects } from './json.ts'
import { THREE_EFFORTS } from './openai/efforts.ts'
import { withEmbeddings } from './openai/embeddings.ts'
import { readError } from './openai/errors.ts'
import { compact, without } from './openai/fields.ts'
import { plainMessage } from './openai/messages.ts'
import { functionTools, TOOL_FIELDS, unsupportedPart } from './openai/tools.ts'
import { address, bearer, openaiCompatible } from './openai.ts'

const NAME = 'Together AI'

const BASE_URL = 'https://api.together.ai'

const togetherChat: Provider = openaiCompatible({
  name: 'together-ai',
  baseUrl: BASE_URL,
  path: '/v1/chat/completions',
  body: togetherBody,
  paramLocations: () => ({
    max_completion_tokens: ['max_tokens'],
    top_logprobs: ['logprobs'],
    reasoning_effort: ['reasoning_effort', 'reasoning'],
  }),
  error: togetherError,
})

/** Source: together-ai 0.52, `EmbeddingCreateParams`. */
export const togetherAi: Provider = withEmbeddings(togetherChat, {
  url: (_request, { customHost = BASE_URL }) => address(customHost, '/v1/embeddings'),
  headers: bearer,
  body({ model, input, dimensions }) {
    // Others than those that were asked for would not fit where they go.
    if (dimensions == null) return { model, input }
    throw new RequestError(`${NAME} has no embeddings of other dimensions.`, {
      param: 'dimensions',
      code: 'unsupported_value',
    })
  },
})

const UNKNOWN = [
  ...['user', 'metadata', 'store', 'service_tier', 'prediction', 'modalities', 'audio', 'web_search_options'],
  ...['verbosity', 'moderation', 'prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options'],
  'safety_identifier',
]

/** Together's own fields (`repetition_penalty`, `safety_model`, …) pass. */
function togetherBody(request: ChatRequest): Json {
  const { tools, tool_choice } = functionTools(request, NAME)
  return compact({
    ...without(request, [...UNKNOWN, ...TOOL_FIELDS, 'max_completion_tokens', 'top_logprobs']),
    messages: request.messages.map(message),
    tools: tools?.map(tool),
    tool_choice,
    max_tokens: maxTokens(request),
    stop: stopList(request),
    logprobs: logprobs(request),
    ...reasoning(request),
    stream: true,
    stream_options: { include_usage: true },
  })
}

function message(message: Message): Json {
  const plain = plainMessage(message, NAME, userPart)
  return plain.tool_calls === undefined ? plain : { ...plain, tool_calls: objects(plain.tool_calls).map(numbered) }
}

function numbered(call: Json, index: number): Json {
  return { index, ...call }
}

function userPart(part: UserPart): Json {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'image_url':
      return { type: 'image_url', image_url: { url: part.image_url.url } }
    case 'input_audio':
      if (part.input_audio.format !== 'wav') throw unsupportedPart(NAME, `${part.input_audio.format} audio`)
      return { type: 'input_audio', input_audio: part.input_audio }
    case 'file':
      throw unsupportedPart(NAME, 'files')
    default:
      return part
  }
}

function tool({ type, function: { strict, ...known } }: FunctionTool): Json {
  return { type, function: known }
}

/** One number stands for OpenAI's two fields. */
function logprobs({ logprobs, top_logprobs: top }: ChatRequest): number | undefined {
  return logprobs === true ? top || 1 : undefined
}

function reasoning({ reasoning_effort: effort }: ChatRequest): Json {
  return effort === 'none'
    ? { reasoning_effort: null, reasoning: { enabled: false } }
    : { reasoning_effort: THREE_EFFORTS.get(effort ?? '') }
}

/** Together answers 403 "Bad Request" when prompt and `max_tokens` exceed the context (docs.together.ai error codes). */
function togetherError(status: number, body: string): ApiError {
  const error = readError(status, body)
  if (status !== 403 || !/\btokens\b|context|bad request/i.test(error.message)) return error
  return apiError(400, error.message, { param: error.param, code: 'context_length_exceeded' })
}
