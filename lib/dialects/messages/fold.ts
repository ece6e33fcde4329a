import { nativeOf } from '../../chunk.ts'
import type { Chunk } from '../../types/chunk.ts'
import type { AnswerFold } from '../dialect.ts'
import type { Citation } from './citations.ts'
import { type ContentEvent, type ContentEvents, contentEvents, type StartedBlock } from './content-events.ts'
import { emptyMessage } from './message.ts'
import { inputOf, type NativeMessage, nativeMessage } from './native-message.ts'
import { endingOf, stopOf } from './stop.ts'
import { estimatedUsage, messageUsage } from './usage.ts'

/** Folds an answer into one `message`. `inputTokens`: an estimate, where the target counts nothing. */
export function messageFold(inputTokens: () => number): AnswerFold {
  const blocks: FoldedBlock[] = []
  const ending: Chunk[] = []
  let first: Chunk | undefined
  let events: ContentEvents | undefined
  let tier: string | undefined
  let native: NativeMessage | undefined

  return {
    add(chunk) {
      const natives = nativeOf(chunk)
      if (natives !== undefined) {
        native ??= nativeMessage()
        for (const event of natives) native.add(event)
        return
      }
      first ??= chunk
      events ??= contentEvents(chunk.model)
      tier = chunk.service_tier ?? tier
      for (const { index, delta, finish_reason } of chunk.choices) {
        if (index === 0) for (const event of events.add(delta)) fold(blocks, event)
        if (finish_reason !== null) ending.push(chunk)
      }
      if (chunk.usage != null) ending.push(chunk)
    },
    result() {
      if (native !== undefined) return native.result()
      if (first === undefined || events === undefined) throw new Error('there is no chunk to fold')
      for (const event of events.close()) fold(blocks, event)
      const { finish, usage = estimatedUsage(inputTokens()) } = endingOf(ending)
      return {
        ...emptyMessage(first, messageUsage(usage, tier)),
        content: blocks.map(wholeBlock),
        ...stopOf(finish, events.refused()),
      }
    },
  }
}

/** A block as it grows. */
type FoldedBlock =
  | { type: 'text'; text: string; citations: Citation[] | null }
  | { type: 'thinking'; thinking: string; signature: string }
  | (Omit<Extract<StartedBlock, { type: 'tool_use' }>, 'input'> & { json: string })

function fold(blocks: FoldedBlock[], event: ContentEvent): void {
  if (event.type === 'content_block_start') blocks.push(startedBlock(event.content_block))
  const block = blocks.at(-1)
  if (event.type === 'content_block_delta' && block !== undefined) grow(block, event.delta)
}

function startedBlock(block: StartedBlock): FoldedBlock {
  if (block.type === 'text') return { ...block, citations: null }
  if (block.type === 'thinking') return { ...block }
  const { input: _, ...call } = block
  return { ...call, json: '' }
}

function grow(block: FoldedBlock, delta: Extract<ContentEvent, { type: 'content_block_delta' }>['delta']): void {
  if (block.type === 'tool_use') {
    if (delta.type === 'input_json_delta') block.json += delta.partial_json
  } else if (block.type === 'thinking') {
    if (delta.type === 'thinking_delta') block.thinking += delta.thinking
    if (delta.type === 'signature_delta') block.signature = delta.signature
  } else {
    if (delta.type === 'text_delta') block.text += delta.text
    if (delta.type !== 'citations_delta') return
    block.citations ??= []
    block.citations.push(delta.citation)
  }
}

function wholeBlock(block: FoldedBlock): unknown {
  if (block.type !== 'tool_use') return block
  const { json, ...call } = block
  return { ...call, input: inputOf(json) }
}
