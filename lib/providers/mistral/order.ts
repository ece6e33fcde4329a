import type { ChatRequest, Message } from '../../types/chat.ts'
import type { Note } from '../adjustments.ts'
import { isSystem } from '../content.ts'
import { orderedMessages } from '../conversation.ts'
import { laterInstructions } from '../later-instructions.ts'
import { assistantText } from '../openai/tools.ts'
import { callId } from './messages.ts'
import { wantsTurnsApart } from './models.ts'

/**
 * The conversation in Mistral's order: instructions come not after the assistant or a result, and a call not first of all.
 * Source: mistral-common, `protocol/instruct/validator.py`.
 */
export function mistralOrder({ model, messages }: ChatRequest, note: Note): Message[] {
  const spoken = orderedMessages(messages, { callId }, note)
  const [first, second] = spoken.filter((message) => !isSystem(message))
  const begins = first?.role === 'assistant' && (second === undefined || first.tool_calls !== undefined)
  const ordered = begins ? orderedMessages(spoken, { userFirst: true }, note) : spoken
  const apart = wantsTurnsApart(model) ? ordered.flatMap((message) => callsApart(message, note)) : ordered
  return laterInstructions(apart, (before) => before?.role === 'assistant' || before?.role === 'tool', note)
}

function callsApart(message: Message, note: Note): Message[] {
  if (message.role !== 'assistant' || message.tool_calls === undefined || assistantText(message) === '')
    return [message]
  note('mixed-turns')
  const { tool_calls, ...words } = message
  return [words, { role: 'assistant', tool_calls }]
}
