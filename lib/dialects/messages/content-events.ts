import type { ChunkDelta, ChunkToolCall } from '../../types/chunk.ts'
import { type Citation, citationOf } from './citations.ts'
import { ownSignature } from './signature.ts'

/** An event of a message's content. Source: @anthropic-ai/sdk `RawMessageStreamEvent`. */
export type ContentEvent =
  | { type: 'content_block_start'; index: number; content_block: StartedBlock }
  | { type: 'content_block_delta'; index: number; delta: BlockDelta }
  | { type: 'content_block_stop'; index: number }

export type StartedBlock =
  | { type: 'text'; text: '' }
  | { type: 'thinking'; thinking: ''; signature: '' }
  | { type: 'tool_use'; id: string; name: string; input: Record<string, never>; caller: Caller }

/** Who calls: here always the model itself. Anthropic's schema demands it. */
interface Caller {
  type: 'direct'
}

export type BlockDelta =
  | { type: 'text_delta'; text: string }
  | { type: 'thinking_delta'; thinking: string }
  | { type: 'signature_delta'; signature: string }
  | { type: 'input_json_delta'; partial_json: string }
  | { type: 'citations_delta'; citation: Citation }

interface OpenBlock {
  /** A type of block; of a provider's own perhaps. */
  kind: string
  index: number
}

/** Makes blocks of the deltas of one answer: their indexes are dense, and one is open at a time. */
export interface ContentEvents {
  add(delta: ChunkDelta): ContentEvent[]
  /** The block that texts are being written to. */
  open(): OpenBlock | undefined
  /** The index of the next block. */
  next(): number
  /** An event of a provider's own was written: what comes of us follows it. */
  follow(event: { type: string; index?: number; content_block?: { type: string } }): void
  /** Ends the open block, if there is one. */
  close(): ContentEvent[]
  /** Whether the model refused in words of its own, which are text here. */
  refused(): boolean
}

/** `model`: what signs thoughts, as theirs. */
export function contentEvents(model: string): ContentEvents {
  let count = 0
  /** `key` tells a call from the next. */
  let open: (OpenBlock & { key: number }) | undefined
  let refused = false

  const change = (delta: BlockDelta): ContentEvent => ({ type: 'content_block_delta', index: count - 1, delta })

  const close = (): ContentEvent[] => {
    if (open === undefined) return []
    const { kind, index } = open
    open = undefined
    const signed = kind === 'thinking' ? [change({ type: 'signature_delta', signature: ownSignature(model) })] : []
    return [...signed, { type: 'content_block_stop', index }]
  }

  const begin = (block: StartedBlock, key = 0): ContentEvent[] => {
    if (open?.kind === block.type && open.key === key) return []
    const closed = close()
    open = { kind: block.type, index: count, key }
    count += 1
    return [...closed, { type: 'content_block_start', index: open.index, content_block: block }]
  }

  const write = (text: string | null | undefined): ContentEvent[] =>
    text ? [...begin({ type: 'text', text: '' }), change({ type: 'text_delta', text })] : []

  const think = (thinking: string | undefined): ContentEvent[] =>
    thinking
      ? [...begin({ type: 'thinking', thinking: '', signature: '' }), change({ type: 'thinking_delta', thinking })]
      : []

  const call = ({ index, id = '', function: called, custom }: ChunkToolCall): ContentEvent[] => {
    const name = called?.name ?? custom?.name ?? ''
    const json = called?.arguments ?? custom?.input
    const begun = begin({ type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } }, index)
    return json ? [...begun, change({ type: 'input_json_delta', partial_json: json })] : begun
  }

  return {
    add(delta) {
      refused ||= Boolean(delta.refusal)
      const spoken = [...think(delta.reasoning_content), ...write(delta.content), ...write(delta.refusal)]
      // Without a text there is nothing that they could stand in.
      const cited = open?.kind === 'text' || spoken.length > 0 ? (delta.annotations ?? []) : []
      return [
        ...spoken,
        ...cited.map((each) => change({ type: 'citations_delta', citation: citationOf(each) })),
        ...(delta.tool_calls ?? []).flatMap(call),
      ]
    },
    open: () => open,
    next: () => count,
    follow({ type, index = count, content_block: block }) {
      if (type === 'content_block_stop') open = undefined
      if (type !== 'content_block_start') return
      open = { kind: block?.type ?? '', index, key: 0 }
      count = index + 1
    },
    close,
    refused: () => refused,
  }
}
