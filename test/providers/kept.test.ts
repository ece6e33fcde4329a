import assert from 'node:assert/strict'
import { DEFAULT_LIMITS } from '../../lib/options.ts'
import { mergeUsage } from '../../lib/providers/anthropic/usage.ts'
import { mergedCounts } from '../../lib/providers/gemini/usage.ts'
import { providers } from '../../lib/providers/index.ts'
import { toolCallReader } from '../../lib/providers/openai/calls.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { Chunk } from '../../lib/types/chunk.ts'
import type { Provider, ProviderFields, WireEvent } from '../../lib/types/provider.ts'
import { ask, chunk, endpoint, events } from '../helpers/openai-family.ts'
import { chunkStage, flow } from '../helpers/stages.ts'

const LIMIT = 10_000
const PIECE = 'x'.repeat(400)
/** Times the piece: over the limit. */
const MANY = 40

const SCHEMA = { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' } } } as const
const THROUGH_TOOL = { response_format: SCHEMA }
const FUNCTION = { name: 'f', parameters: { type: 'object', properties: { ü: {} } } }

interface Stream {
  provider: string
  request: Partial<ChatRequest>
  fields?: ProviderFields
  begin?: readonly WireEvent[]
  /** Comes again and again. */
  piece: readonly WireEvent[]
}

const start = (content_block: object) => events({ type: 'content_block_start', index: 0, content_block })
const delta = (fields: object) => events({ type: 'content_block_delta', index: 0, delta: fields })
const stop = events({ type: 'content_block_stop', index: 0 })
const claude = { model: 'claude-sonnet-4-5' }
const thinking = start({ type: 'thinking', thinking: '' })

const converse = (event: string, payload: object): WireEvent[] => [{ event, data: JSON.stringify(payload) }]
const reasoning = (fields: object) =>
  converse('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: fields } })
const bedrockClaude = { model: 'anthropic.claude-sonnet-4-5-20250929-v1:0' }
const invoke = { bedrock_api: 'invoke' } as const
const wrapped = (wire: readonly WireEvent[]): WireEvent[] =>
  wire.map(({ data }) => ({ event: 'chunk', data: JSON.stringify({ bytes: Buffer.from(data).toString('base64') }) }))

const frame = (candidate: object) => events({ candidates: [{ index: 0, ...candidate }] })
const parts = (part: object) => frame({ content: { parts: [part] } })
const gemini = { model: 'gemini-2.5-pro' }

const STREAMS: Record<string, Stream> = {
  'anthropic: a signature': {
    ...{ provider: 'anthropic', request: claude, begin: thinking },
    piece: delta({ type: 'signature_delta', signature: PIECE }),
  },
  'anthropic: thinking': {
    ...{ provider: 'anthropic', request: claude, begin: thinking },
    piece: delta({ type: 'thinking_delta', thinking: PIECE }),
  },
  'anthropic: blocks of signed thinking': {
    ...{ provider: 'anthropic', request: claude },
    piece: [...start({ type: 'thinking', thinking: 'a', signature: PIECE }), ...stop],
  },
  'anthropic: redacted blocks': {
    ...{ provider: 'anthropic', request: claude },
    piece: [...start({ type: 'redacted_thinking', data: PIECE }), ...stop],
  },
  'anthropic: citations': {
    ...{ provider: 'anthropic', request: claude, begin: start({ type: 'text', text: '' }) },
    piece: delta({ type: 'citations_delta', citation: { type: 'page_location', document_title: PIECE } }),
  },
  'anthropic: a preamble to an answer through a tool': {
    ...{ provider: 'anthropic', request: { model: 'claude-3-5-haiku-latest', ...THROUGH_TOOL } },
    ...{ begin: start({ type: 'text', text: '' }), piece: delta({ type: 'text_delta', text: PIECE }) },
  },
  'anthropic: text that a pause would have to give back': {
    ...{ provider: 'anthropic', request: { ...claude, web_search_options: {} } },
    ...{ begin: start({ type: 'text', text: '' }), piece: delta({ type: 'text_delta', text: PIECE }) },
  },
  'anthropic: results of its own tools': {
    ...{ provider: 'anthropic', request: { ...claude, web_search_options: {} } },
    piece: start({ type: 'web_search_tool_result', content: PIECE }),
  },
  "anthropic: arguments whose names are the client's": {
    ...{ provider: 'anthropic', request: { ...claude, tools: [{ type: 'function', function: FUNCTION }] } },
    begin: start({ type: 'tool_use', id: 't', name: 'f', input: {} }),
    piece: delta({ type: 'input_json_delta', partial_json: PIECE }),
  },
  'vertex-ai: a signature of Claude': {
    ...{ provider: 'vertex-ai', request: claude, begin: thinking },
    piece: delta({ type: 'signature_delta', signature: PIECE }),
  },
  'bedrock: a signature': {
    ...{ provider: 'bedrock', request: bedrockClaude },
    piece: reasoning({ signature: PIECE }),
  },
  'bedrock: redacted thinking': {
    ...{ provider: 'bedrock', request: bedrockClaude },
    piece: reasoning({ redactedContent: Buffer.from(PIECE).toString('base64') }),
  },
  'bedrock: a preamble to an answer through a tool': {
    ...{ provider: 'bedrock', request: { model: 'amazon.nova-pro-v1:0', ...THROUGH_TOOL } },
    piece: converse('contentBlockDelta', { contentBlockIndex: 0, delta: { text: PIECE } }),
  },
  'bedrock, invoked: a signature of Claude': {
    ...{ provider: 'bedrock', request: bedrockClaude, fields: invoke, begin: wrapped(thinking) },
    piece: wrapped(delta({ type: 'signature_delta', signature: PIECE })),
  },
  'bedrock, invoked: a preamble of Nova': {
    ...{ provider: 'bedrock', request: { model: 'amazon.nova-pro-v1:0', ...THROUGH_TOOL }, fields: invoke },
    piece: wrapped(events({ contentBlockDelta: { contentBlockIndex: 0, delta: { text: PIECE } } })),
  },
  'bedrock, invoked: reasoning details of gpt-oss': {
    ...{ provider: 'bedrock', request: { model: 'openai.gpt-oss-120b-1:0' }, fields: invoke },
    piece: wrapped(events(chunk({ reasoning_details: [{ type: 'reasoning.encrypted', data: PIECE }] }))),
  },
  'google: text that sources name': { provider: 'google', request: gemini, piece: parts({ text: PIECE }) },
  'google: sources before the end': {
    ...{ provider: 'google', request: { ...gemini, n: 1 } },
    piece: frame({
      groundingMetadata: { groundingSupports: [{}], groundingChunks: [{ web: { uri: PIECE.repeat(MANY) } }] },
    }),
  },
  'google: a call that does not end': {
    ...{ provider: 'google', request: gemini, begin: parts({ functionCall: { name: 'f', willContinue: true } }) },
    piece: parts({ functionCall: { partialArgs: [{ jsonPath: '$.a', stringValue: PIECE }], willContinue: true } }),
  },
  'cohere: documents': {
    ...{ provider: 'cohere', request: { model: 'command-r' }, fields: { api_version: 'v1' } },
    piece: events({ event_type: 'search-results', documents: [{ id: PIECE, text: PIECE }] }),
  },
  ...Object.fromEntries(
    (['openai', 'azure-openai', 'groq', 'together-ai', 'mistral-ai'] as const).map((provider) => [
      `${provider}: reasoning that is to come back`,
      {
        ...{ provider, request: { model: 'm' }, fields: { deployment_id: 'm', resource_name: 'r' } },
        piece: events(chunk({ reasoning_details: [{ type: 'reasoning.encrypted', data: PIECE }] })),
      },
    ]),
  ),
  'mistral-ai: the same behind a prefix': {
    provider: 'mistral-ai',
    request: {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
      ],
    },
    piece: events(chunk({ reasoning_details: [{ type: 'reasoning.encrypted', data: PIECE }] })),
  },
}

async function read({ provider, request, fields = {}, begin = [], piece }: Stream, maxHeldBytes: number) {
  const assembler = chunkStage({
    decoder: (providers[provider] as Provider).decoder(ask(request), endpoint({ fields })),
    choices: 1,
    envelope: { id: 'chatcmpl-own', created: 1, model: 'm' },
    ...{ toolCalls: 'whole', strict: true, maxToolCallBytes: 100_000, maxHeldBytes, maxJsonBytes: 100_000 },
    demands: { failOn: [], json: false, afterToolResult: false },
    ...{ onContent() {}, onWhole() {} },
  })
  const { error } = await flow<Chunk>([...begin, ...Array(MANY).fill(piece).flat()], assembler)
  return error?.message ?? ''
}

describe('what a decoder keeps of a stream', () => {
  for (const [name, stream] of Object.entries(STREAMS)) {
    it(`has a limit: ${name}`, async () => {
      assert.match(await read(stream, LIMIT), /maxHeldBytes \(10000\)/)
      assert.doesNotMatch(await read(stream, DEFAULT_LIMITS.maxHeldBytes), /maxHeldBytes/)
    })
  }

  it('has none of the counts whose names a server made up', () => {
    const counts = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`of_${index}`, 1]))
    assert.deepEqual(mergeUsage({ input_tokens: 1 }, { ...counts, output_tokens: 2 }), {
      input_tokens: 1,
      output_tokens: 2,
    })
    assert.deepEqual(mergedCounts({}, { ...counts, totalTokenCount: 2 }), { totalTokenCount: 2 })
  })

  it('has a limit: openai: numbers of one call', () => {
    const { read } = toolCallReader()
    const numbered = () => {
      for (let index = 0; index < 20_000; index += 1) read({ index, id: 'a', function: {} })
    }
    assert.throws(numbered, /numbers its calls without end/)
  })
})
