import assert from 'node:assert/strict'
import { assistantTurn, callBook, dataUrl, unwrapped, userTurn } from './reading.ts'
import { type Answer, halves, named, type System, TOKENS, type Turn } from './system.ts'

const COUNTS = {
  billed_units: { input_tokens: 2, output_tokens: 3 },
  tokens: { input_tokens: TOKENS.input, output_tokens: TOKENS.output },
}
const ENDS = { length: 'MAX_TOKENS', sequence: 'STOP_SEQUENCE' }

function tellV2({ reasoning, text = [], calls = [], end }: Answer): string[] {
  const blocks: { type: 'thinking' | 'text'; pieces: readonly string[] }[] = []
  if (reasoning !== undefined) blocks.push({ type: 'thinking', pieces: [reasoning] })
  if (text.length > 0) blocks.push({ type: 'text', pieces: text })
  const finish_reason = end === undefined ? (calls.length > 0 ? 'TOOL_CALL' : 'COMPLETE') : ENDS[end]
  const empty = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] }
  return named(
    { type: 'message-start', id: 'c2-1', delta: { message: empty } },
    ...blocks.flatMap(({ type, pieces }, index) => [
      { type: 'content-start', index, delta: { message: { content: { type, [type]: '' } } } },
      ...pieces.map((piece) => ({
        type: 'content-delta',
        index,
        delta: { message: { content: { [type]: piece } } },
      })),
      { type: 'content-end', index },
    ]),
    ...calls.flatMap(({ id, name, arguments: args }, index) => [
      {
        type: 'tool-call-start',
        index,
        delta: { message: { tool_calls: { id, type: 'function', function: { name, arguments: '' } } } },
      },
      ...halves(args).map((piece) => ({
        type: 'tool-call-delta',
        index,
        delta: { message: { tool_calls: { function: { arguments: piece } } } },
      })),
      { type: 'tool-call-end', index },
    ]),
    { type: 'message-end', delta: { finish_reason, usage: COUNTS } },
  )
}

interface BodyV2 {
  model: string
  stream: boolean
  messages: (
    | { role: 'system'; content: string }
    | { role: 'user'; content: string | PartV2[] }
    | { role: 'assistant'; content?: string; tool_plan?: string; tool_calls?: CallV2[] }
    | { role: 'tool'; tool_call_id: string; content: string }
  )[]
  tools?: { type: 'function'; function: { name: string; description: string; parameters: unknown } }[]
  stop_sequences?: string[]
  response_format?: { type: string; json_schema?: unknown }
  thinking?: { type: string }
}
type PartV2 = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } }
type CallV2 = { id: string; type: 'function'; function: { name: string; arguments: string } }

function turnsV2(messages: BodyV2['messages']): Turn[] {
  const book = callBook(/./)
  const turns: Turn[] = []
  for (const message of messages) {
    switch (message.role) {
      case 'system':
        assert.equal(message, messages[0], 'the system turn must be the first')
        break
      case 'user': {
        const parts = typeof message.content === 'string' ? [] : message.content
        const texts = parts.map((part) => (part.type === 'text' ? part.text : ''))
        const images = parts.flatMap((part) => (part.type === 'text' ? [] : dataUrl(part.image_url.url)))
        turns.push(userTurn(typeof message.content === 'string' ? message.content : texts.join(''), images))
        break
      }
      case 'assistant': {
        const calls = message.tool_calls ?? []
        const text = calls.length > 0 ? message.tool_plan : message.content
        turns.push(
          assistantTurn(
            text ?? '',
            calls.map(({ id, function: { name, arguments: json } }) => book.called(id, name, JSON.parse(json))),
          ),
        )
        break
      }
      case 'tool': {
        const answered = book.answered(message.tool_call_id, message.content)
        const last = turns.at(-1)
        if (last !== undefined && 'results' in last) last.results.push(answered)
        else turns.push({ results: [answered] })
      }
    }
  }
  book.close()
  return turns
}

export const cohere: System = {
  target: (url) => ({ provider: 'cohere', custom_host: url }),
  model: 'command-a-03-2025',
  models: { 'image by data URL': 'command-a-vision-07-2025', reasoning: 'command-a-reasoning-08-2025' },
  contentType: 'text/event-stream',
  tell: tellV2,
  thoughts: 'told',
  callIds: true,
  hear({ url, body }) {
    assert.equal(url, '/v2/chat')
    const native = JSON.parse(body) as BodyV2
    assert.equal(native.stream, true)
    const [first] = native.messages
    return {
      model: native.model,
      system: first?.role === 'system' ? first.content : '',
      turns: turnsV2(native.messages),
      tools: (native.tools ?? []).map((tool) => tool.function),
      stop: native.stop_sequences ?? [],
      schema: native.response_format?.json_schema,
      thinks: native.thinking?.type === 'enabled',
    }
  },
  error: {
    status: 400,
    body: { id: 'e1', message: 'too many tokens: total number of tokens in the prompt exceeds the limit' },
    message: /too many tokens/,
    code: 'context_length_exceeded',
    seen: 400,
    raised: 'BadRequestError',
  },
}

// ------------------------------------------------------------------------------------------------------------------ v1

function tellV1({ text = [], calls = [], end }: Answer): string[] {
  const finish_reason = end === undefined ? 'COMPLETE' : ENDS[end]
  const tool_calls = calls.map(({ name, arguments: parameters }) => ({ name, parameters }))
  const whole = { text: text.join(''), generation_id: 'g1', response_id: 'r1', chat_history: [], finish_reason }
  const events: { event_type: string; [field: string]: unknown }[] = [
    { event_type: 'stream-start', generation_id: 'g1' },
    ...text.map((piece) => ({ event_type: 'text-generation', text: piece })),
  ]
  if (calls.length > 0) events.push({ event_type: 'tool-calls-generation', text: whole.text, tool_calls })
  const response = { ...whole, ...(calls.length > 0 && { tool_calls }), meta: COUNTS }
  return [
    ...events.map((event) => `${JSON.stringify({ is_finished: false, ...event })}\n`),
    `${JSON.stringify({ is_finished: true, event_type: 'stream-end', finish_reason, response })}\n`,
  ]
}

interface BodyV1 {
  model: string
  stream: boolean
  message: string
  preamble?: string
  chat_history?: TurnV1[]
  tool_results?: ResultV1[]
  tools?: { name: string; description: string; parameter_definitions: Record<string, Definition> }[]
  stop_sequences?: string[]
  response_format?: { type: string; schema?: unknown }
}
type CallV1 = { name: string; parameters: Record<string, unknown> }
type ResultV1 = { call: CallV1; outputs: Record<string, unknown>[] }
type TurnV1 =
  | { role: 'USER'; message: string }
  | { role: 'CHATBOT'; message: string; tool_calls?: CallV1[] }
  | { role: 'TOOL'; tool_results: ResultV1[] }
type Definition = { type: string; description: string; required: boolean }

const calledV1 = ({ name, parameters }: CallV1) => ({ name, arguments: parameters })

function turnV1(turn: TurnV1): Turn {
  if (turn.role === 'USER') return { user: turn.message }
  if (turn.role === 'CHATBOT') return assistantTurn(turn.message, (turn.tool_calls ?? []).map(calledV1))
  return {
    results: turn.tool_results.map(({ call, outputs }) => {
      assert.equal(outputs.length, 1)
      return { ...calledV1(call), result: unwrapped(outputs[0] ?? {}) }
    }),
  }
}

/** Python's names for types, back to JSON's. */
function schemaV1(definitions: Record<string, Definition>) {
  const types: Record<string, string> = { str: 'string', int: 'integer' }
  const entries = Object.entries(definitions)
  return {
    type: 'object',
    properties: Object.fromEntries(
      entries.map(([key, { type, description }]) => [key, { type: types[type], description }]),
    ),
    required: entries.filter(([, { required }]) => required).map(([key]) => key),
    additionalProperties: false,
  }
}

export const cohereV1: System = {
  target: (url) => ({ provider: 'cohere', custom_host: url, api_version: 'v1' }),
  model: 'command-r-08-2024',
  contentType: 'application/stream+json',
  tell: tellV1,
  thoughts: 'none',
  callIds: false,
  refuses: { 'image by data URL': /does not take images/ },
  hear({ url, body }) {
    assert.equal(url, '/v1/chat')
    const native = JSON.parse(body) as BodyV1
    assert.equal(native.stream, true)
    const newest: TurnV1 = native.tool_results
      ? { role: 'TOOL', tool_results: native.tool_results }
      : { role: 'USER', message: native.message }
    return {
      model: native.model,
      system: native.preamble ?? '',
      turns: [...(native.chat_history ?? []), newest].map(turnV1),
      tools: (native.tools ?? []).map(({ name, description, parameter_definitions }) => ({
        name,
        description,
        parameters: schemaV1(parameter_definitions),
      })),
      stop: native.stop_sequences ?? [],
      schema: native.response_format?.schema,
      thinks: false,
    }
  },
  error: {
    status: 401,
    body: { message: 'invalid api token' },
    message: /invalid api token/,
    code: 'invalid_api_key',
    seen: 401,
    raised: 'AuthenticationError',
  },
}
