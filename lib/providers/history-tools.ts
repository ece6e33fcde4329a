import type { AssistantMessage, ChatRequest, FunctionTool, Message, UserMessage, UserPart } from '../types/chat.ts'
import type { Note } from './adjustments.ts'
import { textOf } from './content.ts'

/** The name of the tool that a call in an assistant's message names. */
function nameOf({ function: called, custom }: NonNullable<AssistantMessage['tool_calls']>[number]): string {
  return called?.name ?? custom?.name ?? ''
}

/**
 * A request without tools whose history has calls, with the tools that these name, and none to be called: for providers that
 * refuse calls of tools that are not there. Any other request as it is.
 */
export function withHistoryTools(request: ChatRequest, note: Note): ChatRequest {
  if (request.tools?.length) return request
  const names = new Set(
    request.messages.flatMap((message) => (message.role === 'assistant' ? (message.tool_calls ?? []).map(nameOf) : [])),
  )
  if (names.size === 0) return request
  note('history-tools')
  const tools = Array.from(names, (name): FunctionTool => ({ type: 'function', function: { name } }))
  return { ...request, tools, tool_choice: 'none' }
}

/**
 * The messages with their calls and results in words, for models that know no calls without tools, and cannot be kept from
 * calling. Each call is followed by its result (see conversation.ts).
 */
export function callsAsText(messages: readonly Message[], note: Note): Message[] {
  const names = new Map<string, string>()
  return messages.map((message) => {
    if (message.role === 'tool') return resultText(names.get(message.tool_call_id) ?? '', message.content)
    if (message.role !== 'assistant' || !message.tool_calls?.length) return message
    note('calls-as-text')
    const { tool_calls: calls, ...rest } = message
    const lines = calls.map((call) => {
      names.set(call.id, nameOf(call))
      return `[Called ${nameOf(call)} with ${call.function?.arguments || call.custom?.input || '{}'}]`
    })
    const said =
      typeof rest.content === 'string' ? [{ type: 'text' as const, text: rest.content }] : (rest.content ?? [])
    const spoken = said.filter((part) => part.type !== 'text' || part.text.trim() !== '')
    return { ...rest, content: [...spoken, ...lines.map((text) => ({ type: 'text' as const, text }))] }
  })
}

function resultText(name: string, content: string | UserPart[]): UserMessage {
  const head = `[Result of ${name}]`
  if (typeof content === 'string') return { role: 'user', content: `${head}\n${content}` }
  if (content.every((part) => part.type === 'text')) return { role: 'user', content: `${head}\n${textOf(content)}` }
  return { role: 'user', content: [{ type: 'text', text: head }, ...content] }
}
