import type { Chunk } from '../../types/chunk.ts'
import type { StartedBlock } from './content-events.ts'
import type { Stop } from './stop.ts'
import type { MessageUsage } from './usage.ts'

/** Anthropic's `message`. Source: @anthropic-ai/sdk `Message`. */
export interface Message<Block = unknown> extends Stop {
  id: string
  type: 'message'
  role: 'assistant'
  model: string
  content: Block[]
  container: null
  usage: MessageUsage
}

export function emptyMessage({ id, model }: Chunk, usage: MessageUsage): Message<StartedBlock> {
  return {
    id: messageId(id),
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    usage,
  }
}

/** Anthropic's own id, or one that looks like it. */
function messageId(id: string): string {
  const own = id.replace(/^chatcmpl-/, '')
  return own.startsWith('msg_') ? own : `msg_${own}`
}
