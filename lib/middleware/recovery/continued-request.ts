import type { ChatRequest, Message } from '../../types/chat.ts'
import type { NativeRequest } from '../../types/provider.ts'
import { HALF_CHARACTER, type Way } from './ways-to-continue.ts'

/** The request that makes a target continue. `instruction` asks for the repetition. */
export function continuedRequest(request: ChatRequest, way: Way, instruction: string): ChatRequest {
  if (!('text' in way) || way.text.trim() === '') return request
  const text = way.text.replace(HALF_CHARACTER, '').trimEnd()
  const messages = withPrefix(request.messages, text)
  if (way.type === 'anchor') messages.push({ role: 'user', content: instruction })
  return Object.freeze({ ...request, ...lessTokens(request, text), messages: Object.freeze(messages) })
}

/** The same for a request in the client's own words. */
export function continuedBody({ dialect, body }: NativeRequest, way: Way, instruction: string): Json {
  if (!('text' in way) || way.text.trim() === '') return body
  const text = way.text.replace(HALF_CHARACTER, '').trimEnd()
  const begun = { role: 'assistant', content: text }
  const turns = way.type === 'anchor' ? [begun, { role: 'user', content: instruction }] : [begun]
  if (dialect === 'messages') {
    const { messages, max_tokens: limit } = body
    // Thoughts need their budget, and the answer some more.
    const { budget_tokens: budget }: { budget_tokens?: number } = Object(body.thinking)
    const left = typeof limit === 'number' && { max_tokens: fewer(limit, text, budget) }
    return { ...body, messages: [...listOf(messages), ...turns], ...left }
  }
  const { input, max_output_tokens: limit } = body
  const conversation = typeof input === 'string' ? [{ role: 'user', content: input }] : listOf(input)
  const left = typeof limit === 'number' && { max_output_tokens: fewer(limit, text) }
  return { ...body, input: [...conversation, ...turns], ...left }
}

type Json = NativeRequest['body']

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The text as the last message; the client's own prefix, if it gave one, stays in front of it. */
function withPrefix(messages: readonly Message[], text: string): Message[] {
  const last = messages.at(-1)
  if (last?.role === 'assistant' && typeof last.content === 'string' && !last.tool_calls?.length) {
    return [...messages.slice(0, -1), { ...last, content: last.content + text }]
  }
  return [...messages, { role: 'assistant', content: text }]
}

/** Characters of a token, roughly, in prose. */
const TOKEN_LENGTH = 4
const FEWEST_TOKENS = 16

/** The tokens that the client allowed, less those of the text. */
function lessTokens(
  { max_tokens: limit, max_completion_tokens: newerLimit }: ChatRequest,
  text: string,
): Pick<ChatRequest, 'max_tokens' | 'max_completion_tokens'> {
  return {
    ...(limit != null && { max_tokens: fewer(limit, text) }),
    ...(newerLimit != null && { max_completion_tokens: fewer(newerLimit, text) }),
  }
}

/** `least`: what is needed beside the text. */
function fewer(allowed: number, text: string, least = 0): number {
  return Math.max(least + FEWEST_TOKENS, allowed - Math.ceil(text.length / TOKEN_LENGTH))
}
