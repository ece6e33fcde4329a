import { ownCallId } from '../../transforms/call-id.ts'
import type {
  AssistantMessage,
  Cacheable,
  FilePart,
  ImagePart,
  Message,
  RefusalPart,
  TextPart,
  ToolCall,
  ToolMessage,
  UserPart,
} from '../../types/chat.ts'
import { callIds } from '../call-ids.ts'
import type { Losses } from './losses.ts'
import type { Item, Part, ToolSpec } from './request-schema.ts'
import { stateReader } from './state.ts'
import { chatName, customArguments } from './tools.ts'

/** A conversation in chat's words, and the tools that stand in it. */
export interface Conversation {
  readonly messages: readonly Message[]
  readonly tools: readonly { specs: readonly ToolSpec[]; where: string }[]
}

/**
 * Items as messages: reasoning, texts and calls that follow each other are one turn of the assistant's, which ends at a result or
 * at another's message. The first `before` items are those of the response before.
 */
export function conversationOf(items: readonly Item[], before: number, losses: Losses): Conversation {
  const messages: Message[] = []
  const tools: { specs: readonly ToolSpec[]; where: string }[] = []
  const unpackedId = callIds()
  const statesIn = stateReader()
  const states = new Map<string, string>()
  let turn: Turn | undefined

  const assistant = (): Turn => {
    turn ??= { texts: [], thoughts: [], calls: [] }
    return turn
  }
  const endTurn = () => {
    if (turn !== undefined) messages.push(assistantMessage(turn))
    turn = undefined
  }
  const call = (name: string, id: string, args: string) => {
    const own = unpackedId(id)
    const state = own.state ?? states.get(own.id)
    assistant().calls.push({
      ...{ id: own.id, type: 'function', function: { name, arguments: args } },
      ...(state !== undefined && { state }),
    })
  }
  const result = (id: string, content: ToolMessage['content']) => {
    endTurn()
    messages.push({ role: 'tool', tool_call_id: ownCallId(id), content })
  }

  const readers: Readonly<Record<string, (item: Item, path: string) => void>> = {
    message(item, path) {
      const { role, content } = item
      if (role === 'assistant') {
        const said = spoken(content, losses, `${path}.content`)
        if (said.length > 0) assistant().texts.push(...said)
        return
      }
      endTurn()
      // Others refuse a message of no parts.
      if (content?.length === 0 && typeof content !== 'string') return
      if (role === 'user') messages.push({ role, content: userContent(content, losses, `${path}.content`) })
      else messages.push({ role: role ?? 'system', content: instructions(content, losses, `${path}.content`) })
    },
    reasoning({ content, summary, encrypted_content: packed }) {
      for (const [id, state] of statesIn(packed ?? '')) states.set(id, state)
      const given = Array.isArray(content) && content.length > 0 ? content : (summary ?? [])
      const text = given.map(({ text }) => (typeof text === 'string' ? text : '')).join('\n\n')
      if (text !== '') assistant().thoughts.push(text)
    },
    function_call: (item) => call(chatName(item.name ?? '', item.namespace), item.call_id ?? '', item.arguments ?? ''),
    custom_tool_call: (item) =>
      call(chatName(item.name ?? '', item.namespace), item.call_id ?? '', customArguments(item.input ?? '')),
    function_call_output: (item, path) => result(item.call_id ?? '', output(item.output, losses, `${path}.output`)),
    custom_tool_call_output: (item, path) => result(item.call_id ?? '', output(item.output, losses, `${path}.output`)),
    additional_tools: (item, path) => void tools.push({ specs: item.tools ?? [], where: `${path}.tools` }),
    // The tools that a search has found can be called from then on.
    tool_search_output: (item, path) => void tools.push({ specs: item.tools ?? [], where: `${path}.tools` }),
  }

  items.forEach((item, index) => {
    const type = item.type ?? 'message'
    const path = index < before ? `previous_response_id[${index}]` : `input[${index - before}]`
    const reader = Object.hasOwn(readers, type) ? readers[type] : undefined
    if (reader !== undefined) reader(item, path)
    else if (isClientsCall(type)) call(nameOfCall(type), clientsCallId(item), actionOf(item))
    else if (isClientsResult(type)) result(clientsCallId(item), actionResult(item))
    else if (LEFT_OUT.has(type)) losses.drop(`input.${type}`)
    else losses.refuse(`No target of this request takes items of the type '${type}'.`, `${path}.type`)
  })
  endTurn()
  return { messages, tools }
}

/** What a provider ran itself, or told a client that knows it. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...['tool_search_call', 'mcp_list_tools', 'mcp_call', 'mcp_approval_request', 'mcp_approval_response'],
  ...['web_search_call', 'file_search_call', 'code_interpreter_call', 'image_generation_call'],
  ...['configuration_update', 'program', 'program_output'],
])

// -------------------------------------------------------------------------------------------------- the assistant's turn

interface Turn {
  texts: (TextPart | RefusalPart)[]
  thoughts: string[]
  calls: ToolCall[]
}

function assistantMessage({ texts, thoughts, calls }: Turn): AssistantMessage {
  const [first] = texts
  const only = texts.length === 1 && first?.type === 'text' ? first.text : undefined
  return {
    role: 'assistant',
    ...(texts.length > 0 && { content: only ?? texts }),
    ...(thoughts.length > 0 && { reasoning_content: thoughts.join('\n\n') }),
    ...(calls.length > 0 && { tool_calls: calls }),
  }
}

function spoken(content: Item['content'], losses: Losses, where: string): (TextPart | RefusalPart)[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return (content ?? []).flatMap((part, index): (TextPart | RefusalPart)[] => {
    if (part.type === 'refusal') return [{ type: 'refusal', refusal: part.refusal ?? '' }]
    if (typeof part.text === 'string') return [{ type: 'text', text: part.text }]
    refusePart(part, losses, `${where}[${index}]`)
    return []
  })
}

// ------------------------------------------------------------------------------------------------------- others' messages

function instructions(content: Item['content'], losses: Losses, where: string): string | TextPart[] {
  if (typeof content === 'string') return content
  return (content ?? []).flatMap((part, index): TextPart[] => {
    if (typeof part.text === 'string') return [{ type: 'text', text: part.text, ...cacheMarks(part) }]
    refusePart(part, losses, `${where}[${index}]`)
    return []
  })
}

function userContent(content: Item['content'], losses: Losses, where: string): string | UserPart[] {
  if (typeof content === 'string') return content
  return (content ?? []).flatMap((part, index): UserPart[] => {
    if (part.type === 'input_audio' && part.input_audio !== undefined) {
      return [{ type: 'input_audio', input_audio: part.input_audio }]
    }
    const read = commonPart(part)
    if (read !== undefined) return [read]
    refusePart(part, losses, `${where}[${index}]`)
    return []
  })
}

function output(content: Item['output'], losses: Losses, where: string): ToolMessage['content'] {
  if (typeof content === 'string') return content
  const parts = (content ?? []).flatMap((part, index) => {
    const read = commonPart(part)
    if (read !== undefined) return [read]
    refusePart(part, losses, `${where}[${index}]`)
    return []
  })
  return parts.length === 0 ? '' : parts
}

/** A part that users and tools may send; undefined for any other. */
function commonPart(part: Part): TextPart | ImagePart | FilePart | undefined {
  const { type, text, image_url: url, detail, file_id: id, file_data: data, file_url: link, filename } = part
  if (type === 'input_image') {
    if (url == null) return { type: 'file', file: { file_id: id ?? '' }, ...cacheMarks(part) }
    return { type: 'image_url', image_url: { url, ...(detail != null && { detail }) }, ...cacheMarks(part) }
  }
  if (type === 'input_file') {
    const file = { file_data: data ?? link, file_id: id, filename }
    const given = Object.fromEntries(Object.entries(file).filter(([, value]) => value != null))
    return { type: 'file', file: given, ...cacheMarks(part) }
  }
  return typeof text !== 'string' ? undefined : { type: 'text', text, ...cacheMarks(part) }
}

function cacheMarks({ prompt_cache_breakpoint: breakpoint, cache_control: control }: Part): Cacheable {
  return {
    ...(breakpoint != null && {
      prompt_cache_breakpoint: breakpoint as NonNullable<Cacheable['prompt_cache_breakpoint']>,
    }),
    ...(control != null && { cache_control: control as NonNullable<Cacheable['cache_control']> }),
  }
}

function refusePart({ type }: Part, losses: Losses, where: string): void {
  losses.refuse(`No target of this request takes parts of the type '${type}' here.`, `${where}.type`)
}

// --------------------------------------------------------------------------- tools of OpenAI's own that clients run themselves

const CLIENTS_CALL = /^(computer|local_shell|shell|apply_patch)_call$/
const CLIENTS_RESULT = /^(computer|local_shell|shell|apply_patch)_call_output$/

function isClientsCall(type: string): boolean {
  return CLIENTS_CALL.test(type)
}

function isClientsResult(type: string): boolean {
  return CLIENTS_RESULT.test(type)
}

function nameOfCall(type: string): string {
  return type.replace(/_call$/, '')
}

/** Results of the local shell name their call in `id`. */
function clientsCallId({ call_id, id }: Item): string {
  return typeof call_id === 'string' ? call_id : typeof id === 'string' ? id : ''
}

function actionOf({ action, actions, operation }: Item): string {
  return JSON.stringify(action ?? operation ?? { actions })
}

function actionResult({ output: result }: Item): ToolMessage['content'] {
  if (typeof result === 'string') return result
  const { image_url: url } = (result ?? {}) as { image_url?: unknown }
  if (typeof url === 'string') return [{ type: 'image_url', image_url: { url } }]
  return result === undefined ? '' : JSON.stringify(result)
}
