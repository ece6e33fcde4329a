import { apiError, inBandFailure } from '../../../errors.ts'
import { type Json, object, text } from '../../json.ts'

/** What becomes of an item of a response in a chat. */
export type ItemKind =
  | 'message'
  | 'reasoning'
  /** A call for the client to answer: of a function or a custom tool; for a client of this API, of any tool that it runs. */
  | 'call'
  /** A step of a tool that OpenAI ran itself; nothing of it is the client's. */
  | 'own step'

const KINDS: Readonly<Record<string, ItemKind>> = {
  message: 'message',
  reasoning: 'reasoning',
  function_call: 'call',
  custom_tool_call: 'call',
}

/** Items that wait for an answer that a chat client cannot give. Source: openai 7.57, `ResponseOutputItem`. */
const UNANSWERABLE: ReadonlySet<string> = new Set([
  ...['computer_call', 'local_shell_call', 'apply_patch_call', 'mcp_approval_request'],
])

/** What the client of an answer speaks. */
export type ItemClient = 'chat' | 'responses'

/** The kind of an item. Throws an `in-band` UpstreamError for one that ends the turn and that a client of chat cannot answer. */
export function itemKind(item: Json, client: ItemClient = 'chat'): ItemKind {
  const type = text(item.type)
  const isLocalShell = type === 'shell_call' && object(item.environment).type === 'local'
  const isLocalSearch = type === 'tool_search_call' && item.execution === 'client'
  if (UNANSWERABLE.has(type) || isLocalShell || isLocalSearch) {
    if (client === 'responses') return 'call'
    const message = `The model asks for a '${type}', which a client of Chat Completions cannot answer.`
    throw inBandFailure(apiError(400, message, { param: 'tools', code: 'unsupported_value' }))
  }
  return Object.hasOwn(KINDS, type) ? (KINDS[type] ?? 'own step') : 'own step'
}
