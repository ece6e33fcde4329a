import type { ChatRequest, Message } from '../../types/chat.ts'
import type { Note } from '../adjustments.ts'
import { isSystem } from '../content.ts'
import { orderedMessages } from '../conversation.ts'
import { laterInstructions } from '../later-instructions.ts'
import { callId } from './messages.ts'

/**
 * The conversation in Mistral's order: instructions come not after the assistant or a result, and a call not first of all.
 * Source: mistral-common, `protocol/instruct/validator.py`.
 */
export function mistralOrder({ messages }: ChatRequest, note: Note): Message[] {
  const [first, second] = messages.filter((message) => !isSystem(message))
  const userFirst = first?.role === 'assistant' && (second === undefined || first.tool_calls !== undefined)
  const ordered = orderedMessages(messages, { callId, userFirst }, note)
  return laterInstructions(ordered, (before) => before?.role === 'assistant' || before?.role === 'tool', note)
}
