import type { Message, UserMessage, UserPart } from '../types/chat.ts'

/**
 * Messages for models that know no instructions (Titan, Mistral 7B, Gemma): each system or developer message is the beginning
 * of the user's next one, or a user message of its own where none follows before the assistant speaks.
 */
export function instructionsAsUser(messages: readonly Message[]): Message[] {
  const result: Message[] = []
  let waiting: string[] = []
  const speak = () => {
    if (waiting.length > 0) result.push({ role: 'user', content: waiting.join(SEPARATOR) })
    waiting = []
  }
  for (const message of messages) {
    if (message.role === 'system' || message.role === 'developer') {
      waiting.push(wordsOf(message.content))
    } else if (message.role === 'user' && waiting.length > 0) {
      result.push(begun(message, waiting.join(SEPARATOR)))
      waiting = []
    } else {
      speak()
      result.push(message)
    }
  }
  speak()
  return result
}

const SEPARATOR = '\n\n'

function wordsOf(content: string | readonly { text: string }[]): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join(SEPARATOR)
}

function begun(message: UserMessage, beginning: string): UserMessage {
  const { content } = message
  if (typeof content === 'string') return { ...message, content: `${beginning}${SEPARATOR}${content}` }
  const part: UserPart = { type: 'text', text: `${beginning}${SEPARATOR}` }
  return { ...message, content: [part, ...content] }
}
