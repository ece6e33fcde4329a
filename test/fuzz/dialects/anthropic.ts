import type { Answer } from '../answers.ts'
import type { Random } from '../random.ts'
import { type Dialect, partsOf, sse } from './dialect.ts'

/** Anthropic's events, also those inside Bedrock's frames. */
export function anthropicEvents(answer: Answer, random: Random): { type: string }[] {
  const events: { type: string; [field: string]: unknown }[] = [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude',
        content: [],
        usage: { input_tokens: 3 },
      },
    },
  ]
  let index = -1
  let open: string | undefined
  const close = () => {
    if (open !== undefined) events.push({ type: 'content_block_stop', index })
    open = undefined
  }
  const block = (kind: string, content_block: unknown) => {
    if (open === kind) return
    close()
    open = kind
    index += 1
    events.push({ type: 'content_block_start', index, content_block })
  }
  const delta = (told: unknown) => events.push({ type: 'content_block_delta', index, delta: told })
  for (const part of partsOf(answer, random)) {
    if (random.chance(0.05)) events.push({ type: 'ping' })
    if ('text' in part) {
      block('text', { type: 'text', text: '' })
      delta({ type: 'text_delta', text: part.text })
    } else if ('reasoning' in part) {
      block('thinking', { type: 'thinking', thinking: '', signature: '' })
      delta({ type: 'thinking_delta', thinking: part.reasoning })
    } else {
      if (open === 'thinking') delta({ type: 'signature_delta', signature: 'c2ln' })
      block(part.id, { type: 'tool_use', id: part.id, name: part.call.name, input: {} })
      for (const text of part.fragments) delta({ type: 'input_json_delta', partial_json: text })
    }
  }
  close()
  const stop_reason = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' }[answer.finish]
  events.push({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 2 } })
  events.push({ type: 'message_stop' })
  return events
}

const anthropicError = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }

export function anthropic(model: string, prefill: boolean): Dialect {
  return {
    name: `anthropic ${model}`,
    native: 'messages',
    config: { provider: 'anthropic', override_params: { model } },
    prefill,
    tells: { reasoning: true, calls: true },
    contentType: 'text/event-stream; charset=utf-8',
    stream(answer, random) {
      const events = anthropicEvents(answer, random).map((event) => Buffer.from(sse(event, event.type)))
      return { events, finished: events.length - 1 }
    },
    error: Buffer.from(sse(anthropicError, 'error')),
    garbage: Buffer.from('\n\nevent: content_block_delta\ndata: {"type":"content_bl\n\n'),
  }
}

/** Its models on Vertex AI, which sends the same. */
export const vertexClaude: Dialect = {
  ...anthropic('claude-opus-4-7', false),
  name: 'vertex-ai claude',
  config: {
    ...{ provider: 'vertex-ai', vertex_project_id: 'p', vertex_region: 'r' },
    override_params: { model: 'claude-opus-4-7' },
  },
}
