import { parseJson, RequestError } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { ChunkInit, Decoder, Endpoint, WireEvent } from '../../types/provider.ts'
import type { Note } from '../adjustments.ts'
import { anthropicDecoder } from '../anthropic/stream.ts'
import { decoderV1 } from '../cohere/stream-v1.ts'
import { count, object } from '../json.ts'
import { decodeStream } from '../openai/stream.ts'
import { raiseException } from './errors.ts'
import { type Family, familyOf } from './models.ts'
import { chatBody, claudeBody, cohereBody, gptOssBody, llamaBody, mistralTextBody, titanBody } from './native-bodies.ts'
import { novaBody, novaDecoder } from './nova.ts'
import { reasoningTags } from './reasoning-tags.ts'
import { llamaDecoder, mistralTextDecoder, titanDecoder } from './text-streams.ts'
import { tokens } from './usage.ts'

/** A model's own API. `request.model` names the family; the body does not hold it. */
interface Native {
  body(request: ChatRequest, endpoint: Endpoint, note: Note): object
  decoder(request: ChatRequest, endpoint: Endpoint): Decoder
}

const nova: Native = { body: novaBody, decoder: novaDecoder }
const chat: Native = { body: chatBody, decoder: ({ model }, endpoint) => decodeStream({ ...endpoint, model }) }

const NATIVES: Partial<Record<Family, Native>> = {
  claude: { body: claudeBody, decoder: anthropicDecoder },
  nova,
  'nova-2': nova,
  titan: { body: titanBody, decoder: (_request, endpoint) => titanDecoder(endpoint) },
  'llama-3': { body: llamaBody, decoder: (_request, endpoint) => llamaDecoder(endpoint) },
  'mistral-text': { body: mistralTextBody, decoder: (_request, endpoint) => mistralTextDecoder(endpoint) },
  mistral: chat,
  'command-r': { body: cohereBody, decoder: (_request, endpoint) => decoderV1(endpoint) },
  'gpt-oss': {
    body: gptOssBody,
    decoder: ({ model }, endpoint) => reasoningTags(decodeStream({ ...endpoint, model })),
  },
  chat,
}

/** The body of InvokeModelWithResponseStream. Throws RequestError for models whose own API we do not speak. */
export function invokeBody(request: ChatRequest, endpoint: Endpoint, note: Note): object {
  return native(request.model).body(request, endpoint, note)
}

const METRICS = 'amazon-bedrock-invocationMetrics'

/**
 * Reads the stream of a model's own API. Each frame is a `chunk` with one of its events in base64, `{"bytes":…}`; some
 * emulators send the event as it is. The last event, whatever the model, also holds Bedrock's metrics.
 */
export function invokeDecoder(request: ChatRequest, endpoint: Endpoint): Decoder {
  const decoder = native(request.model).decoder(request, endpoint)
  const seen = { usage: false }
  const { kept, plainText } = decoder
  return {
    decode: (frame) => piecesIn(frame, decoder, seen),
    ...(kept && { kept }),
    ...(plainText && { plainText: { ...plainText, unwrapped } }),
  }
}

function* piecesIn(frame: WireEvent, decoder: Decoder, seen: { usage: boolean }): Iterable<ChunkInit> {
  raiseException(frame)
  const data = textIn(frame)
  if (data === undefined) return
  for (const init of decoder.decode({ event: undefined, data })) {
    seen.usage ||= init.usage !== undefined
    yield init
  }
  if (data.includes(METRICS)) yield* last(object(parseJson(data))[METRICS], seen.usage)
}

/** With padding perhaps, and nothing else. */
const WRAPPED = /^\{"bytes":"([A-Za-z0-9+/=]*)"(?:,"p":"\w*")?\}$/

function unwrapped(data: string): string | undefined {
  const bytes = WRAPPED.exec(data)?.[1]
  return bytes === undefined ? undefined : Buffer.from(bytes, 'base64').toString()
}

/** The text of the model's own event in a frame; undefined if there is none. */
export function textIn({ event, data }: WireEvent): string | undefined {
  // Without a name it is an answer that came in place of a stream.
  if (event !== 'chunk' && event !== undefined) return undefined
  const { bytes } = object(parseJson(data))
  return typeof bytes === 'string' ? Buffer.from(bytes, 'base64').toString() : data
}

function* last(metrics: unknown, counted: boolean): Iterable<ChunkInit> {
  if (metrics === undefined) return
  const { inputTokenCount, outputTokenCount } = object(metrics)
  if (!counted) yield { usage: tokens(count(inputTokenCount) ?? 0, count(outputTokenCount) ?? 0) }
  yield { end: true }
}

function native(model: string): Native {
  const known = NATIVES[familyOf(model)]
  if (known === undefined) {
    const message = `bedrock_api 'invoke' is not known for '${model}': use 'converse', or name the model behind it in base_model.`
    throw new RequestError(message, { param: 'model', code: 'unsupported_value' })
  }
  return known
}
