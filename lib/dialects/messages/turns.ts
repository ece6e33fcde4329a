import { RequestError } from '../../errors.ts'
import { ownCallId } from '../../transforms/call-id.ts'
import type { AssistantMessage, Message, TextPart, ToolCall, ToolMessage } from '../../types/chat.ts'
import { callIds } from '../call-ids.ts'
import { contentOf, mark, type Part, partsOf, text } from './blocks.ts'
import { serverBlockText } from './server-blocks.ts'
import { isOwnSignature } from './signature.ts'
import type { Block, MessageParam, TextBlock, ThinkingBlock, ToolResultBlock, ToolUseBlock } from './wire.ts'

/** Claude Code's first block of instructions, which is for Anthropic's bill alone. */
const BILLING = 'x-anthropic-billing-header:'

/** Instructions in front of all turns. */
export function systemMessages(system: string | readonly TextBlock[]): Message[] {
  const blocks = typeof system === 'string' ? [text(system)] : system.map((block) => text(block.text, block))
  const spoken = blocks.filter((block) => block.text !== '' && !block.text.startsWith(BILLING))
  return spoken.length > 0 ? [{ role: 'system', content: contentOf(spoken) }] : []
}

/** Turns as chat messages. `lose` hears of each block that has no form there, by its type. */
export function chatMessages(turns: readonly MessageParam[], lose: (type: string) => void): Message[] {
  const unpacked = callIds()
  return turns.flatMap(({ role, content }): Message[] => {
    const blocks: Block[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
    if (role === 'user') return userMessages(blocks, lose)
    if (role === 'assistant') return assistantMessage(blocks, unpacked, lose)
    return systemMessages(blocks.filter((block) => isText(block, lose)))
  })
}

/** Instructions are text alone. */
function isText(block: Block, lose: (type: string) => void): block is TextBlock {
  if (block.type !== 'text') lose(block.type)
  return block.type === 'text'
}

/** Results come first, in messages of their own. */
function userMessages(blocks: readonly Block[], lose: (type: string) => void): Message[] {
  const results: ToolMessage[] = []
  const parts: Part[] = []
  for (const block of blocks) {
    if (block.type === 'tool_result') results.push(toolMessage(block, lose))
    else parts.push(...knownParts(block, lose))
  }
  return parts.length > 0 ? [...results, { role: 'user', content: contentOf(parts) }] : results
}

function knownParts(block: Block, lose: (type: string) => void): Part[] {
  switch (block.type) {
    case 'text':
    case 'image':
    case 'document':
    case 'search_result':
    case 'tool_reference':
      return partsOf(block)
    default:
      return otherText(block, lose)
  }
}

function otherText(block: { type: string }, lose: (type: string) => void): TextPart[] {
  const texts = serverBlockText(block)
  if (texts === undefined) lose(block.type)
  return texts ?? []
}

function toolMessage(block: ToolResultBlock, lose: (type: string) => void): ToolMessage {
  const { tool_use_id, content, is_error } = block
  const parts =
    typeof content === 'string' ? [text(content)] : (content ?? []).flatMap((part) => knownParts(part, lose))
  const failed = is_error ? markedAsError(parts) : parts
  const last = failed.length - 1
  const marked = failed.map((part, index) => (index === last ? { ...part, ...mark(block) } : part))
  // OpenAI refuses a result of no parts.
  return { role: 'tool', tool_call_id: ownCallId(tool_use_id), content: marked.length > 0 ? contentOf(marked) : '' }
}

function markedAsError(parts: ReturnType<typeof partsOf>): ReturnType<typeof partsOf> {
  const [first, ...others] = parts
  if (first?.type === 'text') return [{ ...first, text: `Error: ${first.text}` }, ...others]
  return [text('Error:'), ...parts]
}

function assistantMessage(
  blocks: readonly Block[],
  unpacked: ReturnType<typeof callIds>,
  lose: (type: string) => void,
): Message[] {
  const content: TextPart[] = []
  const calls: ToolCall[] = []
  let reasoning = ''
  for (const block of blocks) {
    switch (block.type) {
      case 'text':
        content.push(text(block.text, block))
        break
      case 'tool_use':
        calls.push(toolCall(block, unpacked))
        break
      case 'thinking':
        reasoning += ownThinking(block)
        break
      default:
        content.push(...otherText(block, lose))
    }
  }
  if (content.length === 0 && calls.length === 0 && reasoning === '') return []
  const message: AssistantMessage = { role: 'assistant', content: content.length > 0 ? contentOf(content) : null }
  if (calls.length > 0) message.tool_calls = calls
  if (reasoning !== '') message.reasoning_content = reasoning
  return [message]
}

function toolCall({ id, name, input }: ToolUseBlock, unpacked: ReturnType<typeof callIds>): ToolCall {
  return { type: 'function', function: { name, arguments: jsonOf(input) }, ...unpacked(id) }
}

function jsonOf(input: Record<string, unknown>): string {
  try {
    return JSON.stringify(input)
  } catch {
    throw new RequestError("The 'input' of a tool_use block nests too deep.", { param: 'messages' })
  }
}

/** Thinking that Anthropic signed is for Claude alone. */
function ownThinking({ thinking, signature }: ThinkingBlock): string {
  return !signature || isOwnSignature(signature) ? thinking : ''
}
