import assert from 'node:assert/strict'
import { assistantTurn, callBook, userTurn } from './reading.ts'
import { type Answer, type Heard, halves, named, type System, TOKENS, type Turn } from './system.ts'

type Event = { type: string; [field: string]: unknown }

const STOP_REASONS = { length: 'max_tokens', sequence: 'stop_sequence' }

/** The events of Anthropic's Messages API; Bedrock wraps the same. */
export function anthropicEvents({ reasoning, signature = 'c2lnbmVk', text = [], calls = [], end }: Answer): Event[] {
  const blocks: { content_block: unknown; deltas: unknown[] }[] = []
  if (reasoning !== undefined) {
    const deltas = [
      { type: 'thinking_delta', thinking: reasoning },
      { type: 'signature_delta', signature },
    ]
    blocks.push({ content_block: { type: 'thinking', thinking: '', signature: '' }, deltas })
  }
  if (text.length > 0) {
    const deltas = text.map((piece) => ({ type: 'text_delta', text: piece }))
    blocks.push({ content_block: { type: 'text', text: '' }, deltas })
  }
  for (const { id, name, arguments: input } of calls) {
    const deltas = ['', ...halves(input)].map((partial_json) => ({ type: 'input_json_delta', partial_json }))
    blocks.push({ content_block: { type: 'tool_use', id, name, input: {} }, deltas })
  }
  const stop_reason = end === undefined ? (calls.length > 0 ? 'tool_use' : 'end_turn') : STOP_REASONS[end]
  const message = {
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'native-model', content: [] },
    ...{ stop_reason: null, stop_sequence: null },
    usage: { input_tokens: TOKENS.input, output_tokens: 1 },
  }
  return [
    { type: 'message_start', message },
    { type: 'ping' },
    ...blocks.flatMap(({ content_block, deltas }, index) => [
      { type: 'content_block_start', index, content_block },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: TOKENS.output } },
    { type: 'message_stop' },
  ]
}

export interface AnthropicBody {
  model?: string
  system?: { text: string }[]
  messages: { role: string; content: Content }[]
  tools?: { name: string; description: string; input_schema: unknown }[]
  stop_sequences?: string[]
  output_config?: { format?: { schema: unknown } }
  thinking?: { type: string }
}

type Block =
  | { type: 'text'; text: string }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'image'; source: { type: 'base64'; media_type: string; data: string } }
  | { type: 'tool_use'; id: string; name: string; input: Record<string, unknown> }
  | { type: 'tool_result'; tool_use_id: string; content: string | { type: 'text'; text: string }[] }

/** A native request may have a mere text in place of blocks. */
type Content = string | Block[]

const blocksIn = (content: Content): Block[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content

const blocksOf = <Type extends Block['type']>(content: Content, type: Type) =>
  blocksIn(content).filter((block): block is Extract<Block, { type: Type }> => block.type === type)

const textIn = (content: Content): string =>
  blocksOf(content, 'text')
    .map(({ text }) => text)
    .join('')

export function hearAnthropic(model: string, body: AnthropicBody): Heard {
  const book = callBook(/^[a-zA-Z0-9_-]+$/)
  const turns = body.messages.map(({ role, content }): Turn => {
    if (role === 'assistant') {
      const uses = blocksOf(content, 'tool_use')
      return assistantTurn(
        textIn(content),
        uses.map(({ id, name, input }) => book.called(id, name, input)),
      )
    }
    assert.equal(role, 'user')
    const results = blocksOf(content, 'tool_result')
    if (results.length === 0) {
      const images = blocksOf(content, 'image').map(({ source }) => ({ mime: source.media_type, data: source.data }))
      return userTurn(textIn(content), images)
    }
    assert.equal(results.length, content.length)
    return { results: results.map(({ tool_use_id, content }) => book.answered(tool_use_id, textIn(content))) }
  })
  book.close()
  return {
    model,
    system: (body.system ?? []).map(({ text }) => text).join(''),
    turns,
    tools: (body.tools ?? []).map(({ name, description, input_schema }) => ({
      name,
      description,
      parameters: input_schema,
    })),
    stop: body.stop_sequences ?? [],
    schema: body.output_config?.format?.schema,
    thinks: body.thinking?.type === 'enabled' || body.thinking?.type === 'adaptive',
  }
}

export const anthropic: System = {
  target: (url) => ({ provider: 'anthropic', custom_host: `${url}/v1` }),
  model: 'claude-sonnet-4-6',
  contentType: 'text/event-stream; charset=utf-8',
  tell: (answer) => named(...anthropicEvents(answer)),
  thoughts: 'told',
  callIds: true,
  hear({ url, body }) {
    assert.equal(url, '/v1/messages')
    const native = JSON.parse(body) as AnthropicBody & { model: string; stream: boolean }
    assert.equal(native.stream, true)
    return hearAnthropic(native.model, native)
  },
  error: {
    status: 529,
    body: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_1' },
    message: /Overloaded/,
    code: 'overloaded',
    seen: 503,
    raised: 'InternalServerError',
  },
}
