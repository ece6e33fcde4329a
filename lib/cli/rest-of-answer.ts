import type { ChatCompletionRequest } from '@copilotkit/aimock'

type Messages = ChatCompletionRequest['messages']

/** How many of the last words are repeated by a model that is asked to go on. */
const REPEATED_WORDS = 7

/** The beginning of the answer, where the request has one; else empty. */
export function begunIn(messages: Messages): string {
  return textOf(messages.findLast(({ role }) => role === 'assistant')?.content)
}

/**
 * The rest of an emulated answer of which the request has the beginning; all of it, if there is none. Behind an instruction to go
 * on, the last words come first, once more.
 */
export function restOf(answer: string, messages: Messages): string {
  const begun = begunIn(messages)
  const rest = answer.slice(begun.length)
  if (begun === '' || messages.at(-1)?.role === 'assistant') return rest
  return begun.split(' ').slice(-REPEATED_WORDS).join(' ') + rest
}

export function textOf(content: Messages[number]['content'] | undefined): string {
  if (typeof content === 'string') return content
  return (content ?? []).map(({ text }) => text ?? '').join('')
}
