import type { ChatRequest, Message } from '../../types/chat.ts'
import { HALF_CHARACTER, type Resume } from './ways-to-continue.ts'

/** The request that makes a target go on. `instruction` asks for the repetition. */
export function continuedRequest(request: ChatRequest, resume: Resume, instruction: string): ChatRequest {
  if (!('text' in resume) || resume.text.trim() === '') return request
  const text = resume.text.replace(HALF_CHARACTER, '').trimEnd()
  const messages = withPrefix(request.messages, text)
  if (resume.type === 'anchor') messages.push({ role: 'user', content: instruction })
  return Object.freeze({ ...request, ...lessTokens(request, text), messages: Object.freeze(messages) })
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
function lessTokens(request: ChatRequest, text: string): Pick<ChatRequest, 'max_tokens' | 'max_completion_tokens'> {
  const less = (allowed: number) => Math.max(FEWEST_TOKENS, allowed - Math.ceil(text.length / TOKEN_LENGTH))
  return {
    ...(request.max_tokens != null && { max_tokens: less(request.max_tokens) }),
    ...(request.max_completion_tokens != null && { max_completion_tokens: less(request.max_completion_tokens) }),
  }
}
