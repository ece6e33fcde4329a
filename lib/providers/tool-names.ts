import type { ChatRequest, Message, Tool, ToolCall, ToolChoice } from '../types/chat.ts'
import type { ChunkInit, Decoder } from '../types/provider.ts'
import type { Note } from './adjustments.ts'
import { isFunctionTool } from './content.ts'
import { isObject } from './json.ts'
import { numberedNames } from './numbered-names.ts'

/** A provider's demands on the names of tools. */
export interface NameRules {
  /** The whole name. */
  pattern: RegExp
  /** In characters. */
  longest: number
  /** Names of the provider's own tools that this request has. */
  reserved?: readonly string[]
}

export interface NamedTools {
  request: ChatRequest
  /** The clients' names by those that the provider gets in their place; empty if all fit. */
  clientNames: ReadonlyMap<string, string>
}

/**
 * The request with names of functions that the provider takes, in tools, in the history and in `tool_choice`; no two become one.
 * Of tools with one name the first is kept. The same names come out each time, so that the history fits the next turn.
 */
export function fittedNames(request: ChatRequest, rules: NameRules, note?: Note): NamedTools {
  const names = new Set(namesIn(request))
  if (names.size === 0) return { request, clientNames: NONE }
  const tools = withoutRepeats(request.tools)
  if (tools !== request.tools) note?.('same-tools')
  const once = tools === request.tools || tools === undefined ? request : { ...request, tools }

  const { nameFor, clientNames } = nameMapper(names, rules)
  if (clientNames.size === 0) return { request: once, clientNames }
  note?.('tool-names')
  return {
    request: {
      ...once,
      ...(tools && { tools: tools.map((tool) => withToolName(tool, nameFor)) }),
      ...(once.tool_choice !== undefined && { tool_choice: withChoiceNames(once.tool_choice, nameFor) }),
      messages: once.messages.map((message) => withCallNames(message, nameFor)),
    },
    clientNames,
  }
}

const NONE: ReadonlyMap<string, string> = new Map()

/** The decoder, giving calls the client's names. */
export function withClientNames(decoder: Decoder, clientNames: ReadonlyMap<string, string>): Decoder {
  if (clientNames.size === 0) return decoder
  const { plainText, kept } = decoder
  return {
    decode: (event) => named(decoder.decode(event), clientNames),
    ...(plainText && { plainText }),
    ...(kept && { kept }),
  }
}

function* named(pieces: Iterable<ChunkInit>, clientNames: ReadonlyMap<string, string>): Iterable<ChunkInit> {
  const clientName = (name = '') => {
    const own = clientNames.get(name)
    return own === undefined ? {} : { name: own }
  }
  for (const init of pieces) {
    if (init.toolCalls === undefined) yield init
    else yield { ...init, toolCalls: init.toolCalls.map((call) => ({ ...call, ...clientName(call.name) })) }
  }
}

/** Of functions with one name the first; the list itself if there are no others. */
function withoutRepeats(tools: ChatRequest['tools']): ChatRequest['tools'] {
  const seen = new Set<string>()
  const kept = tools?.filter((tool) => {
    if (!isFunctionTool(tool)) return true
    const { name } = tool.function
    return !seen.has(name) && seen.add(name)
  })
  return kept?.length === tools?.length ? tools : kept
}

function* namesIn({ tools = [], messages }: ChatRequest): Iterable<string> {
  for (const tool of tools) if (isFunctionTool(tool)) yield tool.function.name
  for (const message of messages) {
    if (message.role !== 'assistant') continue
    for (const call of message.tool_calls ?? []) yield nameOf(call)
  }
}

function nameMapper(names: ReadonlySet<string>, { pattern, longest, reserved = [] }: NameRules) {
  const clientNames = new Map<string, string>()
  const fitted = new Map<string, string>()
  const taken = new Set(reserved)
  const fits = (name: string) => name.length <= longest && pattern.test(name)
  const unfit = [...names].filter((name) => {
    const kept = fits(name) && !taken.has(name)
    if (kept) taken.add(name)
    return !kept
  })
  const freeName = numberedNames(
    (name) => taken.has(name),
    (base, number) => `${base.slice(0, longest - NUMBER_ROOM)}_${number}`,
  )
  for (const name of unfit) {
    const plain = freeName(plainName(name, pattern).slice(0, longest))
    taken.add(plain)
    fitted.set(name, plain)
    clientNames.set(plain, name)
  }
  return { nameFor: (name: string) => fitted.get(name) ?? name, clientNames }
}

/** Room for the number behind a name, in characters. */
const NUMBER_ROOM = 8

/** Letters, digits and `_` are in all providers' patterns; a digit in front is not. */
function plainName(name: string, pattern: RegExp): string {
  const plain = name.replace(/[^a-zA-Z0-9_-]/g, '_') || 'tool'
  if (pattern.test(plain)) return plain
  const word = plain.replace(/-/g, '_')
  return pattern.test(word) ? word : `_${word}`
}

function withToolName(tool: Tool, nameFor: (name: string) => string): Tool {
  if (!isFunctionTool(tool)) return tool
  const name = nameFor(tool.function.name)
  return name === tool.function.name ? tool : { ...tool, function: { ...tool.function, name } }
}

function withChoiceNames(choice: ToolChoice, nameFor: (name: string) => string): ToolChoice {
  if (typeof choice === 'string') return choice
  if (choice.type === 'function') return { type: 'function', function: { name: nameFor(choice.function.name) } }
  if (choice.type !== 'allowed_tools') return choice
  const { mode, tools } = choice.allowed_tools
  const renamed = tools.map((tool) => {
    if (!isObject(tool.function) || typeof tool.function.name !== 'string') return tool
    return { ...tool, function: { ...tool.function, name: nameFor(tool.function.name) } }
  })
  return { type: 'allowed_tools', allowed_tools: { mode, tools: renamed } }
}

function withCallNames(message: Message, nameFor: (name: string) => string): Message {
  if (message.role !== 'assistant' || !message.tool_calls?.length) return message
  return { ...message, tool_calls: message.tool_calls.map((call) => withCallName(call, nameFor)) }
}

function withCallName(call: ToolCall, nameFor: (name: string) => string): ToolCall {
  const own = nameOf(call)
  const name = nameFor(own)
  if (name === own) return call
  return {
    ...call,
    ...(call.function && { function: { ...call.function, name } }),
    ...(call.custom && { custom: { ...call.custom, name } }),
  }
}

function nameOf({ function: called, custom }: ToolCall): string {
  return called?.name ?? custom?.name ?? ''
}
