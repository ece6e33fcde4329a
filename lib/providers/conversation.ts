import { RequestError } from '../errors.ts'
import type { AssistantMessage, ChatRequest, Message, ToolMessage, UserMessage, UserPart } from '../types/chat.ts'
import type { Note } from './adjustments.ts'
import { answeredCalls } from './call-results.ts'
import { isSystem, textOf } from './content.ts'
import { stretchesOf } from './drawn-images.ts'

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
  /** Whether images that the model drew stay in its turns; else these come in the user's next turn. */
  drawnImages?: boolean
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
  return endedAsWanted(mediaAsUser(spoken, rules, note), rules, note)
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

/**
 * The messages with what has no place in its own turn in the user's that follows: images and files of results, behind the last
 * result of a run, and images that a model drew.
 */
export function mediaAsUser(
  messages: readonly Message[],
  { mediaInResults, drawnImages }: Pick<ConversationRules, 'mediaInResults' | 'drawnImages'>,
  note: Note,
): Message[] {
  const ordered: Message[] = []
  let media: UserPart[] = []
  const place = () => {
    if (media.length > 0) ordered.push({ role: 'user', content: media })
    media = []
  }
  for (const message of messages) {
    if (message.role !== 'tool') place()
    if (message.role === 'tool' && !mediaInResults) {
      const parts = mediaOf(message)
      if (parts.length > 0) note('media-of-results')
      ordered.push(parts.length > 0 ? { ...message, content: textOf(message.content) || SEE_BELOW } : message)
      media.push(...headed(`From the result of the tool call ${message.tool_call_id}:`, parts))
    } else if (message.role === 'assistant' && !drawnImages) {
      const drawn = withoutImages(message)
      if (drawn.images.length > 0) note('drawn-images')
      ordered.push(drawn.message)
      media.push(...headed('The image of your last turn:', drawn.images))
    } else {
      ordered.push(message)
    }
  }
  place()
  return ordered
}

function headed(head: string, parts: readonly UserPart[]): UserPart[] {
  return parts.length === 0 ? [] : [{ type: 'text', text: head }, ...parts]
}

/** Where an image was. */
const IMAGE = '(image)'

function withoutImages(message: AssistantMessage): { message: AssistantMessage; images: UserPart[] } {
  const images: UserPart[] = []
  const worded = (text: string): string => {
    if (!text.includes('![image](data:')) return text
    return stretchesOf(text)
      .map((each) => {
        if ('text' in each) return each.text
        images.push({ type: 'image_url', image_url: { url: each.image.url } })
        return IMAGE
      })
      .join('')
  }
  const { content } = message
  const given =
    typeof content === 'string'
      ? worded(content)
      : content?.map((part) => (part.type === 'text' ? { ...part, text: worded(part.text) } : part))
  return { message: images.length === 0 || given === undefined ? message : { ...message, content: given }, images }
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
