import { RequestError } from '../../../errors.ts'
import type { ChatRequest, ResponseFormat } from '../../../types/chat.ts'
import type { Endpoint } from '../../../types/provider.ts'
import { maxTokens } from '../../content.ts'
import type { ParamLocations } from '../../dropped.ts'
import { list, object } from '../../json.ts'
import { mergedFields, nativeFields, nativeLocations } from '../../native-fields.ts'
import { compact } from '../fields.ts'
import { fitModel, reasons } from '../models.ts'
import { inputItems } from './input.ts'
import { responsesTools } from './tools.ts'
import type { ResponsesBody } from './wire.ts'

/** Parameters that have the same name in both APIs. */
const SAME = [
  ...['temperature', 'top_p', 'parallel_tool_calls', 'metadata', 'service_tier', 'user', 'safety_identifier'],
  ...['prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options', 'moderation'],
]
/** The Responses API's own, for `override_params`. */
const NATIVE = ['max_tool_calls', 'truncation', 'context_management']

/** Locations in the body of what has another name in a chat request. */
export const RESPONSES_LOCATIONS: ParamLocations = {
  ...nativeLocations([...SAME, ...NATIVE]),
  max_tokens: ['max_output_tokens'],
  max_completion_tokens: ['max_output_tokens'],
  reasoning_effort: ['reasoning.effort'],
  reasoning_summary: ['reasoning.summary'],
  reasoning: ['reasoning'],
  include: ['include'],
  verbosity: ['text.verbosity'],
  response_format: ['text.format'],
  logprobs: ['top_logprobs'],
  top_logprobs: ['top_logprobs'],
  web_search_options: ['tools'],
  modalities: ['model'],
}

export interface ResponsesOptions {
  provider: string
  /** The name that the rules of models go by; a deployment's may be any. */
  ruledBy: string
  /** Whose reasoning may come back with the calls. */
  owner: string
}

/** The Responses API's body for a chat request. Throws RequestError for what it cannot serve. */
export function responsesBody(
  request: ChatRequest,
  { fitted, stream = true }: Pick<Endpoint, 'fitted' | 'stream'>,
  { provider, ruledBy, owner }: ResponsesOptions,
): ResponsesBody {
  refuseUnservable(request, provider)
  const asked = withReasoning(fitModel(request, ruledBy, 'responses'), ruledBy)
  const fit = fitted?.(asked) ?? asked
  const limit = maxTokens(fit)
  return {
    ...nativeFields(fit, [...SAME, ...NATIVE]),
    model: fit.model,
    input: inputItems(fit.messages, provider, owner),
    ...responsesTools(fit),
    ...(limit !== undefined && { max_output_tokens: Math.max(limit, LEAST_LIMIT) }),
    ...section('reasoning', reasoningFields(fit)),
    ...section('text', textFields(fit)),
    ...(fit.logprobs && { top_logprobs: fit.top_logprobs ?? 0 }),
    ...included(fit),
    ...obfuscation(fit),
    stream,
    store: false,
  }
}

/** Source: OpenAI's 400, "integer below minimum value. Expected a value >= 16". */
const LEAST_LIMIT = 16

function refuseUnservable({ n, modalities, audio }: ChatRequest, provider: string): void {
  const refused = n != null && n > 1 ? 'n' : modalities?.includes('audio') ? 'modalities' : audio ? 'audio' : undefined
  if (refused === undefined) return
  throw new RequestError(`The Responses API of ${provider}, which alone serves this model, has no '${refused}'.`, {
    param: refused,
    code: 'unsupported_value',
  })
}

/**
 * What is asked of models that reason: a summary to show, and the reasoning itself, encrypted, to send back with their calls. Both
 * stand under names of their own, so that what is refused of it can be left out.
 */
function withReasoning(request: ChatRequest, model: string): ChatRequest {
  const mayReason = reasons(model) !== false
  const isToldTo = reasons(model) === true || request.reasoning_effort != null
  return {
    ...request,
    ...(isToldTo && request.reasoning_effort !== 'none' && { reasoning_summary: request.reasoning_summary ?? 'auto' }),
    ...(mayReason && { include: [...new Set([...list(request.include), ENCRYPTED])] }),
  }
}

const ENCRYPTED = 'reasoning.encrypted_content'
const LOGPROBS = 'message.output_text.logprobs'

function reasoningFields({ reasoning_effort: effort, reasoning_summary: summary, reasoning }: ChatRequest) {
  return mergedFields(compact({ effort, summary }), reasoning)
}

function textFields({ response_format: format, verbosity }: ChatRequest) {
  return compact({ format: format && textFormat(format), verbosity })
}

/** `strict` means the same here and there. */
function textFormat(format: ResponseFormat) {
  return format.type === 'json_schema' ? { type: format.type, ...compact({ ...format.json_schema }) } : format
}

function included({ include, logprobs }: ChatRequest): { include?: unknown[] } {
  const all = [...list(include), ...(logprobs ? [LOGPROBS] : [])]
  return all.length > 0 ? { include: all } : {}
}

function obfuscation({ stream_options: options }: ChatRequest) {
  const { include_obfuscation } = object(options)
  return typeof include_obfuscation === 'boolean' ? { stream_options: { include_obfuscation } } : {}
}

function section(name: string, fields: object): Record<string, unknown> {
  return Object.keys(fields).length > 0 ? { [name]: fields } : {}
}
