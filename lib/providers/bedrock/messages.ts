import type { AssistantMessage, ChatRequest, ToolCall, ToolMessage, UserPart } from '../../types/chat.ts'
import { thinkingTrace } from '../anthropic/thinking-trace.ts'
import type { ThinkingBlock } from '../anthropic/wire.ts'
import { argumentsObject, textOf, textParts, turns } from '../content.ts'
import { shortId } from '../openai/ids.ts'
import { assistantText } from '../openai/tools.ts'
import { type Block, type CachePoint, partTranslator, type ReasoningBlock, textBlocks } from './blocks.ts'
import type { Family } from './models.ts'

type SystemBlock = { text: string } | CachePoint

export interface ConverseMessage {
  role: 'user' | 'assistant'
  content: Block[]
}

interface ConversationOptions {
  family: Family
  /** Without tools Converse refuses calls and results: results then stay as plain text, calls are left out. */
  tools: boolean
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
  const caches = ['claude', 'nova', 'nova-2'].includes(options.family)
  const callId = options.family.startsWith('mistral') ? nineLetters : plainId

  const cached = <T extends Block>(blocks: T[], part: UserPart) => [...blocks, ...(caches ? cachePoint(part) : [])]

  const said = (content: string | UserPart[]): Block[] => {
    if (typeof content === 'string') return textBlocks(content)
    return content.flatMap((part) => cached(translate(part), part))
  }

  const add = (role: ConverseMessage['role'], content: Block[]) => {
    const last = list.at(-1)
    if (last?.role === role) last.content.push(...content)
    else if (content.length > 0) list.push({ role, content })
  }

  const result = (message: ToolMessage): Block[] => {
    const content = textBlocks(textOf(message.content))
    if (!options.tools) return content
    // A result needs content, and blank text is refused here too.
    const output = content.length > 0 ? content : [{ text: '(no output)' }]
    return [{ toolResult: { toolUseId: callId(message.tool_call_id), content: output } }]
  }

  for (const turn of turns(messages)) {
    if ('tool' in turn) add('user', turn.tool.flatMap(result))
    else if (turn.message.role === 'user') add('user', besideDocuments(said(turn.message.content)))
    else if (turn.message.role === 'assistant') add('assistant', assistant(turn.message, options, callId))
    else system.push(...textParts(turn.message.content).flatMap((part) => cached(textBlocks(part.text), part)))
  }
  trimPrefill(list)
  return { system, messages: list }
}

/** Text first, calls last; each call's thinking where it stood. */
function assistant(message: AssistantMessage, options: ConversationOptions, callId: (id: string) => string): Block[] {
  let text = assistantText(message)
  if (!options.tools) return textBlocks(text)
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
    blocks.push(...textBlocks(text), { toolUse: toolUse(call, callId) })
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

function toolUse(call: ToolCall, callId: (id: string) => string) {
  const toolUseId = callId(call.id)
  const { function: called, custom } = call
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

/** `prompt_cache_breakpoint` in Converse's terms. */
function cachePoint(part: UserPart): CachePoint[] {
  if (!('prompt_cache_breakpoint' in part) || part.prompt_cache_breakpoint == null) return []
  const { ttl } = part.prompt_cache_breakpoint
  return [{ cachePoint: { type: 'default', ...(ttl === '5m' || ttl === '1h' ? { ttl } : {}) } }]
}

/** Ids that other providers made may hold what Converse refuses, or be too long; cut, two of them could be one. */
function plainId(id: string): string {
  return id.length > LONGEST_ID ? shortId(id, 32) : id.replace(/[^A-Za-z0-9_-]/g, '_')
}

const LONGEST_ID = 64

/** Mistral's models take no other ids. */
function nineLetters(id: string): string {
  return /^[A-Za-z0-9]{9}$/.test(id) ? id : shortId(id, 9)
}
