import type { IncomingHttpHeaders } from 'node:http'
import { ownCallId } from '../../transforms/call-id.ts'
import type { NativeRequest } from '../../types/provider.ts'
import { isOurCitation } from './citations.ts'
import { isOwnSignature } from './signature.ts'
import type { Block, MessageParam, MessagesRequest, TextBlock } from './wire.ts'

/** The client's headers that are a part of the dialect. */
const HEADERS = ['anthropic-version', 'anthropic-beta'] as const

/**
 * The request as the client wrote it, but for what we wrote into its history: thoughts and citations of other makers' models, and
 * states in the ids of calls. Undefined if it cannot go so. `body` is checked.
 */
export function nativeRequest(body: unknown, headers: IncomingHttpHeaders): NativeRequest | undefined {
  const given = body as MessagesRequest
  const own = given.messages.map(withoutOurs)
  const thoughtless = own.some(({ thoughts }) => thoughts > 0)
  // With a budget, a turn of calls must begin with a thought.
  if (thoughtless && given.thinking?.type === 'enabled') return undefined
  const messages = own.map(({ message }) => message)
  // Anthropic refuses the ids of servers that count calls from zero in each turn. Translated, they are numbered.
  if (hasRepeatedCalls(messages)) return undefined
  return {
    dialect: 'messages',
    asked: given.model,
    body: Object.freeze({ ...given, messages: messages.filter(({ content }) => content.length > 0) }),
    headers: Object.fromEntries(
      HEADERS.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])),
    ),
  }
}

function hasRepeatedCalls(messages: readonly MessageParam[]): boolean {
  const blocks = messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content))
  const ids = blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))
  return new Set(ids).size < ids.length
}

/** The same message if there is nothing of ours in it; and how many thoughts it lost. */
function withoutOurs(message: MessageParam): { message: MessageParam; thoughts: number } {
  const { content } = message
  if (typeof content === 'string' || !content.some(isOurs)) return { message, thoughts: 0 }
  const kept = content.filter((block) => !isOurThought(block))
  return { message: { ...message, content: kept.map(asTheirs) }, thoughts: content.length - kept.length }
}

function isOurs(block: Block): boolean {
  return isOurThought(block) || asTheirs(block) !== block
}

function isOurThought(block: Block): boolean {
  return block.type === 'thinking' && typeof block.signature === 'string' && isOwnSignature(block.signature)
}

/** The block without what we wrote into it, or the same. */
function asTheirs(block: Block): Block {
  if (block.type === 'text') return withOwnCitations(block)
  if (block.type === 'tool_use') {
    const id = idOfCall(block.id)
    return id === block.id ? block : { ...block, id }
  }
  if (block.type !== 'tool_result') return block
  const tool_use_id = idOfCall(block.tool_use_id)
  return tool_use_id === block.tool_use_id ? block : { ...block, tool_use_id }
}

/** Ids that other makers' models gave may hold characters that Anthropic refuses. */
function idOfCall(packed: string): string {
  return ownCallId(packed).replace(/[^a-zA-Z0-9_-]/g, '_')
}

function withOwnCitations(block: TextBlock): TextBlock {
  if (!Array.isArray(block.citations) || !block.citations.some(isOurCitation)) return block
  const { citations: _, ...uncited } = block
  const own = block.citations.filter((each) => !isOurCitation(each))
  return own.length > 0 ? { ...uncited, citations: own } : uncited
}
