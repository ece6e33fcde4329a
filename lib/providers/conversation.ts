import { RequestError } from '../errors.ts'
import type { AssistantMessage, ChatRequest, Message, ToolMessage, UserMessage, UserPart } from '../types/chat.ts'
import type { Note } from './adjustments.ts'
import { answeredCalls } from './call-results.ts'
import { isSystem, textOf } from './content.ts'

/** A provider's demands on a conversation, beside the one that all have: each call is followed by its one result. */
export interface ConversationRules {
  /** The provider's form of a call's id; where two ids get one form, they are numbered. Default: the id as it is. */
  callId?: (id: string) => string
  /** Whether a user's turn must come first. Instructions alone then become one. */
  userFirst?: boolean
  /** Whether the last turn must not be the assistant's: true of models that go on with no prefill. */
  userLast?: boolean
  /** Whether a tool's result may hold images and files; else these come in the user's turn after the results. */
  mediaInResults?: boolean
}

/** The user's words where a provider wants a turn of the user's and there is none. */
const OPENING = '(The conversation begins.)'
const CONTINUE = 'Continue.'

/**
 * The messages in an order that providers take, with every word of the user's: each call has one result right behind it and an
 * id of its own, blank turns are left out, and the first and the last turn are whose they must be. `note` hears of each
 * kind of change. Throws RequestError if there is no word to send.
 */
export function orderedMessages(messages: ChatRequest['messages'], rules: ConversationRules, note: Note): Message[] {
  const answered = answeredCalls(messages, rules.callId, note)
  const spoken = answered.filter((message) => !isBlank(message))
  if (spoken.length < answered.length) note('blank-turns')
  if (spoken.length === 0) throw new RequestError('There is no message to send.', { param: 'messages' })
  return endedAsWanted(rules.mediaInResults ? spoken : mediaBehindResults(spoken, note), rules, note)
}

function isBlank(message: Message): boolean {
  switch (message.role) {
    case 'tool':
      return false
    case 'assistant':
      return !message.tool_calls?.length && message.audio == null && !hasWords(message)
    default:
      return !hasParts(message.content)
  }
}

function hasWords({ content, refusal }: AssistantMessage): boolean {
  const parts: readonly { type: string; text?: string; refusal?: string }[] = Array.isArray(content) ? content : []
  const texts = [typeof content === 'string' ? content : '', refusal ?? '']
  return texts.some(isText) || parts.some((part) => !isSpoken(part) || isText(part.text) || isText(part.refusal))
}

/** Parts that are not text count as words. */
function hasParts(content: UserMessage['content']): boolean {
  if (typeof content === 'string') return isText(content)
  return content.some((part) => part.type !== 'text' || isText(part.text))
}

function isSpoken({ type }: { type: string }): boolean {
  return type === 'text' || type === 'refusal'
}

function isText(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== ''
}

/** The messages with images and files of results in the user's turn that follows the last result of a run. */
export function mediaBehindResults(messages: readonly Message[], note: Note): Message[] {
  const ordered: Message[] = []
  let media: UserPart[] = []
  const place = () => {
    if (media.length > 0) ordered.push({ role: 'user', content: media })
    media = []
  }
  for (const message of messages) {
    if (message.role !== 'tool') place()
    const parts = message.role === 'tool' ? mediaOf(message) : []
    if (message.role !== 'tool' || parts.length === 0) {
      ordered.push(message)
      continue
    }
    note('media-of-results')
    ordered.push({ ...message, content: textOf(message.content) || SEE_BELOW })
    media.push({ type: 'text', text: `From the result of the tool call ${message.tool_call_id}:` }, ...parts)
  }
  place()
  return ordered
}

const SEE_BELOW = 'The result follows in the next message.'

function mediaOf({ content }: ToolMessage): UserPart[] {
  return typeof content === 'string' ? [] : content.filter((part) => part.type !== 'text')
}

function endedAsWanted(
  messages: readonly Message[],
  { userFirst, userLast }: ConversationRules,
  note: Note,
): Message[] {
  const ordered = [...messages]
  const first = ordered.findIndex((message) => !isSystem(message))
  if (userFirst && first === -1) {
    note('instructions-as-user')
    return ordered.flatMap((message) => (isSystem(message) ? [{ ...message, role: 'user' as const }] : []))
  }
  if (userFirst && ordered[first]?.role === 'assistant') {
    note('first-turn')
    ordered.splice(first, 0, { role: 'user', content: OPENING })
  }
  if (userLast && ordered.findLast((message) => !isSystem(message))?.role === 'assistant') {
    note('last-turn')
    ordered.push({ role: 'user', content: CONTINUE })
  }
  return ordered
}
