import type { FunctionTool, Tool, ToolChoice } from '../../types/chat.ts'
import type { Losses } from './losses.ts'
import type { Choice, ToolSpec } from './request-schema.ts'

/** A tool as the client knows it. */
export interface ToolOrigin {
  readonly type: 'function' | 'custom'
  readonly name: string
  readonly namespace: string | undefined
}

/** A request's tools as functions, and the way back from a call to the tool that the client knows. */
export interface ChatTools {
  readonly tools: readonly Tool[]
  /** The client's own search on the web, in chat's words; undefined if it asked for none. */
  readonly webSearch: Record<string, unknown> | undefined
  /** The tool behind a call's name; a function of that name if it is not known. */
  origin(name: string): ToolOrigin
}

/** The name of a tool for those who know no namespaces. */
export function chatName(name: string, namespace: string | null | undefined): string {
  return namespace ? `${namespace}__${name}` : name
}

/** The arguments of a custom tool's call for those who know functions only. */
export function customArguments(input: string): string {
  return JSON.stringify({ input })
}

/** The input of a custom tool, out of its arguments as a function; the arguments themselves if the model made others. */
export function customInput(args: string): string {
  try {
    const parsed: unknown = JSON.parse(args)
    const input = typeof parsed === 'object' && parsed !== null ? (parsed as { input?: unknown }).input : undefined
    return typeof input === 'string' ? input : args
  } catch {
    return args
  }
}

/**
 * Tools of the Responses API as chat's. A custom tool is a function with one text, its grammar in words; a function of a namespace
 * has the name of both. What a provider would run itself is left out if clients always send it, else the request is refused.
 * `where` is the path of the list.
 */
export function chatTools(lists: readonly { specs: readonly ToolSpec[]; where: string }[], losses: Losses): ChatTools {
  const tools = new Map<string, Tool>()
  const origins = new Map<string, ToolOrigin>()
  let webSearch: Record<string, unknown> | undefined

  const add = (spec: ToolSpec, namespace: string | undefined, where: string) => {
    const type = spec.type === 'custom' ? 'custom' : 'function'
    const origin = { type, name: spec.name ?? '', namespace } as const
    const name = chatName(origin.name, namespace)
    const known = origins.get(name)
    if (known !== undefined && (known.name !== origin.name || known.namespace !== namespace)) {
      losses.refuse(`The tool at '${where}' and another one would both be called '${name}'.`, where, 'invalid_value')
      return
    }
    origins.set(name, origin)
    tools.set(name, type === 'custom' ? customTool(name, spec) : functionTool(name, spec))
  }

  const read = (spec: ToolSpec, namespace: string | undefined, where: string) => {
    if (spec.type === 'function' || spec.type === 'custom') add(spec, namespace, where)
    else if (spec.type === 'namespace' && namespace === undefined) {
      spec.tools?.forEach((each, index) => {
        read(each, spec.name, `${where}.tools[${index}]`)
      })
    } else if (isOpenSearch(spec)) webSearch = { ...webSearch, ...searchOptions(spec) }
    else if (LEFT_OUT.has(spec.type) || SEARCH.test(spec.type)) losses.drop(`tools.${spec.type}`)
    else losses.refuse(`No target of this request has tools of the type '${spec.type}'.`, `${where}.type`)
  }

  for (const { specs, where } of lists) {
    specs.forEach((spec, index) => {
      read(spec, undefined, `${where}[${index}]`)
    })
  }
  return {
    tools: [...tools.values()],
    webSearch,
    origin: (name) => origins.get(name) ?? { type: 'function', name, namespace: undefined },
  }
}

/** Tools that agents send with every request, and do without. */
const LEFT_OUT: ReadonlySet<string> = new Set(['tool_search', 'local_shell', 'shell', 'apply_patch'])

const SEARCH = /^web_search(_preview)?(_\d{4}_\d{2}_\d{2})?$/

/** A search that may not leave OpenAI's own index is none that others have. */
function isOpenSearch({ type, external_web_access: isOpen }: ToolSpec): boolean {
  return SEARCH.test(type) && isOpen !== false
}

function searchOptions({ search_context_size: size, user_location: place }: ToolSpec): Record<string, unknown> {
  const { type, ...approximate } = (place ?? {}) as Record<string, unknown>
  return {
    ...(typeof size === 'string' && { search_context_size: size }),
    ...(place != null && { user_location: { type: type ?? 'approximate', approximate } }),
  }
}

function functionTool(name: string, { description, parameters, strict }: ToolSpec): FunctionTool {
  return {
    type: 'function',
    function: {
      name,
      ...(description != null && { description }),
      ...(parameters != null && { parameters }),
      ...(strict != null && { strict }),
    },
  }
}

function customTool(name: string, { description, format }: ToolSpec): FunctionTool {
  const about = [description, grammarInWords(format)].filter((each) => each).join('\n\n')
  return {
    type: 'function',
    function: {
      name,
      ...(about !== '' && { description: about }),
      parameters: {
        type: 'object',
        properties: { input: { type: 'string', description: 'The whole input of the tool, as plain text.' } },
        required: ['input'],
        additionalProperties: false,
      },
    },
  }
}

function grammarInWords(format: ToolSpec['format']): string {
  if (typeof format?.definition !== 'string') return ''
  const syntax = typeof format.syntax === 'string' ? `${format.syntax} ` : ''
  return `The input must follow this ${syntax}grammar:\n${format.definition}`
}

/** Undefined: the client left it open, or asked for a tool that there is no word for. */
export function chatChoice(choice: Choice | null | undefined, losses: Losses): ToolChoice | undefined {
  if (choice == null) return undefined
  if (typeof choice === 'string') return choice
  const { type, name = '', namespace, mode = 'auto', tools = [] } = choice
  if (type === 'function' || type === 'custom')
    return { type: 'function', function: { name: chatName(name, namespace) } }
  if (type === 'allowed_tools') {
    const named = tools.filter(
      (each) => each.name !== undefined && (each.type === 'function' || each.type === 'custom'),
    )
    const allowed = named.map((each) => ({
      type: 'function',
      function: { name: chatName(each.name ?? '', each.namespace) },
    }))
    if (allowed.length > 0) return { type: 'allowed_tools', allowed_tools: { mode, tools: allowed } }
    losses.refuse("No target of this request has one of the tools that 'tool_choice' allows.", 'tool_choice.tools')
    return undefined
  }
  losses.refuse(`No target of this request knows a tool_choice of the type '${type}'.`, 'tool_choice.type')
  return undefined
}
