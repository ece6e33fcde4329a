import { parseJson } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Decoder, Endpoint, NativeEvent, NativePassage, NativeRequest, WireEvent } from '../../types/provider.ts'
import { type Json, object, text } from '../json.ts'
import { without } from '../openai/fields.ts'
import { modelFor } from './models.ts'
import { anthropicDecoder } from './stream.ts'

/** Parameters of OpenAI's that a config may override. A request with one of them is translated, so that it counts. */
const OF_CHAT = [
  ...['max_completion_tokens', 'reasoning_effort', 'response_format', 'stop', 'seed', 'n', 'user', 'safety_identifier'],
  ...['presence_penalty', 'frequency_penalty', 'logit_bias', 'logprobs', 'top_logprobs', 'parallel_tool_calls'],
  ...['web_search_options', 'verbosity', 'modalities', 'prediction', 'store'],
]

/**
 * The body as the client wrote it, with a limit that the model knows and as a stream. Undefined if it has to be translated: it
 * holds words of another dialect, or was written for a model that thinks in another way than the target's.
 */
export function nativeBody({ dialect, asked, body }: NativeRequest, model: string): Json | undefined {
  if (dialect !== 'messages' || OF_CHAT.some((name) => body[name] != null) || !isLike(asked, model)) return undefined
  const { maxOutput } = modelFor(model)
  const limit = Number(body.max_tokens)
  return { ...body, ...(maxOutput !== undefined && limit > maxOutput && { max_tokens: maxOutput }), stream: true }
}

/** The same for another host of Claude's, which keeps no threads. Undefined, too, if the request goes on in one. */
export function hostedBody(native: NativeRequest, model: string): Json | undefined {
  const body = nativeBody(native, model)
  if (body?.thread == null) return body
  return object(body.thread).type === 'create' ? without(body, ['thread']) : undefined
}

/** Whether what is written for one model is understood by the other. A name that is not Claude's says nothing. */
function isLike(asked: string | undefined, model: string): boolean {
  if (asked === undefined || asked === model || !/claude/.test(asked)) return true
  const [one, other] = [modelFor(asked), modelFor(model)]
  return one.thinking === other.thinking && one.sampling === other.sampling && one.forcedTools === other.forcedTools
}

/** `anthropic-beta` of the client and of the target, each name once. */
export function betaNames({ headers }: NativeRequest, { fields }: Pick<Endpoint, 'fields'>): string[] {
  const names = [headers['anthropic-beta'], fields.anthropic_beta].flatMap((list) => (list ?? '').split(','))
  return [...new Set(names.map((name) => name.trim()))].filter((name) => name !== '')
}

/**
 * `eventIn`: the event of Anthropic's, with its name, that one of the host's holds; undefined if it holds none. Left out: the
 * host's are Anthropic's own.
 */
export function messagesPassage(
  encode: NativePassage['encode'],
  { model }: ChatRequest,
  { finishReasons }: Endpoint,
  eventIn?: (event: WireEvent) => WireEvent | undefined,
): NativePassage {
  const own = eventIn === undefined ? (event: WireEvent) => event : once(eventIn)
  return {
    encode,
    decoder() {
      const decoder = nativeDecoder(model, finishReasons)
      if (eventIn === undefined) return decoder
      // Where a text stands in an event of Anthropic's says nothing about one of the host's.
      const { plainText: _, decode, ...others } = decoder
      return {
        ...others,
        decode(event) {
          const inner = own(event)
          return inner === undefined ? [] : decode(inner)
        },
      }
    },
    read(event) {
      const inner = own(event)
      return inner && nativeEvent(inner)
    },
  }
}

/** Each event is asked for twice, one after the other. */
function once<K, V>(make: (key: K) => V): (key: K) => V {
  let last: { key: K; value: V } | undefined
  return (key) => {
    if (last?.key !== key) last = { key, value: make(key) }
    return last.value
  }
}

/** The client itself goes on from these, and is told of them. */
const ENDS_OF_A_LEG = { pause_turn: 'stop', compaction: 'stop' } as const

function nativeDecoder(model: string, finishReasons: Endpoint['finishReasons']): Decoder {
  // The request itself holds nothing that we would read the answer by: no tool of ours, and no pause to go on from.
  const decoder = anthropicDecoder(
    { model, messages: [] },
    { strict: true, finishReasons: { ...ENDS_OF_A_LEG, ...finishReasons } },
  )
  return {
    ...decoder,
    decode(event) {
      const inits = decoder.decode(event)
      return typeOf(event) === 'content_block_start' && isOpaque(event) ? [{ opaque: true }, ...inits] : inits
    },
  }
}

/** Blocks that chunks have a form for. */
const PLAIN: ReadonlySet<string> = new Set(['text', 'thinking', 'redacted_thinking', 'tool_use'])

function isOpaque(event: WireEvent): boolean {
  return !PLAIN.has(blockType(event))
}

function blockType({ data }: WireEvent): string {
  return text(object(object(parseJson(data)).content_block).type)
}

function typeOf({ event, data }: WireEvent): string {
  return event ?? text(object(parseJson(data)).type)
}

function nativeEvent(wire: WireEvent): NativeEvent | undefined {
  const event = typeOf(wire)
  // It becomes a line of its own.
  if (!/^[\w.-]+$/.test(event)) return undefined
  const type = event === 'content_block_start' ? blockType(wire) : undefined
  return { event, data: wire.data, goes: goes(event, type), opaque: type !== undefined && !PLAIN.has(type) }
}

/** A ping may stand in front of what ends a block, and must not let that go. */
function goes(event: string, block: string | undefined): NativeEvent['goes'] {
  if (block === 'tool_use' || event === 'message_delta' || event === 'message_stop') return 'with-terminal'
  return event === 'content_block_stop' || event === 'ping' ? 'with-next' : 'at-once'
}
