import { parseJson } from '../../errors.ts'
import type { ChunkInit, Decoder, Endpoint, PlainText, ToolCallDelta, WireEvent } from '../../types/provider.ts'
import { isDoneMark } from '../done-mark.ts'
import { argumentText, count, isObject, type Json, list, object, objects, scalarText, text, words } from '../json.ts'
import { cited } from './citations.ts'
import { ending } from './ending.ts'
import { eventIn } from './errors.ts'

type Expected = Pick<Endpoint, 'finishReasons'>

/**
 * Reads a v2 stream, or the one answer that came in its place. The stream ends with `message-end`; the `[DONE]` that may follow
 * says nothing more. The plan that comes before tool calls goes out as reasoning.
 *
 * Source: cohere-ai 8.1.0 `V2ChatStreamResponse`.
 */
export function decoderV2(endpoint: Expected): Decoder {
  const keys = callKeys()
  return { decode: (event) => piecesIn(event, keys, endpoint), plainText: PLAIN_TEXT }
}

/** The keys of the calls: each start is a call of its own, whatever index it has, if any. */
function callKeys() {
  const byIndex = new Map<number | undefined, number>()
  let begun = 0
  return {
    begin(index: unknown): number {
      byIndex.set(count(index), begun)
      begun += 1
      return begun - 1
    },
    /** Of a piece: its index names a call, else it is the last one's. */
    of: (index: unknown): number => byIndex.get(count(index)) ?? begun - 1,
  }
}

type CallKeys = ReturnType<typeof callKeys>

function* piecesIn({ event: name, data }: WireEvent, keys: CallKeys, endpoint: Expected): Iterable<ChunkInit> {
  if (isDoneMark(data)) return
  const event = eventIn(name, parseJson(data))
  const delta = object(event.delta)
  const message = object(delta.message)

  switch (event.type ?? name) {
    case 'message-start':
      yield { id: text(event.id) }
      return
    case 'content-start':
    case 'content-delta':
      yield contentOf(message.content)
      if (event.logprobs !== undefined) yield { vendor: { choice: { cohere_logprobs: event.logprobs } } }
      return
    case 'tool-plan-delta':
      yield { reasoning: scalarText(message.tool_plan) ?? '' }
      return
    case 'tool-call-start':
      yield { toolCalls: [toolCall(keys.begin(event.index), object(message.tool_calls))] }
      return
    case 'tool-call-delta':
      yield { toolCalls: [toolCall(keys.of(event.index), object(message.tool_calls))] }
      return
    case 'citation-start':
      yield citation(object(message.citations))
      return
    case 'message-end':
      yield ending(delta, object(delta.usage), endpoint)
      return
    case undefined:
      if (isObject(event.message)) yield* whole(event, event.message, endpoint)
  }
}

function* whole(answer: Json, message: Json, endpoint: Expected): Iterable<ChunkInit> {
  yield { id: text(answer.id), reasoning: scalarText(message.tool_plan) ?? '' }
  yield* list(message.content).map(contentOf)
  yield { toolCalls: objects(message.tool_calls).map((call, key) => toolCall(key, call)) }
  yield* objects(message.citations).map(citation)
  yield ending(answer, object(answer.usage), endpoint)
}

/** Blocks have a type only at their start: the key says whether it is thinking or text. */
function contentOf(block: unknown): ChunkInit {
  if (!isObject(block)) return { content: words(block) }
  return { reasoning: scalarText(block.thinking) ?? '', content: words(block.text) }
}

function toolCall(key: number, call: Json): ToolCallDelta {
  const called = object(call.function)
  return {
    key,
    id: text(call.id),
    name: text(called.name),
    arguments: argumentText(called.arguments),
  }
}

function citation(source: Json): ChunkInit {
  return cited(source, list(source.sources).map(documentOf))
}

function documentOf(source: unknown): Json {
  const { document, tool_output } = object(source)
  return object(document ?? tool_output)
}

const PLAIN_TEXT: PlainText = {
  places: [
    { kind: 'content', path: ['delta', 'message', 'content', 'text'] },
    { kind: 'reasoning', path: ['delta', 'message', 'content', 'thinking'] },
    { kind: 'reasoning', path: ['delta', 'message', 'tool_plan'] },
    { kind: 'arguments', path: ['delta', 'message', 'tool_calls', 'function', 'arguments'] },
  ],
}
