import { EventStreamCodec } from '@smithy/eventstream-codec'
import type { Body, Content, Dialect } from './body.ts'

/**
 * Answers of our own making, true to what each provider sends: the members of its events and their order, its padding, where
 * usage is told.
 */

/** How an answer with one kind of content is made. */
interface Form {
  type: string
  start: Buffer
  /** An event with this piece; `n` is its number. */
  event(piece: string, n: number): Buffer
  end: Buffer
}

/** Undefined where a provider has no such answer, or tells its content in one event. */
export function ownBody(dialect: Dialect, content: Content): Body | undefined {
  const form = FORMS[dialect][content]
  if (form === undefined) return undefined
  return { ...form, middle: PIECES.map((piece, n) => form.event(piece, n)) }
}

/** One event whose text has so many megabytes. */
export function bigBody(dialect: Dialect, megabytes: number): Body {
  const form = FORMS[dialect].text as Form
  return { ...form, middle: [form.event('x'.repeat(megabytes * 2 ** 20), 0)] }
}

/** Some need escaping, some are more than a byte a character. */
const PIECES = Array.from({ length: 32 }, (_, n) => {
  if (n % 16 === 3) return ' "so"\n'
  if (n % 16 === 11) return ' à la française'
  return [' the', ' gateway', 's', ' between', ' an', ' app', ' and its', ' provid', 'ers'][n % 9] as string
})

const SSE = 'text/event-stream; charset=utf-8'
const bytes = (...parts: string[]) => Buffer.from(parts.join(''))
const sse = (data: unknown) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const line = (data: unknown) => `${JSON.stringify(data)}\n`
/** A fragment of the arguments `{"text": …}` of a call. */
const fragment = (piece: string) => JSON.stringify(piece).slice(1, -1)
const [ARGUMENTS_START, ARGUMENTS_END] = ['{"text":"', '"}']

const NOISE = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXY'
/** Against guessing texts by their length. */
const noise = (n: number) => NOISE.slice(0, (n * 7) % NOISE.length)

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([key, member]) => [key, sorted(member)]))
}

// --------------------------------------------------------------------------------------------- OpenAI and its relatives

type Delta = Record<string, unknown>
type ChunkOf = (delta: Delta, n: number, finish: string | null) => unknown

/** What differs between those that speak chat completions. */
interface Chat {
  chunk: ChunkOf
  role?: Delta
  reasoning?: (piece: string) => Delta
}

function chat({ chunk, role = { role: 'assistant', content: '' }, reasoning }: Chat): Partial<Record<Content, Form>> {
  const one = (delta: Delta, n = 5, finish: string | null = null) => sse(chunk(delta, n, finish))
  const done = (finish: string) => [one({}, 2, finish), sse('[DONE]')]
  const call = (tool: Delta) => ({ tool_calls: [{ index: 0, ...tool }] })
  const text = (piece: string, n?: number) => one({ content: piece }, n)
  return {
    text: {
      type: SSE,
      start: bytes(one(role)),
      event: (piece, n) => bytes(text(piece, n)),
      end: bytes(...done('stop')),
    },
    tools: {
      type: SSE,
      start: bytes(
        one({
          ...role,
          content: null,
          ...call({ id: 'call_Bench0123456789', type: 'function', function: { name: 'write', arguments: '' } }),
        }),
        one(call({ function: { arguments: ARGUMENTS_START } })),
      ),
      event: (piece, n) => bytes(one(call({ function: { arguments: fragment(piece) } }), n)),
      end: bytes(one(call({ function: { arguments: ARGUMENTS_END } })), ...done('tool_calls')),
    },
    ...(reasoning && {
      reasoning: {
        type: SSE,
        start: bytes(one(role)),
        event: (piece: string, n: number) => bytes(one(reasoning(piece), n)),
        end: bytes(text('So.'), ...done('stop')),
      },
    }),
  }
}

const envelope = { object: 'chat.completion.chunk', created: 1_760_000_000, model: 'bench' }

const openai = chat({
  chunk: (delta, n, finish_reason) => ({
    ...{ id: 'chatcmpl-Bench0123456789', ...envelope, service_tier: 'default', system_fingerprint: 'fp_0123456789' },
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    usage: null,
    obfuscation: noise(n),
  }),
  role: { role: 'assistant', content: '', refusal: null },
})

const azure = chat({
  chunk: (delta, n, finish_reason) =>
    sorted({
      ...{ id: 'chatcmpl-Bench0123456789', ...envelope, service_tier: 'default', system_fingerprint: null },
      choices: [{ index: 0, delta, logprobs: null, finish_reason, content_filter_results: {} }],
      obfuscation: noise(n),
      usage: null,
    }),
  role: { role: 'assistant', content: '', refusal: null },
  reasoning: (reasoning_content) => ({ content: null, reasoning_content }),
})

const groq = chat({
  chunk: (delta, _n, finish_reason) => ({
    ...{ id: 'chatcmpl-bench012-3456', ...envelope, system_fingerprint: 'fp_0123456789' },
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  }),
  reasoning: (reasoning) => ({ reasoning, channel: 'analysis' }),
})

const together = chat({
  chunk: (delta, n, finish_reason) => ({
    ...{ id: 'bench0123-456789', object: envelope.object, created: envelope.created },
    choices: [
      {
        ...{ index: 0, text: delta.content ?? '', logprobs: null, finish_reason, seed: null },
        delta: { token_id: 1000 + n, role: 'assistant', content: '', ...delta },
      },
    ],
    model: envelope.model,
    usage: null,
  }),
})

const mistral = chat({
  chunk: (delta, n, finish_reason) => ({
    ...{ id: 'bench0123456789abcdef', ...envelope },
    choices: [{ index: 0, delta, finish_reason }],
    p: noise(n),
  }),
  reasoning: (text) => ({ content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] }),
})

// -------------------------------------------------------------------------------- Anthropic, by itself and within Bedrock

interface Named {
  type: string
  [member: string]: unknown
}

/** The events of an Anthropic answer, each brought into its form on the wire. */
function anthropic(type: string, write: (event: Named, n: number) => Buffer): Partial<Record<Content, Form>> {
  const message = {
    ...{ model: 'claude-bench', id: 'msg_Bench0123456789', type: 'message', role: 'assistant', content: [] },
    ...{ stop_reason: null, stop_sequence: null },
    usage: { input_tokens: 9, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 },
  }
  const block = (
    content_block: Named,
    delta: (piece: string) => Named,
    stop: string,
    before = '',
    after = '',
  ): Form => {
    const event = (piece: string, n: number) => write({ type: 'content_block_delta', index: 0, delta: delta(piece) }, n)
    return {
      type,
      start: Buffer.concat([
        write({ type: 'message_start', message }, 5),
        write({ type: 'content_block_start', index: 0, content_block }, 11),
        event(before, 3),
      ]),
      event,
      end: Buffer.concat([
        ...(after === '' ? [] : [event(after, 8)]),
        write({ type: 'content_block_stop', index: 0 }, 5),
        write(
          {
            type: 'message_delta',
            delta: { stop_reason: stop, stop_sequence: null },
            usage: { input_tokens: 9, output_tokens: 5 },
          },
          14,
        ),
        write({ type: 'message_stop' }, 3),
      ]),
    }
  }
  return {
    text: block({ type: 'text', text: '' }, (text) => ({ type: 'text_delta', text }), 'end_turn'),
    reasoning: block(
      { type: 'thinking', thinking: '', signature: '' },
      (thinking) => ({ type: 'thinking_delta', thinking }),
      'end_turn',
    ),
    tools: block(
      { type: 'tool_use', id: 'toolu_Bench0123456789', name: 'write', input: {} },
      (piece) => ({
        type: 'input_json_delta',
        partial_json: piece === ARGUMENTS_START || piece === ARGUMENTS_END ? piece : fragment(piece),
      }),
      'tool_use',
      ARGUMENTS_START,
      ARGUMENTS_END,
    ),
  }
}

/** Up to 15 spaces stand before the last brace. */
const padded = (event: Named, n: number) =>
  bytes(`event: ${event.type}\n${sse(`${JSON.stringify(event).slice(0, -1)}${' '.repeat((n * 5) % 16)}}`)}`)

// -------------------------------------------------------------------------------------------------------------- Bedrock

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

const AWS = 'application/vnd.amazon.eventstream'

function converse(
  first: unknown,
  delta: (piece: string) => unknown,
  stopReason: string,
  before: string,
  after: string,
) {
  const event = (piece: string, n: number) =>
    frame('contentBlockDelta', { contentBlockIndex: 0, delta: delta(piece), p: noise(n) })
  const form: Form = {
    type: AWS,
    start: Buffer.concat([
      frame('messageStart', { p: noise(3), role: 'assistant' }),
      ...(first === undefined ? [] : [frame('contentBlockStart', { contentBlockIndex: 0, p: noise(4), start: first })]),
      ...(before === '' ? [] : [event(before, 6)]),
    ]),
    event,
    end: Buffer.concat([
      ...(after === '' ? [] : [event(after, 6)]),
      frame('contentBlockStop', { contentBlockIndex: 0, p: noise(5) }),
      frame('messageStop', { p: noise(1), stopReason }),
      frame('metadata', {
        metrics: { latencyMs: 9 },
        p: noise(6),
        usage: { inputTokens: 9, outputTokens: 5, totalTokens: 14 },
      }),
    ]),
  }
  return form
}

const input = (piece: string) => ({
  toolUse: { input: piece === ARGUMENTS_START || piece === ARGUMENTS_END ? piece : fragment(piece) },
})

const bedrock: Partial<Record<Content, Form>> = {
  text: converse(undefined, (text) => ({ text }), 'end_turn', '', ''),
  reasoning: converse(undefined, (text) => ({ reasoningContent: { text } }), 'end_turn', '', ''),
  tools: converse(
    { toolUse: { name: 'write', toolUseId: 'tooluse_Bench0123456789' } },
    input,
    'tool_use',
    ARGUMENTS_START,
    ARGUMENTS_END,
  ),
}

// ------------------------------------------------------------------------------------------------------ Gemini and Cohere

/** Its usage grows with each event. */
const gemini = (part: object, n: number, finishReason?: string) => ({
  candidates: [{ content: { parts: [part], role: 'model' }, ...(finishReason && { finishReason }), index: 0 }],
  usageMetadata: {
    ...{ promptTokenCount: 9, candidatesTokenCount: 5 + n, totalTokenCount: 14 + n },
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: 9 }],
  },
  modelVersion: 'gemini-bench',
  responseId: 'Bench0123456789',
})

const geminiSse = (part: (text: string) => object): Form => ({
  type: 'text/event-stream',
  start: bytes(`data: ${JSON.stringify(gemini(part('So'), 0))}\r\n\r\n`),
  event: (piece, n) => bytes(`data: ${JSON.stringify(gemini(part(piece), n))}\r\n\r\n`),
  end: bytes(`data: ${JSON.stringify(gemini({ text: '.' }, 99, 'STOP'))}\r\n\r\n`),
})

const cohereEvent = (data: Named) => bytes(`event: ${data.type}\n${sse(data)}`)

const cohere = (first: Named[], event: (piece: string) => Named, last: Named[], finish_reason: string): Form => ({
  type: 'text/event-stream',
  start: Buffer.concat(
    [
      {
        id: 'bench-0123456789',
        type: 'message-start',
        delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } },
      },
      ...first,
    ].map(cohereEvent),
  ),
  event: (piece) => cohereEvent(event(piece)),
  end: Buffer.concat([
    ...last.map(cohereEvent),
    cohereEvent({
      type: 'message-end',
      delta: { finish_reason, usage: { tokens: { input_tokens: 9, output_tokens: 5 } } },
    }),
    bytes(sse('[DONE]')),
  ]),
})
const cohereContent = (type: string, index: number, content: object): Named => ({
  ...{ type, index },
  delta: { message: { content } },
})
const cohereCall = (type: string, call: object): Named => ({
  ...{ type, index: 0 },
  delta: { message: { tool_calls: call } },
})
const cohereText = [
  cohereContent('content-start', 0, { type: 'text', text: '' }),
  { type: 'content-end', index: 0 },
] as const

const FORMS: Readonly<Record<Dialect, Partial<Record<Content, Form>>>> = {
  openai,
  azure,
  // Calls come whole from these.
  groq: { text: groq.text as Form, reasoning: groq.reasoning as Form },
  together: { text: together.text as Form },
  mistral: { text: mistral.text as Form, reasoning: mistral.reasoning as Form },
  anthropic: anthropic(SSE, padded),
  gemini: { text: geminiSse((text) => ({ text })), reasoning: geminiSse((text) => ({ text, thought: true })) },
  'gemini-array': {
    text: {
      type: 'application/json; charset=UTF-8',
      start: bytes('[', JSON.stringify(gemini({ text: 'So' }, 0), null, 2)),
      event: (text, n) => bytes('\n,\r\n', JSON.stringify(gemini({ text }, n), null, 2)),
      end: bytes('\n,\r\n', JSON.stringify(gemini({ text: '.' }, 99, 'STOP'), null, 2), '\n]\n'),
    },
  },
  cohere: {
    text: cohere([cohereText[0]], (text) => cohereContent('content-delta', 0, { text }), [cohereText[1]], 'COMPLETE'),
    reasoning: cohere(
      [cohereContent('content-start', 0, { type: 'thinking', thinking: '' })],
      (thinking) => cohereContent('content-delta', 0, { thinking }),
      [{ type: 'content-end', index: 0 }],
      'COMPLETE',
    ),
    tools: cohere(
      [
        cohereCall('tool-call-start', {
          ...{ id: 'write_bench0123456', type: 'function' },
          function: { name: 'write', arguments: ARGUMENTS_START },
        }),
      ],
      (piece) => cohereCall('tool-call-delta', { function: { arguments: fragment(piece) } }),
      [cohereCall('tool-call-delta', { function: { arguments: ARGUMENTS_END } }), { type: 'tool-call-end', index: 0 }],
      'TOOL_CALL',
    ),
  },
  'cohere-v1': {
    text: {
      type: 'application/stream+json',
      start: bytes(line({ is_finished: false, event_type: 'stream-start', generation_id: 'bench-0123456789' })),
      event: (text) => bytes(line({ is_finished: false, event_type: 'text-generation', text })),
      end: bytes(
        line({
          ...{ is_finished: true, event_type: 'stream-end', finish_reason: 'COMPLETE' },
          response: { response_id: 'bench', text: '', meta: { tokens: { input_tokens: 9, output_tokens: 5 } } },
        }),
      ),
    },
  },
  bedrock,
  'bedrock-invoke': anthropic(AWS, (event, n) =>
    frame('chunk', { bytes: Buffer.from(JSON.stringify(event)).toString('base64'), p: noise(n) }),
  ),
}
