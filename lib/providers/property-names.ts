import type { ChatRequest, FunctionTool, ToolCall } from '../types/chat.ts'
import type { ChunkInit, Decoder, ToolCallDelta } from '../types/provider.ts'
import type { Note } from './adjustments.ts'
import { isFunctionTool } from './content.ts'
import { isObject, type Json, object } from './json.ts'
import { numberedNames } from './numbered-names.ts'
import { mappedSchema } from './schema-references.ts'

export interface NamedProperties {
  request: ChatRequest
  /** The functions with properties that have other names at the provider, and the clients' names by those. */
  functions: ReadonlySet<string>
  clientNames: ReadonlyMap<string, string>
}

/**
 * The request with properties of arguments whose names the provider takes, in the schemas and in the calls of the history; no two
 * become one. `fits` is the provider's rule.
 */
export function fittedProperties(request: ChatRequest, fits: RegExp, note?: Note): NamedProperties {
  if (!request.tools?.length) return { request, functions: NONE, clientNames: NO_NAMES }
  const all = request.tools.filter(isFunctionTool).map((tool) => ({ tool, properties: propertiesOf(tool) }))
  const odd = all.filter(({ properties }) => properties.some((name) => !fits.test(name)))
  const functions = new Set(odd.map(({ tool }) => tool.function.name))
  const clientNames = new Map<string, string>()
  if (odd.length === 0) return { request, functions, clientNames }

  note?.('property-names')
  const names = new Set(all.flatMap(({ properties }) => properties))
  const taken = new Set([...names].filter((name) => fits.test(name)))
  const fitted = new Map<string, string>()
  const freeName = numberedNames(
    (name) => taken.has(name),
    (base, number) => `${base}_${number}`,
  )
  for (const name of names) {
    if (fits.test(name)) continue
    const plain = freeName(name.replace(/[^\w.-]/g, '_').slice(0, LONGEST) || 'property')
    taken.add(plain)
    fitted.set(name, plain)
    clientNames.set(plain, name)
  }
  const nameFor = (name: string) => fitted.get(name) ?? name
  const isOdd = (name: string | undefined) => name !== undefined && functions.has(name)
  return {
    request: {
      ...request,
      tools: (request.tools ?? []).map((tool) =>
        isFunctionTool(tool) && isOdd(tool.function.name) ? withNames(tool, nameFor) : tool,
      ),
      messages: request.messages.map((message) => {
        if (message.role !== 'assistant' || !message.tool_calls?.some((call) => isOdd(call.function?.name)))
          return message
        const tool_calls = message.tool_calls.map((call) =>
          isOdd(call.function?.name) ? withCallNames(call, nameFor) : call,
        )
        return { ...message, tool_calls }
      }),
    },
    functions,
    clientNames,
  }
}

const NONE: ReadonlySet<string> = new Set()
const NO_NAMES: ReadonlyMap<string, string> = new Map()

/** Room for a number behind it in all providers' limits, in characters. */
const LONGEST = 50

/** The decoder, giving arguments of those functions the client's names, when the answer ends: only a whole call can be read. */
export function withClientProperties(decoder: Decoder, { functions, clientNames }: NamedProperties): Decoder {
  if (functions.size === 0) return decoder
  const held = new Map<string | number, string>()
  let size = 0

  const heldBack = (call: ToolCallDelta): ToolCallDelta => {
    if (call.name !== undefined && functions.has(call.name)) held.set(call.key, '')
    const before = held.get(call.key)
    if (before === undefined) return call
    const { arguments: more = '', ...rest } = call
    held.set(call.key, before + more)
    size += more.length
    return rest
  }
  const release = (): ToolCallDelta[] => {
    const calls = Array.from(held, ([key, text]) => ({
      key,
      arguments: renamedText(text, (name) => clientNames.get(name) ?? name),
    }))
    held.clear()
    return calls
  }

  const { plainText } = decoder
  return {
    decode: (event) => heldUntilLast(decoder.decode(event), heldBack, release),
    ...(plainText && { plainText }),
    kept: () => size + (decoder.kept?.() ?? 0),
  }
}

function* heldUntilLast(
  pieces: Iterable<ChunkInit>,
  heldBack: (call: ToolCallDelta) => ToolCallDelta,
  release: () => ToolCallDelta[],
): Iterable<ChunkInit> {
  for (const init of pieces) {
    const { toolCalls } = init
    const released = init.finish !== undefined || init.end === true ? release() : []
    if (released.length > 0) yield { toolCalls: released }
    yield toolCalls === undefined ? init : { ...init, toolCalls: toolCalls.map(heldBack) }
  }
}

function propertiesOf({ function: { parameters } }: FunctionTool): string[] {
  const names: string[] = []
  mappedSchema(parameters ?? {}, (part) => {
    names.push(...Object.keys(object(part.properties)))
    return part
  })
  return names
}

function withNames(tool: FunctionTool, nameFor: (name: string) => string): FunctionTool {
  const parameters = mappedSchema(tool.function.parameters ?? {}, (part) => ({
    ...part,
    ...(isObject(part.properties) && { properties: renamedKeys(part.properties, nameFor) }),
    ...(Array.isArray(part.required) && {
      required: part.required.map((name) => (typeof name === 'string' ? nameFor(name) : name)),
    }),
  }))
  return { ...tool, function: { ...tool.function, parameters } }
}

function withCallNames(call: ToolCall, nameFor: (name: string) => string): ToolCall {
  const { function: called } = call
  return called === undefined
    ? call
    : { ...call, function: { ...called, arguments: renamedText(called.arguments, nameFor) } }
}

/** JSON text with its keys renamed, at any depth; text that is none as it is. */
function renamedText(text: string, nameFor: (name: string) => string): string {
  const renamed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(renamed)
    return isObject(value) ? renamedKeys(value, nameFor, renamed) : value
  }
  try {
    return JSON.stringify(renamed(JSON.parse(text)))
  } catch {
    return text
  }
}

function renamedKeys(value: Json, nameFor: (name: string) => string, inside = (each: unknown): unknown => each): Json {
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [nameFor(name), inside(each)]))
}
