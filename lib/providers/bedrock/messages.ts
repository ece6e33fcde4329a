import type { AssistantMessage, ChatRequest, ToolCall, ToolMessage, UserPart } from '../../types/chat.ts'
import { thinkingTrace } from '../anthropic/thinking-trace.ts'
import type { ThinkingBlock } from '../anthropic/wire.ts'
import { withMarkOnPart } from '../cache-marks.ts'
import { argumentsObject, textParts, turns } from '../content.ts'
import { assistantText } from '../openai/tools.ts'
import { type Block, type CachePoint, partTranslator, type ReasoningBlock, textBlocks } from './blocks.ts'
import { cachePoint, takesCachePoints } from './cache-points.ts'
import type { Family } from './models.ts'

export type SystemBlock = { text: string } | CachePoint

export interface ConverseMessage {
  role: 'user' | 'assistant'
  content: Block[]
}

interface ConversationOptions {
  family: Family
  /** Whether thinking goes back in front of the calls that it led to. */
  replayThinking: boolean
}

/** The conversation as Converse wants it: system texts apart, turns that alternate, tool results in one user turn. */
export function conversation(
  messages: ChatRequest['messages'],
  options: ConversationOptions,
): { system: SystemBlock[]; messages: ConverseMessage[] } {
  const system: SystemBlock[] = []
  const list: ConverseMessage[] = []
  const translate = partTranslator()
  const caches = takesCachePoints(options.family)

  // A point must follow something.
  const cached = <T extends Block>(blocks: T[], part: UserPart) =>
    caches && blocks.length > 0 ? [...blocks, ...cachePoint(part)] : blocks

  const said = (content: string | UserPart[]): Block[] => {
    if (typeof content === 'string') return textBlocks(content)
    return content.flatMap((part) => cached(translate(part), part))
  }

  const add = (role: ConverseMessage['role'], content: Block[]) => {
    const last = list.at(-1)
    if (last?.role === role) last.content.push(...content)
    else if (content.length > 0) list.push({ role, content })
  }

  const marks = (message: AssistantMessage | ToolMessage): CachePoint[] => {
    const { content } = message
    const marked = Array.isArray(content) && content.length > 0 ? content : [message]
    return caches ? marked.flatMap((part) => cachePoint(part)).slice(-1) : []
  }

  const result = (message: ToolMessage): Block[] => {
    const output = said(message.content).filter((block) => 'text' in block || 'image' in block || 'document' in block)
    // A result needs content, and blank text is refused here too.
    const given = output.length > 0 ? output : [{ text: '(no output)' }]
    return [{ toolResult: { toolUseId: message.tool_call_id, content: given } }, ...marks(message)]
  }

  for (const turn of turns(messages.map(withMarkOnPart))) {
    if ('tool' in turn) add('user', turn.tool.flatMap(result))
    else if (turn.message.role === 'user') add('user', besideDocuments(said(turn.message.content)))
    else if (turn.message.role === 'assistant')
      add('assistant', [...assistant(turn.message, options), ...marks(turn.message)])
    else system.push(...textParts(turn.message.content).flatMap((part) => cached(textBlocks(part.text), part)))
  }
  trimPrefill(list)
  return { system, messages: list }
}

/** Text first, calls last; each call's thinking where it stood. */
function assistant(message: AssistantMessage, options: ConversationOptions): Block[] {
  let text = assistantText(message)
  const blocks: Block[] = []
  for (const call of message.tool_calls ?? []) {
    for (const step of options.replayThinking ? thinkingTrace(call.state) : []) {
      if (typeof step === 'number') {
        blocks.push(...textBlocks(text.slice(0, step)))
        text = text.slice(step)
      } else {
        blocks.push(reasoning(step))
      }
    }
    blocks.push(...textBlocks(text), { toolUse: toolUse(call) })
    text = ''
  }
  return [...blocks, ...textBlocks(text)]
}

function reasoning(block: ThinkingBlock): ReasoningBlock {
  if (block.type === 'redacted_thinking') {
    return { reasoningContent: { redactedContent: Buffer.from(block.data, 'latin1').toString('base64') } }
  }
  return { reasoningContent: { reasoningText: { text: block.thinking, signature: block.signature } } }
}

function toolUse({ id: toolUseId, function: called, custom }: ToolCall) {
  if (called === undefined) return { toolUseId, name: custom?.name ?? '', input: { input: custom?.input } }
  return { toolUseId, name: called.name, input: argumentsObject(called.arguments) }
}

/** A document needs a text beside it. */
function besideDocuments(blocks: Block[]): Block[] {
  const needsText = blocks.some((block) => 'document' in block) && !blocks.some((block) => 'text' in block)
  return needsText ? [...blocks, { text: 'See the document.' }] : blocks
}

/** An answer to be continued may not end in white space. */
function trimPrefill(messages: ConverseMessage[]): void {
  const last = messages.at(-1)
  const end = last?.role === 'assistant' ? last.content.at(-1) : undefined
  if (end !== undefined && 'text' in end) end.text = end.text.trimEnd()
}
