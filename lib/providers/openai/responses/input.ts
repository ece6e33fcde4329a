import { RequestError } from '../../../errors.ts'
import type { AssistantMessage, ChatRequest, FilePart, ToolCall, ToolMessage, UserPart } from '../../../types/chat.ts'
import { textOf } from '../../content.ts'
import { object } from '../../json.ts'
import { unsupportedPart } from '../tools.ts'
import { reasoningTrace } from './reasoning-trace.ts'
import type { CacheBreakpoint, ImageDetail, InputItem, InputPart, OutputPart } from './wire.ts'

/** The conversation as items. Each call has its one result behind it; `owner` tells whose reasoning may come back. */
export function inputItems(messages: ChatRequest['messages'], provider: string, owner: string): InputItem[] {
  const custom = new Set<string>()
  return messages.flatMap((message): InputItem[] => {
    switch (message.role) {
      case 'assistant':
        for (const { id, custom: called } of message.tool_calls ?? []) if (called != null) custom.add(id)
        return assistantItems(message, owner)
      case 'tool':
        return [resultItem(message, custom.has(message.tool_call_id), provider)]
      default: {
        const content = inputParts(message.content, provider)
        return content.length > 0 ? [{ type: 'message', role: message.role, content }] : []
      }
    }
  })
}

function inputParts(content: string | readonly UserPart[], provider: string): InputPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'input_text', text: content }]
  return content.map((part) => inputPart(part, provider))
}

function inputPart(part: UserPart, provider: string): InputPart {
  switch (part.type) {
    case 'text':
      return { type: 'input_text', text: part.text, ...cacheBreakpoint(part) }
    case 'image_url': {
      const { url, detail } = part.image_url
      return {
        type: 'input_image',
        image_url: url,
        detail: (detail as ImageDetail | undefined) ?? 'auto',
        ...cacheBreakpoint(part),
      }
    }
    case 'file':
      return { type: 'input_file', ...fileFields(part.file), ...cacheBreakpoint(part) }
    default:
      throw unsupportedPart(
        `The Responses API of ${provider}`,
        object(part).type === 'input_audio' ? 'audio' : 'such parts',
      )
  }
}

function cacheBreakpoint({ prompt_cache_breakpoint: mark }: Partial<UserPart & { prompt_cache_breakpoint: unknown }>): {
  prompt_cache_breakpoint?: CacheBreakpoint
} {
  return mark === undefined ? {} : { prompt_cache_breakpoint: mark as CacheBreakpoint }
}

/** A file by what it holds, by its address, or by its id; a name goes with what it holds alone. */
function fileFields({ file_data: data, file_id: id, filename }: FilePart['file']) {
  if (data !== undefined && /^https?:/i.test(data)) return { file_url: data }
  if (data !== undefined) return { file_data: data, filename: filename ?? 'file' }
  if (id !== undefined) return { file_id: id }
  throw new RequestError('A file needs file_data or file_id.', { param: 'messages' })
}

/** The words, the reasoning and the calls of one turn, in the order in which they came, as far as the calls tell it. */
function assistantItems(message: AssistantMessage, owner: string): InputItem[] {
  const items: InputItem[] = []
  let unsaid = textOf(message.content)
  const say = (text: string, phase?: string) => {
    if (text !== '') items.push(words([{ type: 'output_text', text, annotations: [] }], phase))
  }
  for (const [index, call] of (message.tool_calls ?? []).entries()) {
    for (const step of reasoningTrace(call.state, owner)) {
      if ('text' in step) {
        say(unsaid.slice(0, step.text), step.phase)
        unsaid = unsaid.slice(step.text)
      } else items.push(step)
    }
    if (index === 0) {
      say(unsaid)
      unsaid = ''
    }
    items.push(callItem(call))
  }
  say(unsaid)
  const refusal = refusalOf(message)
  if (refusal !== '') items.push(words([{ type: 'refusal', refusal }]))
  return items
}

function words(content: OutputPart[], phase?: string): InputItem {
  const known = phase === 'commentary' || phase === 'final_answer' ? phase : undefined
  return { type: 'message', role: 'assistant', content, ...(known && { phase: known }) }
}

function refusalOf({ content, refusal }: AssistantMessage): string {
  const parts = Array.isArray(content) ? content : []
  return parts.map((part) => (part.type === 'refusal' ? part.refusal : '')).join('') || (refusal ?? '')
}

function callItem({ id: call_id, custom, function: called }: ToolCall): InputItem {
  if (custom != null) return { type: 'custom_tool_call', call_id, name: custom.name, input: custom.input }
  return { type: 'function_call', call_id, name: called?.name ?? '', arguments: called?.arguments ?? '' }
}

/** A result may hold images and files. */
function resultItem({ content, tool_call_id: call_id }: ToolMessage, isCustom: boolean, provider: string): InputItem {
  const type = isCustom ? 'custom_tool_call_output' : 'function_call_output'
  const isText = typeof content === 'string' || content.every((part) => part.type === 'text')
  return { type, call_id, output: isText ? textOf(content) : inputParts(content, provider) }
}
