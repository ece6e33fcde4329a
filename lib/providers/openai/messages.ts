import type { Message, UserPart } from '../../types/chat.ts'
import { textOf } from '../content.ts'
import type { Json } from '../json.ts'
import { compact } from './fields.ts'
import { assistantText, functionCalls } from './tools.ts'

/**
 * A message for dialects that know functions only and `reasoning` in place of `reasoning_content`, with nothing in it that
 * OpenAI alone defines. Only users may speak in parts; `userPart` says in which. Throws RequestError for custom calls.
 */
export function plainMessage(message: Message, provider: string, userPart: (part: UserPart) => Json): Json {
  switch (message.role) {
    case 'user': {
      const content = typeof message.content === 'string' ? message.content : message.content.map(userPart)
      return compact({ role: 'user', name: message.name, content })
    }
    case 'assistant':
      return compact({
        role: 'assistant',
        name: message.name,
        content: assistantText(message),
        reasoning: message.reasoning_content,
        tool_calls: functionCalls(message.tool_calls, provider),
      })
    case 'tool':
      return { role: 'tool', tool_call_id: message.tool_call_id, content: textOf(message.content) }
    default:
      return compact({ role: 'system', name: message.name, content: textOf(message.content) })
  }
}
