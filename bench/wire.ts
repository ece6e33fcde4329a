import { EventStreamCodec } from '@smithy/eventstream-codec'

/** The native streams that the upstream plays: what the providers send, as far as a gateway looks at it. */

export type Dialect = 'openai' | 'anthropic' | 'gemini' | 'gemini-array' | 'cohere' | 'bedrock'

/** Once in each event's text, and nowhere else. */
export const MARK = 'qzq'

/** Some need escaping, some are more than a byte a character. */
const WORDS = Array.from({ length: 16 }, (_, n) => {
  if (n === 3) return ` ${MARK} "so"\n`
  return n === 11 ? ` ${MARK} à la française` : ` ${MARK}${n} and a word`
})

/** The text of the n-th event. It repeats, so that streams of any length cost no memory. */
export function word(n: number): string {
  return WORDS[n % WORDS.length] as string
}

export function words(count: number): string {
  return Array.from({ length: count }, (_, n) => word(n)).join('')
}

export interface Native {
  type: string
  /** What comes before the first content. */
  start: Buffer
  /** An event with this text. */
  event(text: string, first: boolean): Buffer
  end: Buffer
}

export function native(dialect: Dialect): Native {
  return DIALECTS[dialect]
}

const sse = (data: unknown) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const named = (data: { type: string }) => `event: ${data.type}\n${sse(data)}`
const line = (data: unknown) => `${JSON.stringify(data)}\n`
const bytes = (...parts: string[]) => Buffer.from(parts.join(''))

const codec = new EventStreamCodec(
  (data) => Buffer.from(data).toString(),
  (text) => Buffer.from(text),
)
function frame(type: string, payload: unknown): Buffer {
  const header = (value: string) => ({ type: 'string' as const, value })
  const headers = {
    ':event-type': header(type),
    ':content-type': header('application/json'),
    ':message-type': header('event'),
  }
  return Buffer.from(codec.encode({ headers, body: Buffer.from(JSON.stringify(payload)) }))
}

const openaiChunk = (delta: object, finish_reason: string | null = null) =>
  sse({
    id: 'chatcmpl-Bench0123456789',
    object: 'chat.completion.chunk',
    created: 1_760_000_000,
    model: 'gpt-bench',
    service_tier: 'default',
    system_fingerprint: 'fp_0123456789',
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    usage: null,
    obfuscation: 'aB3dE5gH',
  })

const gemini = (text: string, finishReason?: string) => ({
  candidates: [{ content: { parts: [{ text }], role: 'model' }, ...(finishReason && { finishReason }), index: 0 }],
  usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 5, totalTokenCount: 14 },
  modelVersion: 'gemini-bench',
  responseId: 'Bench0123456789',
})

const DIALECTS: Record<Dialect, Native> = {
  openai: {
    type: 'text/event-stream; charset=utf-8',
    start: bytes(openaiChunk({ role: 'assistant', content: '', refusal: null })),
    event: (text) => bytes(openaiChunk({ content: text })),
    end: bytes(openaiChunk({}, 'stop'), sse('[DONE]')),
  },
  anthropic: {
    type: 'text/event-stream; charset=utf-8',
    start: bytes(
      named({
        type: 'message_start',
        message: {
          id: 'msg_Bench0123456789',
          type: 'message',
          role: 'assistant',
          model: 'claude-bench',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 9, output_tokens: 1 },
        },
      } as { type: string }),
      named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as { type: string }),
      named({ type: 'ping' }),
    ),
    event: (text) =>
      bytes(named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } } as { type: string })),
    end: bytes(
      named({ type: 'content_block_stop', index: 0 } as { type: string }),
      named({
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: 5 },
      } as { type: string }),
      named({ type: 'message_stop' }),
    ),
  },
  gemini: {
    type: 'text/event-stream',
    start: bytes(),
    event: (text) => bytes(sse(gemini(text))),
    end: bytes(sse(gemini('', 'STOP'))),
  },
  'gemini-array': {
    type: 'application/json; charset=UTF-8',
    start: bytes('['),
    event: (text, first) => bytes(first ? '' : ',\r\n', JSON.stringify(gemini(text), null, 2)),
    end: bytes(',\r\n', JSON.stringify(gemini('', 'STOP'), null, 2), '\n]\n'),
  },
  cohere: {
    type: 'application/stream+json',
    start: bytes(line({ is_finished: false, event_type: 'stream-start', generation_id: 'bench-0123456789' })),
    event: (text) => bytes(line({ is_finished: false, event_type: 'text-generation', text })),
    end: bytes(
      line({
        is_finished: true,
        event_type: 'stream-end',
        finish_reason: 'COMPLETE',
        response: { response_id: 'bench', text: '', meta: { tokens: { input_tokens: 9, output_tokens: 5 } } },
      }),
    ),
  },
  bedrock: {
    type: 'application/vnd.amazon.eventstream',
    start: frame('messageStart', { role: 'assistant' }),
    event: (text) => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text }, p: 'abcdefgh' }),
    end: Buffer.concat([
      frame('contentBlockStop', { contentBlockIndex: 0 }),
      frame('messageStop', { stopReason: 'end_turn' }),
      frame('metadata', { usage: { inputTokens: 9, outputTokens: 5, totalTokens: 14 }, metrics: { latencyMs: 9 } }),
    ]),
  },
}
