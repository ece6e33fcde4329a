import type { ChatRequest, Message } from '../types/chat.ts'
import { isFunctionTool } from './content.ts'
import { isObject, type Json, object } from './json.ts'

/**
 * The mark at the end of what is to be cached: `cache_control`, as LiteLLM and OpenRouter take it on parts, messages and tools, or
 * OpenAI's `prompt_cache_breakpoint`. undefined if there is none; without `ttl` the provider's default, 5 minutes, is meant.
 */
export function cacheMark(part: unknown): { ttl?: '5m' | '1h' } | undefined {
  const { cache_control, prompt_cache_breakpoint } = object(part)
  const mark = isObject(cache_control) ? cache_control : prompt_cache_breakpoint
  if (!isObject(mark)) return undefined
  const { ttl }: Json = mark
  return ttl === '5m' || ttl === '1h' ? { ttl } : {}
}

/** Whether the request marks anything with `cache_control`. */
export function hasCacheControl({ messages, tools = [] }: ChatRequest): boolean {
  return messages.some(isMarked) || tools.some((tool) => isSet(tool) || isSet(tool.function))
}

function isMarked(message: Message): boolean {
  return isSet(message) || (Array.isArray(message.content) && message.content.some(isSet))
}

function isSet(value: unknown): boolean {
  return isObject(value) && isObject(value.cache_control)
}

/** The request without marks, for hosts that refuse what they do not know; the same request if it has none. */
export function withoutCacheControl(request: ChatRequest): ChatRequest {
  if (!hasCacheControl(request)) return request
  return {
    ...request,
    messages: request.messages.map((message) => {
      const plain = unmarked(message)
      return Array.isArray(plain.content) ? ({ ...plain, content: plain.content.map(unmarked) } as Message) : plain
    }),
    ...(request.tools && {
      tools: request.tools.map((tool) => {
        const plain = unmarked(tool)
        return isFunctionTool(plain) ? { ...plain, function: unmarked(plain.function) } : plain
      }),
    }),
  }
}

function unmarked<T extends object>(value: T): T {
  if (!isSet(value)) return value
  const { cache_control: _, ...rest } = value as T & { cache_control: unknown }
  return rest as unknown as T
}

/** The message with a mark of its own on the last of its parts, where providers have a place for it. */
export function withMarkOnPart<M extends Message>(message: M): M {
  const { cache_control } = object(message)
  if (!isObject(cache_control) || message.content == null) return message
  const parts = typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content
  const last = parts.at(-1)
  return last === undefined ? message : { ...message, content: [...parts.slice(0, -1), { ...last, cache_control }] }
}
