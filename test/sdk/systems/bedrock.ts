import assert from 'node:assert/strict'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { type AnthropicBody, anthropicEvents, hearAnthropic } from './anthropic.ts'
import { assistantTurn, callBook, userTurn } from './reading.ts'
import { type Answer, halves, type NativeRequest, type System, TOKENS, type Turn } from './system.ts'

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString(),
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

const ENDS = { length: 'max_tokens', sequence: 'stop_sequence' }

function tell({ reasoning, signature = 'c2lnbmVk', text = [], calls = [], end }: Answer): Buffer[] {
  const blocks: { start?: unknown; deltas: unknown[] }[] = []
  if (reasoning !== undefined) {
    blocks.push({ deltas: [{ reasoningContent: { text: reasoning } }, { reasoningContent: { signature } }] })
  }
  if (text.length > 0) blocks.push({ deltas: text.map((piece) => ({ text: piece })) })
  for (const { id, name, arguments: args } of calls) {
    const deltas = halves(args).map((input) => ({ toolUse: { input } }))
    blocks.push({ start: { toolUse: { toolUseId: id, name } }, deltas })
  }
  const stopReason = end === undefined ? (calls.length > 0 ? 'tool_use' : 'end_turn') : ENDS[end]
  const usage = {
    inputTokens: TOKENS.input,
    outputTokens: TOKENS.output,
    totalTokens: TOKENS.input + TOKENS.output,
  }
  return [
    frame('messageStart', { role: 'assistant', p: 'abc' }),
    ...blocks.flatMap(({ start, deltas }, contentBlockIndex) => [
      ...(start === undefined ? [] : [frame('contentBlockStart', { contentBlockIndex, start })]),
      ...deltas.map((delta) => frame('contentBlockDelta', { contentBlockIndex, delta, p: 'abcdef' })),
      frame('contentBlockStop', { contentBlockIndex }),
    ]),
    frame('messageStop', { stopReason }),
    frame('metadata', { usage, metrics: { latencyMs: 20 } }),
  ]
}

type Block =
  | { text: string }
  | { image: { format: string; source: { bytes: string } } }
  | { toolUse: { toolUseId: string; name: string; input: Record<string, unknown> } }
  | { toolResult: { toolUseId: string; content: { text: string }[] } }

interface Body {
  system?: { text: string }[]
  messages: { role: string; content: Block[] }[]
  inferenceConfig?: { stopSequences?: string[] }
  toolConfig?: { tools: { toolSpec: { name: string; description: string; inputSchema: { json: unknown } } }[] }
  additionalModelRequestFields?: Pick<AnthropicBody, 'thinking' | 'output_config'>
}

const textIn = (blocks: Block[]): string => blocks.map((block) => ('text' in block ? block.text : '')).join('')

function readTurns(messages: Body['messages']): Turn[] {
  const book = callBook(/^[a-zA-Z0-9_-]{1,64}$/)
  const turns = messages.map(({ role, content }): Turn => {
    if (role === 'assistant') {
      const uses = content.flatMap((block) => ('toolUse' in block ? block.toolUse : []))
      return assistantTurn(
        textIn(content),
        uses.map(({ toolUseId, name, input }) => book.called(toolUseId, name, input)),
      )
    }
    assert.equal(role, 'user')
    const results = content.flatMap((block) => ('toolResult' in block ? block.toolResult : []))
    if (results.length === 0) {
      const images = content.flatMap((block) => ('image' in block ? block.image : []))
      return userTurn(
        textIn(content),
        images.map(({ format, source }) => ({ mime: `image/${format}`, data: source.bytes })),
      )
    }
    assert.equal(results.length, content.length)
    return { results: results.map(({ toolUseId, content }) => book.answered(toolUseId, textIn(content))) }
  })
  book.close()
  return turns
}

/** The model from the path, in which it is encoded whole. */
function modelIn({ url }: NativeRequest, operation: string): string {
  const [, model = '', called] = /^\/model\/([^/]+)\/([^/]+)$/.exec(url) ?? []
  assert.equal(called, operation, url)
  return decodeURIComponent(model)
}

const ACCESS = { aws_access_key_id: 'AKIDEXAMPLE', aws_secret_access_key: 'secret', aws_region: 'us-east-1' }

export const bedrock: System = {
  target: (url) => ({ provider: 'bedrock', custom_host: url, ...ACCESS }),
  model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  contentType: 'application/vnd.amazon.eventstream',
  tell,
  thoughts: 'told',
  callIds: true,
  hear(request) {
    const native = JSON.parse(request.body) as Body
    const { thinking, output_config } = native.additionalModelRequestFields ?? {}
    return {
      model: modelIn(request, 'converse-stream'),
      system: (native.system ?? []).map(({ text }) => text).join(''),
      turns: readTurns(native.messages),
      tools: (native.toolConfig?.tools ?? []).map(({ toolSpec: { name, description, inputSchema } }) => ({
        name,
        description,
        parameters: inputSchema.json,
      })),
      stop: native.inferenceConfig?.stopSequences ?? [],
      schema: output_config?.format?.schema,
      thinks: thinking?.type === 'enabled',
    }
  },
  error: {
    status: 400,
    body: { message: 'The provided model identifier is invalid.' },
    message: /identifier is invalid/,
    code: 'model_not_found',
    seen: 404,
    raised: 'NotFoundError',
  },
}

/** Claude's own API, each of its events in base64 in a frame. */
export const bedrockInvoke: System = {
  ...bedrock,
  target: (url) => ({ ...bedrock.target(url), bedrock_api: 'invoke' }),
  tell(answer) {
    const events = anthropicEvents(answer)
    const metrics = { inputTokenCount: TOKENS.input, outputTokenCount: TOKENS.output, invocationLatency: 20 }
    return events.map((event) => {
      const whole = event.type === 'message_stop' ? { ...event, 'amazon-bedrock-invocationMetrics': metrics } : event
      return frame('chunk', { bytes: Buffer.from(JSON.stringify(whole)).toString('base64'), p: 'abc' })
    })
  },
  hear(request) {
    const native = JSON.parse(request.body) as AnthropicBody & { anthropic_version: string }
    assert.equal(native.anthropic_version, 'bedrock-2023-05-31')
    assert.equal(native.model, undefined)
    return hearAnthropic(modelIn(request, 'invoke-with-response-stream'), native)
  },
  error: {
    status: 429,
    body: { message: 'Too many requests, please wait before trying again.' },
    message: /Too many requests/,
    code: 'rate_limit_exceeded',
    seen: 429,
    raised: 'RateLimitError',
  },
}
