import assert from 'node:assert/strict'
import type { MessageCreateParamsStreaming } from '@anthropic-ai/sdk/resources/messages'
import { fitForAnthropic } from '../../lib/providers/anthropic/fit.ts'
import { anthropicBody } from '../../lib/providers/anthropic/request.ts'
import { anthropicDecoder } from '../../lib/providers/anthropic/stream.ts'
import type { MessagesBody } from '../../lib/providers/anthropic/wire.ts'
import type { ChatRequest, Message, Tool } from '../../lib/types/chat.ts'
import type { ChunkInit } from '../../lib/types/provider.ts'

export const HI: Message[] = [{ role: 'user', content: 'Hi' }]

/** Old enough to take sampling, new enough to take schemas; thinks with a budget. */
export const BUDGET = 'claude-haiku-4-5'
export const ADAPTIVE = 'claude-opus-4-8'
/** No native schema. */
export const PLAIN = 'claude-sonnet-4-20250514'
/** Refuses a forced tool choice, and binds its thinking to the tools. */
export const NEWEST = 'claude-opus-5-5'

export function body(request: Partial<ChatRequest>, version = '2023-06-01'): MessagesBody {
  const fit = fitForAnthropic(deepFreeze({ model: BUDGET, messages: HI, ...request }))
  const built = anthropicBody(fit.request, { version })
  // The official SDK takes what we build.
  const params: MessageCreateParamsStreaming = built
  assert.equal(params.stream, true)
  return built
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze)
  return value
}

export function tool(name: string, parameters?: Record<string, unknown>, strict?: boolean): Tool {
  return { type: 'function', function: { name, ...(parameters && { parameters }), ...(strict && { strict }) } }
}

export function calls(...ids: string[]) {
  return ids.map((id) => ({ id, type: 'function' as const, function: { name: 'f', arguments: '{}' } }))
}

export function call(...ids: string[]): Message {
  return { role: 'assistant', content: null, tool_calls: calls(...ids) }
}

export const REQUEST: ChatRequest = { model: 'claude-sonnet-4-5', messages: [] }
type Event = { type?: string; [field: string]: unknown }

/** Everything the decoder yields. */
export function decode(events: unknown[], request = REQUEST): ChunkInit[] {
  const decoder = anthropicDecoder(request, { strict: true })
  return events.flatMap((event) => [
    ...decoder.decode({
      event: (event as Event | null)?.type,
      data: typeof event === 'string' ? event : JSON.stringify(event),
    }),
  ])
}

export const start = (message: object = {}): Event => ({
  type: 'message_start',
  message: {
    id: 'msg_1',
    model: 'claude-sonnet-4-5',
    content: [],
    usage: { input_tokens: 12, output_tokens: 1 },
    ...message,
  },
})
export const ping: Event = { type: 'ping' }
export const open = (index: number, content_block: unknown): Event => ({
  type: 'content_block_start',
  index,
  content_block,
})
export const delta = (index: number, change: unknown): Event => ({ type: 'content_block_delta', index, delta: change })
export const close = (index: number): Event => ({ type: 'content_block_stop', index })
export const finish = (stop_reason: string | null, usage?: object, more?: object): Event => ({
  type: 'message_delta',
  delta: { stop_reason, ...more },
  usage: { output_tokens: 30, ...usage },
})
export const stop: Event = { type: 'message_stop' }

export const textBlock = (index: number, ...pieces: string[]) => [
  open(index, { type: 'text', text: '' }),
  ...pieces.map((piece) => delta(index, { type: 'text_delta', text: piece })),
  close(index),
]
export const thoughtBlock = (index: number, thinking: string, signature: string) => [
  open(index, { type: 'thinking', thinking: '', signature: '' }),
  delta(index, { type: 'thinking_delta', thinking }),
  delta(index, { type: 'signature_delta', signature }),
  close(index),
]
export const block = (index: number, type: string, name: string, ...pieces: string[]) => [
  open(index, { type, id: `id_${index}`, name, input: {} }),
  ...pieces.map((partial_json) => delta(index, { type: 'input_json_delta', partial_json })),
  close(index),
]
export const callBlock = (index: number, ...pieces: string[]) => block(index, 'tool_use', `f${index}`, ...pieces)

/** The story without its totals. */
export function story(events: unknown[], request?: ChatRequest): ChunkInit[] {
  return decode(events, request)
    .map(({ id, model, usage, service_tier, ...rest }) => rest)
    .filter((init) => Object.keys(init).length > 0)
}
