import { RequestError } from '../../errors.ts'
import type { ChatRequest, Message, ResponseFormat } from '../../types/chat.ts'
import { conversationOf } from './input.ts'
import { type Losses, losses } from './losses.ts'
import type { WholeInput } from './references.ts'
import type { ResponsesBody } from './request-schema.ts'
import { type ChatTools, chatChoice, chatTools } from './tools.ts'

/** A request of the Responses API in chat's words, and what its answer is written by. */
export interface Translated {
  readonly request: ChatRequest
  readonly origin: ChatTools['origin']
  /** What was left out, for `x-streamgate-dropped-params`. */
  readonly dropped: readonly string[]
  /** Why no target that speaks another API can serve it. */
  readonly refusal: RequestError | undefined
}

/** A request in chat's words, with all that it refers to. Throws RequestError for one that no API could serve. */
export function translated(
  body: ResponsesBody,
  { items, before, missing }: Pick<WholeInput, 'items' | 'before' | 'missing'>,
): Translated {
  const lost = losses(missing)
  const { messages, tools: inItems } = conversationOf(items, before, lost)
  const { tools, webSearch, origin } = chatTools([{ specs: body.tools ?? [], where: 'tools' }, ...inItems], lost)
  const toolChoice = chatChoice(body.tool_choice, lost)
  noteLost(body, lost)

  const conversation: Message[] = body.instructions
    ? [{ role: 'system', content: body.instructions }, ...messages]
    : [...messages]
  if (messages.length === 0 && lost.refusal() === undefined) {
    throw new RequestError("Missing required parameter: 'input'.", {
      param: 'input',
      code: 'missing_required_parameter',
    })
  }
  const request: ChatRequest = Object.freeze({
    model: body.model ?? '',
    messages: Object.freeze(conversation),
    ...(body.stream === true && { stream: true }),
    ...(tools.length > 0 && { tools }),
    // OpenAI's chat refuses a mode without tools, which here may have gone elsewhere.
    ...(toolChoice !== undefined &&
      (tools.length > 0 || typeof toolChoice !== 'string') && { tool_choice: toolChoice }),
    ...(webSearch !== undefined && toolChoice !== 'none' && { web_search_options: webSearch }),
    ...given(body.max_output_tokens, 'max_completion_tokens'),
    ...given(body.reasoning?.effort, 'reasoning_effort'),
    ...given(body.text?.verbosity, 'verbosity'),
    ...responseFormat(body, lost),
    ...logprobs(body),
    ...sameNames(body),
  })
  return { request, origin, dropped: lost.dropped(), refusal: lost.refusal() }
}

/** Fields that chat has under the same name. */
const SAME_NAMES = [
  ...['temperature', 'top_p', 'parallel_tool_calls', 'metadata', 'service_tier', 'user', 'safety_identifier'],
  ...['prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention'],
]

function sameNames(body: ResponsesBody): Record<string, unknown> {
  return Object.fromEntries(SAME_NAMES.flatMap((name) => (body[name] == null ? [] : [[name, body[name]]])))
}

function given<K extends string, T>(value: T, name: K): Partial<Record<K, NonNullable<T>>> {
  return value == null ? {} : ({ [name]: value } as Record<K, NonNullable<T>>)
}

function responseFormat({ text }: ResponsesBody, { refuse }: Losses): { response_format?: ResponseFormat } {
  const { format } = text ?? {}
  if (format == null || format.type === 'text') return {}
  if (format.type === 'json_object') return { response_format: { type: 'json_object' } }
  if (format.type !== 'json_schema') {
    refuse(`No target of this request knows a text format of the type '${format.type}'.`, 'text.format.type')
    return {}
  }
  const { name = '', schema, description, strict } = format
  return {
    response_format: {
      type: 'json_schema',
      json_schema: {
        name,
        ...(description != null && { description }),
        ...(schema != null && { schema }),
        ...(strict != null && { strict }),
      },
    },
  }
}

/** What makes an answer tell them, beside `top_logprobs`. */
export const LOGPROBS = 'message.output_text.logprobs'

function logprobs({ include, top_logprobs: top }: ResponsesBody): Pick<ChatRequest, 'logprobs' | 'top_logprobs'> {
  if (!include?.includes(LOGPROBS) && !top) return {}
  return { logprobs: true, ...(top != null && { top_logprobs: top }) }
}

/** Fields that ask for something, and have no form elsewhere. */
function noteLost(body: ResponsesBody, { drop, refuse }: Losses): void {
  if (body.max_tool_calls != null) drop('max_tool_calls')
  if (body.truncation === 'auto') drop('truncation')
  for (const name of ['image', 'moderation', 'access_programs', 'context_management', 'background_options']) {
    if (body[name] != null) drop(name)
  }
  for (const name of ['background', 'prompt', 'conversation']) {
    if (body[name] == null || body[name] === false) continue
    refuse(`No target of this request knows the parameter '${name}'.`, name, 'unsupported_parameter')
  }
}
