import type { AssistantMessage, ChatRequest, FilePart, Message, UserPart } from '../../types/chat.ts'
import { dataUrl, textOf } from '../content.ts'
import type { Json } from '../json.ts'
import { compact } from '../openai/fields.ts'
import { shortId } from '../openai/ids.ts'
import { assistantText, functionCalls, unsupportedPart } from '../openai/tools.ts'
import { thinks } from './models.ts'

export const NAME = 'Mistral'

/** The text of a last message that is the assistant's: the answer is to go on from its end. */
export function prefixOf({ messages }: ChatRequest): string | undefined {
  const last = messages.at(-1)
  if (last?.role !== 'assistant' || last.tool_calls?.length) return undefined
  return assistantText(last).trim() === '' ? undefined : assistantText(last)
}

/** Only fields that Mistral's schema knows; it refuses others. */
export function mistralMessages(request: ChatRequest): Json[] {
  const names = new Map<string, string>()
  const messages = request.messages.map((message) => {
    if (message.role === 'assistant') {
      for (const call of message.tool_calls ?? []) names.set(call.id, call.function?.name ?? '')
    }
    return mistralMessage(message, request.model, names)
  })
  if (prefixOf(request) !== undefined) messages.push({ ...messages.pop(), prefix: true })
  return messages
}

function mistralMessage(message: Message, model: string, names: ReadonlyMap<string, string>): Json {
  switch (message.role) {
    case 'user':
      return {
        role: 'user',
        content: typeof message.content === 'string' ? message.content : message.content.map(userPart),
      }
    case 'assistant': {
      const calls = functionCalls(message.tool_calls, NAME)
      return compact({
        role: 'assistant',
        content: assistantContent(message, model),
        tool_calls: calls?.map((call) => ({ ...call, id: callId(call.id) })),
      })
    }
    case 'tool':
      return compact({
        role: 'tool',
        tool_call_id: callId(message.tool_call_id),
        name: names.get(message.tool_call_id),
        content: textOf(message.content),
      })
    default:
      return { role: 'system', content: textOf(message.content) }
  }
}

/** Thoughts go back only to models that think. */
function assistantContent(message: AssistantMessage, model: string): unknown {
  const text = assistantText(message)
  if (!message.reasoning_content || !thinks(model)) return text
  const thought = { type: 'thinking', thinking: [{ type: 'text', text: message.reasoning_content }], closed: true }
  return text === '' ? [thought] : [thought, { type: 'text', text }]
}

/** Mistral's own ids, and the only ones its models take, are nine letters and digits. */
export function callId(id: string): string {
  return /^[A-Za-z\d]{9}$/.test(id) ? id : shortId(id, 9)
}

function userPart(part: UserPart): Json {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'image_url':
      return { type: 'image_url', image_url: part.image_url.url }
    case 'input_audio':
      return { type: 'input_audio', input_audio: part.input_audio.data }
    case 'file':
      return document(part)
    default:
      return part
  }
}

function document({ file }: FilePart): Json {
  if (file.file_data == null) throw unsupportedPart(NAME, 'files by id')
  const isPdf = /^https:\/\//i.test(file.file_data) || dataUrl(file.file_data)?.mime === 'application/pdf'
  if (!isPdf) throw unsupportedPart(NAME, 'files other than PDF')
  return compact({ type: 'document_url', document_url: file.file_data, document_name: file.filename })
}
