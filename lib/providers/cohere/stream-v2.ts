import { parseJson } from '../../errors.ts'
import type { ChunkInit, Decoder, ToolCallDelta, WireEvent } from '../../types/provider.ts'
import { count, type Json, list, object, text } from '../json.ts'
import { cited } from './citations.ts'
import { ending } from './ending.ts'
import { throwIfError } from './errors.ts'

function* decode({ event: name, data }: WireEvent): Iterable<ChunkInit> {
  if (data.trim() === '[DONE]') return
  const event = object(parseJson(data))
  throwIfError(name, event)
  const delta = object(event.delta)
  const message = object(delta.message)

  switch (event.type ?? name) {
    case 'message-start':
      yield { id: text(event.id) }
      return
    case 'content-start':
    case 'content-delta': {
      // Blocks have a type only at their start: the key says whether it is thinking or text.
      const block = object(message.content)
      yield { reasoning: text(block.thinking), content: text(block.text) }
      if (event.logprobs !== undefined) yield { vendor: { choice: { cohere_logprobs: event.logprobs } } }
      return
    }
    case 'tool-plan-delta':
      yield { reasoning: text(message.tool_plan) }
      return
    case 'tool-call-start':
    case 'tool-call-delta':
      yield { toolCalls: [toolCall(event.index, object(message.tool_calls))] }
      return
    case 'citation-start': {
      const citation = object(message.citations)
      yield cited(citation, list(citation.sources).map(documentOf))
      return
    }
    case 'message-end':
      yield ending(delta, object(delta.usage))
      return
  }
}

/**
 * Reads one event of a v2 stream; there is nothing to remember between events. The stream ends with `message-end`; the
 * `[DONE]` that may follow says nothing more. The plan that comes before tool calls goes out as reasoning.
 *
 * Source: cohere-ai 8.1.0 `V2ChatStreamResponse`.
 */
export const decodeV2: Decoder = Object.assign(decode, { plainText: { path: ['delta', 'message', 'content', 'text'] } })

function toolCall(index: unknown, call: Json): ToolCallDelta {
  const called = object(call.function)
  return { key: count(index) ?? 0, id: text(call.id), name: text(called.name), arguments: text(called.arguments) }
}

function documentOf(source: unknown): Json {
  const { document, tool_output } = object(source)
  return object(document ?? tool_output)
}
