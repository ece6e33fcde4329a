import type { Message, SystemMessage } from '../types/chat.ts'
import type { Note } from './adjustments.ts'
import { isSystem } from './content.ts'

/**
 * The messages with instructions that come too late for a provider as turns of the user's, in their place: moved to the front
 * they would come too early. `isLate` is asked for each of them, with the message before it.
 */
export function laterInstructions(
  messages: readonly Message[],
  isLate: (before: Message | undefined, index: number) => boolean,
  note: Note,
): Message[] {
  return messages.map((message, index) => {
    if (!isSystem(message) || !isLate(messages[index - 1], index)) return message
    note('later-instructions')
    return { role: 'user', content: [{ type: 'text', text: 'Instructions from the system:' }, ...partsOf(message)] }
  })
}

function partsOf({ content }: SystemMessage) {
  return typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
}
