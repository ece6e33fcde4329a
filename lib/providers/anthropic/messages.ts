import { RequestError } from '../../errors.ts'
import type {
  AssistantMessage,
  Message,
  SystemMessage,
  TextPart,
  ToolCall,
  ToolMessage,
  UserPart,
} from '../../types/chat.ts'
import { withMarkOnPart } from '../cache-marks.ts'
import { argumentsObject, textOf, textParts } from '../content.ts'
import { cacheControl } from './cache-control.ts'
import { partBlock, textBlock } from './parts.ts'
import { thinkingTrace } from './thinking-trace.ts'
import type {
  AssistantBlock,
  CacheControl,
  MessageParam,
  TextBlock,
  ToolResultBlock,
  ToolUseBlock,
  UserBlock,
} from './wire.ts'

export interface ConversationOptions {
  /** Whether `messages` may hold turns of role `system`. */
  systemTurns: boolean
  /** Whether thinking blocks go back in front of the tool calls that carry them. */
  replayThinking: boolean
}

/** The messages as Anthropic's turns: roles alternate, tool results come first, a prefill has no trailing blanks. */
export function conversation(
  messages: readonly Message[],
  { systemTurns, replayThinking }: ConversationOptions,
): { system: TextBlock[]; messages: MessageParam[] } {
  const system: TextBlock[] = []
  const turns: MessageParam[] = []
  let waiting: TextBlock[] = []

  // A system turn must follow a user turn, and end the list or precede an assistant's turn.
  const placeWaiting = () => {
    if (waiting.length === 0 || turns.at(-1)?.role !== 'user') return
    turns.push({ role: 'system', content: waiting })
    waiting = []
  }

  const addUser = (blocks: UserBlock[]) => {
    const last = turns.at(-1)
    if (last?.role === 'user') last.content.push(...blocks)
    else if (blocks.length > 0) turns.push({ role: 'user', content: blocks })
  }

  const addAssistant = (blocks: AssistantBlock[]) => {
    if (blocks.length === 0) return
    placeWaiting()
    const last = turns.at(-1)
    if (last?.role === 'assistant') last.content.push(...blocks)
    else turns.push({ role: 'assistant', content: blocks })
  }

  for (const message of messages.map(withMarkOnPart)) {
    switch (message.role) {
      case 'user':
        addUser(partsOf(message.content).flatMap(partBlock))
        break
      case 'tool':
        addUser([toolResult(message)])
        break
      case 'assistant':
        addAssistant(assistantBlocks(message, replayThinking))
        break
      default:
        if (systemTurns && turns.length > 0) waiting.push(...systemBlocks(message))
        else system.push(...systemBlocks(message))
    }
  }
  placeWaiting()
  system.push(...waiting)

  for (const turn of turns) {
    if (turn.role === 'user') turn.content.sort((a, b) => Number(isResult(b)) - Number(isResult(a)))
  }
  trimPrefill(turns)
  return { system, messages: turns }
}

function isResult({ type }: UserBlock): boolean {
  return type === 'tool_result'
}

function partsOf<Part extends UserPart>(content: string | readonly Part[]): readonly (Part | TextPart)[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}

function systemBlocks({ content }: SystemMessage): TextBlock[] {
  return textParts(content).flatMap((part) => textBlock(part.text, cacheControl(part)))
}

function toolResult(message: ToolMessage): ToolResultBlock {
  const { tool_call_id, content } = message
  const blocks = partsOf(content).flatMap((part) => partBlock(part))
  // A breakpoint in any part is one behind the whole result.
  const { cache_control: cache } = blocks.findLast(isMarked) ?? cacheControl(message)
  return {
    type: 'tool_result',
    tool_use_id: tool_call_id,
    ...(blocks.length > 0 && { content: blocks.map(({ cache_control: _, ...block }) => block) }),
    ...(cache && { cache_control: cache }),
  }
}

/** Text first, tool calls last; each call's thinking where it stood. */
function assistantBlocks(message: AssistantMessage, replayThinking: boolean): AssistantBlock[] {
  let text = assistantText(message)
  const blocks: AssistantBlock[] = []
  for (const call of message.tool_calls ?? []) {
    for (const step of replayThinking ? thinkingTrace(call.state) : []) {
      if (typeof step === 'number') {
        const whole = text.map((block) => block.text).join('')
        blocks.push(...textBlock(whole.slice(0, step)))
        text = textBlock(whole.slice(step))
      } else {
        blocks.push(step)
      }
    }
    blocks.push(...text, toolUse(call))
    text = []
  }
  return withMark([...blocks, ...text], message)
}

/** The mark of a message whose words bear none: it has no words, or they lost it among thoughts. */
function withMark(blocks: AssistantBlock[], message: AssistantMessage): AssistantBlock[] {
  const last = blocks.at(-1)
  if (last === undefined || blocks.some(isMarked)) return blocks
  return [...blocks.slice(0, -1), { ...last, ...cacheControl(message) }]
}

function isMarked(block: object): block is { cache_control: CacheControl } {
  return 'cache_control' in block
}

function assistantText({ content, refusal }: AssistantMessage): TextBlock[] {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : (content ?? [])
  const blocks = parts.flatMap((part) =>
    part.type === 'refusal' ? textBlock(part.refusal) : textBlock(textOf([part]), cacheControl(part)),
  )
  return [...blocks, ...textBlock(refusal ?? '')]
}

function toolUse({ id, function: called }: ToolCall): ToolUseBlock {
  if (called === undefined)
    throw new RequestError('Anthropic has no custom tools.', { param: 'messages', code: 'unsupported_value' })
  return { type: 'tool_use', id, name: called.name, input: argumentsObject(called.arguments) }
}

function trimPrefill(turns: MessageParam[]): void {
  const last = turns.at(-1)
  const block = last?.role === 'assistant' ? last.content.at(-1) : undefined
  if (block?.type === 'text') block.text = block.text.trimEnd()
}
