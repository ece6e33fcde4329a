import assert from 'node:assert/strict'
import type { StopReason as AnthropicReason } from '@anthropic-ai/sdk/resources/messages'
import { StopReason as BedrockReason } from '@aws-sdk/client-bedrock-runtime'
import { FinishReason as GeminiReason } from '@google/genai'
import { CompletionResponseStreamChoiceFinishReason as MistralReason } from '@mistralai/mistralai/models/components'
import { Cohere } from 'cohere-ai'
import type Groq from 'groq-sdk'
import type OpenAI from 'openai'
import type Together from 'together-ai'
import { UpstreamError } from '../../lib/errors.ts'
import { providers } from '../../lib/providers/index.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { FinishReason } from '../../lib/types/chunk.ts'
import type { Endpoint, WireEvent } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

/** `failure`: an error of the provider's own; `broken`: an end that is none; `pause`: none yet. */
type Fate = FinishReason | 'failure' | 'broken' | 'pause'

type ReasonOf<Choice extends { finish_reason?: string | null }> = NonNullable<Choice['finish_reason']>

const OPENAI = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
} as const satisfies Record<ReasonOf<OpenAI.ChatCompletionChunk.Choice>, Fate>

const GROQ = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
} as const satisfies Record<ReasonOf<Groq.Chat.ChatCompletionChunk.Choice>, Fate>

const TOGETHER = {
  ...GROQ,
  eos: 'stop',
} as const satisfies Record<ReasonOf<Together.Chat.ChatCompletionChunk.Choice>, Fate>

const MISTRAL = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  error: 'broken',
} as const satisfies Record<(typeof MistralReason)[keyof typeof MistralReason], Fate>

const ANTHROPIC = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
  // Its blocks are wanted back, and are kept only where the request asks for tools that Anthropic runs itself.
  pause_turn: 'broken',
} as const satisfies Record<AnthropicReason, Fate>

const BEDROCK = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
  malformed_model_output: 'broken',
  malformed_tool_use: 'broken',
} as const satisfies Record<BedrockReason, Fate>

const COHERE = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  USER_CANCEL: 'stop',
  MAX_TOKENS: 'length',
  ERROR_LIMIT: 'length',
  TOOL_CALL: 'tool_calls',
  ERROR_TOXIC: 'content_filter',
  ERROR: 'failure',
  TIMEOUT: 'failure',
} as const satisfies Record<Cohere.FinishReason | Cohere.ChatFinishReason | Cohere.ChatStreamEndEventFinishReason, Fate>

const GEMINI = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
  IMAGE_PROHIBITED_CONTENT: 'content_filter',
  IMAGE_RECITATION: 'content_filter',
  FINISH_REASON_UNSPECIFIED: 'broken',
  LANGUAGE: 'broken',
  OTHER: 'broken',
  MALFORMED_FUNCTION_CALL: 'broken',
  UNEXPECTED_TOOL_CALL: 'broken',
  TOO_MANY_TOOL_CALLS: 'broken',
  NO_IMAGE: 'broken',
  IMAGE_OTHER: 'broken',
  // A pause only with its token.
  CONTINUATION: 'broken',
  MALFORMED_RESPONSE: 'broken',
} as const satisfies Record<`${GeminiReason}`, Fate>

/** Reasons of models and servers without an SDK. */
const TEXT_MODELS = {
  stop: 'stop',
  length: 'length',
  FINISHED: 'stop',
  LENGTH: 'length',
  STOP_CRITERIA_MET: 'stop',
  CONTENT_FILTERED: 'content_filter',
} as const satisfies Record<string, Fate>

/** Words that mean the same in every dialect. */
const SYNONYMS: Record<string, Fate> = {
  ...OPENAI,
  eos: 'stop',
  eos_token: 'stop',
  stop_sequence: 'stop',
  end_turn: 'stop',
  COMPLETE: 'stop',
  STOP: 'stop',
  max_tokens: 'length',
  model_length: 'length',
  MAX_TOKENS: 'length',
  model_context_window_exceeded: 'length',
  sensitive: 'content_filter',
}

const UNKNOWN = [
  'FUNCTION_CALL',
  'abort',
  'network_error',
  'insufficient_system_resource',
  'error',
  'some_new_reason',
  'constructor',
]

const ALL_REASONS = [
  ...new Set(
    [OPENAI, GROQ, TOGETHER, MISTRAL, ANTHROPIC, BEDROCK, COHERE, GEMINI, TEXT_MODELS, SYNONYMS].flatMap(Object.keys),
  ),
  ...UNKNOWN,
]

interface Story {
  text: boolean
  call: boolean
  reason: string
}

/** One provider, or one of the APIs that it speaks. */
interface Dialect {
  ends: Record<string, Fate>
  fields?: Endpoint['fields']
  model?: string
  events(story: Story): WireEvent[]
}

const event = (payload: unknown, name?: string): WireEvent => ({ event: name, data: JSON.stringify(payload) })
const ifIt = <T>(condition: boolean, ...items: T[]) => (condition ? items : [])

const openaiEvents = ({ text, call, reason }: Story): WireEvent[] => {
  const chunk = (delta: unknown, finish_reason: string | null = null) =>
    event({ id: 'c', choices: [{ index: 0, delta, finish_reason }] })
  const called = [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }]
  return [
    ...ifIt(text, chunk({ content: 'Hi' })),
    ...ifIt(call, chunk({ tool_calls: called })),
    chunk({}, reason),
    { event: undefined, data: '[DONE]' },
  ]
}

const anthropicEvents = ({ text, call, reason }: Story): WireEvent[] =>
  [
    { type: 'message_start', message: { id: 'm', content: [] } },
    ...ifIt<object>(
      text,
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
      { type: 'content_block_stop', index: 0 },
    ),
    ...ifIt<object>(
      call,
      { type: 'content_block_start', index: 1, content_block: { type: 'tool_use', id: 'a', name: 'f', input: {} } },
      { type: 'content_block_stop', index: 1 },
    ),
    { type: 'message_delta', delta: { stop_reason: reason } },
    { type: 'message_stop' },
  ].map((each) => event(each, (each as { type: string }).type))

const geminiEvents = ({ text, call, reason }: Story): WireEvent[] => {
  const frame = (parts: object[], finishReason?: string) =>
    event({ candidates: [{ index: 0, content: { role: 'model', parts }, finishReason }] })
  return [
    ...ifIt(text, frame([{ text: 'Hi' }])),
    ...ifIt(call, frame([{ functionCall: { name: 'f', args: {} } }])),
    frame([], reason),
  ]
}

const converse = ({ text, call, reason }: Story): [string, object][] => [
  ['messageStart', { role: 'assistant' }],
  ...ifIt<[string, object]>(text, ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hi' } }]),
  ...ifIt<[string, object]>(call, [
    'contentBlockStart',
    { contentBlockIndex: 1, start: { toolUse: { toolUseId: 'a', name: 'f' } } },
  ]),
  ['messageStop', { stopReason: reason }],
]

const cohereV2 = ({ text, call, reason }: Story): WireEvent[] => {
  const called = { id: 'a', function: { name: 'f', arguments: '{}' } }
  return [
    ...ifIt(text, event({ type: 'content-delta', delta: { message: { content: { text: 'Hi' } } } })),
    ...ifIt(call, event({ type: 'tool-call-start', index: 0, delta: { message: { tool_calls: called } } })),
    event({ type: 'message-end', delta: { finish_reason: reason } }),
  ]
}

const cohereV1 = ({ text, call, reason }: Story): WireEvent[] => [
  ...ifIt(text, event({ event_type: 'text-generation', text: 'Hi' })),
  ...ifIt(call, event({ event_type: 'tool-calls-generation', tool_calls: [{ name: 'f', parameters: {} }] })),
  event({ event_type: 'stream-end', is_finished: true, finish_reason: reason }),
]

/** As chunks of InvokeModelWithResponseStream. */
const invoked = (events: (story: Story) => WireEvent[]) => (story: Story) =>
  events(story).map(({ data }) => event({ bytes: Buffer.from(data).toString('base64') }, 'chunk'))

const INVOKE = { bedrock_api: 'invoke', aws_region: 'us-east-1' } as const
const openaiLike = (ends: Record<string, Fate>): Dialect => ({ ends, events: openaiEvents })
const invokedModel = (model: string, ends: Record<string, Fate>, events: Dialect['events']): Dialect => ({
  ends,
  fields: INVOKE,
  model,
  events: invoked(events),
})

const GEMINI_AND_EMULATORS = { ...GEMINI, FUNCTION_CALL: 'tool_calls' } as const

const DIALECTS: Record<string, Dialect> = {
  openai: openaiLike(OPENAI),
  'azure-openai': openaiLike(OPENAI),
  groq: openaiLike(GROQ),
  'together-ai': openaiLike(TOGETHER),
  'mistral-ai': openaiLike(MISTRAL),
  anthropic: { ends: ANTHROPIC, events: anthropicEvents },
  google: { ends: GEMINI_AND_EMULATORS, events: geminiEvents },
  'vertex-ai': { ends: GEMINI_AND_EMULATORS, events: geminiEvents },
  cohere: { ends: COHERE, events: cohereV2 },
  'cohere v1': { ends: COHERE, fields: { api_version: 'v1' }, events: cohereV1 },
  bedrock: {
    ends: BEDROCK,
    model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    events: (story) => converse(story).map(([name, payload]) => event(payload, name)),
  },
  'bedrock, Claude invoked': invokedModel('anthropic.claude-sonnet-4-5-20250929-v1:0', ANTHROPIC, anthropicEvents),
  'bedrock, Nova invoked': invokedModel('amazon.nova-lite-v1:0', BEDROCK, (story) =>
    converse(story).map(([name, payload]) => event({ [name]: payload })),
  ),
  'bedrock, Command R invoked': invokedModel('cohere.command-r-v1:0', COHERE, cohereV1),
  'bedrock, gpt-oss invoked': invokedModel('openai.gpt-oss-20b-1:0', OPENAI, openaiEvents),
  'bedrock, Llama invoked': invokedModel('meta.llama3-8b-instruct-v1:0', TEXT_MODELS, ({ text, reason }) => [
    event({ generation: text ? 'Hi' : '', stop_reason: null }),
    event({ generation: '', stop_reason: reason, generation_token_count: 1 }),
  ]),
  'bedrock, Mixtral invoked': invokedModel('mistral.mixtral-8x7b-instruct-v0:1', TEXT_MODELS, ({ text, reason }) => [
    event({ outputs: [{ text: text ? 'Hi' : '', stop_reason: null }] }),
    event({ outputs: [{ text: '', stop_reason: reason }] }),
  ]),
  'bedrock, Titan invoked': invokedModel('amazon.titan-text-express-v1', TEXT_MODELS, ({ text, reason }) => [
    event({ outputText: text ? 'Hi' : '' }),
    event({ outputText: '', completionReason: reason, totalOutputTextTokenCount: 1 }),
  ]),
}

function fateOf(name: string, { fields = {}, model = 'some-model', events }: Dialect, story: Story): Fate | undefined {
  const request: ChatRequest = { model, messages: [{ role: 'user', content: 'Hi' }] }
  const endpoint: Endpoint = { apiKey: 'key', customHost: undefined, fields, strict: true, fetchMedia: noMedia }
  const provider = providers[name.split(/[ ,]/)[0] as string] ?? assert.fail(`no provider ${name}`)
  const { decode } = provider.decoder(request, endpoint)
  try {
    const pieces = events(story).flatMap((each) => [...decode(each)])
    if (pieces.some(({ pause }) => pause !== undefined)) return 'pause'
    return pieces.findLast(({ finish }) => finish !== undefined)?.finish
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error
    if (error.kind === 'broken-end') {
      assert.equal(error.message, `The provider ended its answer with '${story.reason}'.`)
      assert.deepEqual([error.api.status, error.api.retryable], [502, true])
      return 'broken'
    }
    return 'failure'
  }
}

describe("the ends that the providers' own SDKs know", () => {
  const lists: [string, Record<string, Fate>, string[]][] = [
    ['Gemini', GEMINI, Object.values(GeminiReason)],
    ['Bedrock', BEDROCK, Object.values(BedrockReason)],
    ['Mistral', MISTRAL, Object.values(MistralReason)],
    [
      'Cohere',
      COHERE,
      [Cohere.FinishReason, Cohere.ChatFinishReason, Cohere.ChatStreamEndEventFinishReason].flatMap(Object.values),
    ],
  ]
  for (const [name, table, reasons] of lists) {
    it(`${name}: the list at run time is that of the types`, () => {
      assert.deepEqual(Object.keys(table).sort(), [...new Set(reasons)].sort())
    })
  }

  it('are tried for every provider', () => {
    for (const name of Object.keys(providers)) assert.ok(name in DIALECTS, name)
  })

  for (const [name, dialect] of Object.entries(DIALECTS)) {
    describe(name, () => {
      for (const reason of ALL_REASONS) {
        const expected = { ...SYNONYMS, ...dialect.ends }
        const fate = Object.hasOwn(expected, reason) ? (expected[reason] as Fate) : 'broken'
        it(`${reason}: ${fate}, with and without text and a call`, () => {
          for (const text of [true, false]) {
            for (const call of [true, false]) {
              const actual = fateOf(name, dialect, { text, call, reason })
              // Gemini ends in the same way whether it calls or not.
              const wanted = actual === 'tool_calls' && call && fate === 'stop' ? 'tool_calls' : fate
              assert.equal(actual, wanted, JSON.stringify({ text, call }))
            }
          }
        })
      }
    })
  }
})
