import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import { providers } from '../../lib/providers/index.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { ChunkInit, Endpoint, WireEvent } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'
import { chunk } from '../helpers/openai-family.ts'

const REQUEST: ChatRequest = { model: 'some-model', messages: [{ role: 'user', content: 'Hi' }] }
const INVOKE = { bedrock_api: 'invoke', aws_region: 'us-east-1' } as const

function read(name: string, events: WireEvent[], fields: Endpoint['fields'] = {}, model = REQUEST.model): ChunkInit[] {
  const endpoint: Endpoint = { apiKey: 'key', customHost: undefined, fields, strict: true, fetchMedia: noMedia }
  const { decode } = (providers[name] ?? assert.fail(name)).decoder({ ...REQUEST, model }, endpoint)
  return events.flatMap((event) => [...decode(event)])
}

const plain = (...payloads: unknown[]): WireEvent[] =>
  payloads.map((payload) => ({ event: undefined, data: JSON.stringify(payload) }))

const joined = (pieces: ChunkInit[], field: 'content' | 'reasoning') =>
  pieces.map((piece) => piece[field] ?? '').join('')
const finishOf = (pieces: ChunkInit[]) => pieces.findLast(({ finish }) => finish !== undefined)?.finish

/** A stream of each dialect with these as its texts. */
const TEXTS: Record<string, (text: unknown) => WireEvent[]> = {
  openai: (text) => plain(chunk({ content: text })),
  'azure-openai': (text) => plain(chunk({ content: text })),
  groq: (text) => plain(chunk({ content: text })),
  'together-ai': (text) => plain(chunk({ content: text })),
  'mistral-ai': (text) => plain(chunk({ content: text })),
  anthropic: (text) => [
    ...plain(
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    ),
  ],
  google: (text) => plain({ candidates: [{ content: { parts: [{ text }] } }] }),
  'vertex-ai': (text) => plain({ candidates: [{ content: { parts: [{ text }] } }] }),
  cohere: (text) => plain({ type: 'content-delta', delta: { message: { content: { text } } } }),
  bedrock: (text) => [{ event: 'contentBlockDelta', data: JSON.stringify({ contentBlockIndex: 0, delta: { text } }) }],
}

describe('text in odd forms', () => {
  const forms: [string, unknown, string][] = [
    ['a number', 0.005, '0.005'],
    ['zero', 0, '0'],
    ['a boolean', true, 'true'],
    ['a list of strings', ['a', 'b'], 'ab'],
    ['a list of scalars', ['a', 1, false], 'a1false'],
    ['parts of an unknown type', [{ type: 'output_text', text: 'a' }, { text: 2 }], 'a2'],
    ['null', null, ''],
    ['an empty list', [], ''],
  ]
  for (const [name, events] of Object.entries(TEXTS)) {
    for (const [form, value, text] of forms) {
      it(`${name}: ${form} is its text`, () => assert.equal(joined(read(name, events(value)), 'content'), text))
    }
    it(`${name}: what cannot be read is a malformed stream`, () => {
      for (const value of [{ a: 1 }, [{ a: 1 }], [[1]], { text: {} }]) {
        assert.throws(() => read(name, events(value)), { kind: 'malformed' }, JSON.stringify(value))
      }
    })
  }

  it('parts that are no text are passed over, those that think are reasoning', () => {
    const content = [
      { type: 'image_url', image_url: 'x' },
      { type: 'thinking', thinking: ['Hm', { type: 'text', text: '.' }, { type: 'reference' }] },
      { type: 'refusal', refusal: 'No.' },
    ]
    assert.deepEqual(read('openai', plain({ choices: [{ index: 0, delta: { content } }] })), [
      { reasoning: 'Hm.', index: 0 },
      { refusal: 'No.', index: 0 },
    ])
  })

  it("bare texts in place of Gemini's parts, or of one", () => {
    for (const content of ['a', { parts: 'a' }, { parts: ['a'] }, { parts: { text: 'a' } }]) {
      assert.equal(joined(read('google', plain({ candidates: [{ content }] })), 'content'), 'a')
    }
  })

  it('a delta of a type to come within a text of Anthropic', () => {
    const delta = (type: string, index: number) => ({
      type: 'content_block_delta',
      index,
      delta: { type, text: 'b' },
    })
    const pieces = read(
      'anthropic',
      plain(
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'a' } },
        delta('new_text_delta', 0),
        { type: 'content_block_start', index: 1, content_block: { type: 'new_block' } },
        delta('new_text_delta', 1),
      ),
    )
    assert.equal(joined(pieces, 'content'), 'ab')
  })
})

describe('what stands in place of a delta', () => {
  const of = (...choices: object[]) => plain(...choices.map((choice) => ({ choices: [{ index: 0, ...choice }] })))

  it('a message is read like one', () => {
    for (const name of ['openai', 'azure-openai', 'groq', 'together-ai', 'mistral-ai']) {
      const pieces = read(name, of({ message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }))
      assert.deepEqual([joined(pieces, 'content'), finishOf(pieces)], ['Hello', 'stop'])
    }
  })

  it('a text is read like one, also beside an empty delta', () => {
    assert.equal(
      joined(read('openai', of({ text: 'a' }, { text: 'b', delta: { role: 'assistant' } })), 'content'),
      'ab',
    )
  })

  it('behind deltas, message and text are copies', () => {
    const pieces = read(
      'openai',
      of(
        { delta: { content: 'a' }, text: 'a' },
        { delta: {}, message: { content: 'a' } },
        { message: { content: 'a' } },
      ),
    )
    assert.equal(joined(pieces, 'content'), 'a')
  })
})

describe('an error in a choice', () => {
  const withError = (finish_reason: string | null, error: unknown) =>
    plain({ choices: [{ index: 0, delta: { content: 'a' }, finish_reason, error }] })

  for (const finish of ['stop', 'error', null]) {
    it(`is one beside the finish reason ${finish}, and its message the client's`, () => {
      const error = { code: 502, message: 'Upstream gave up' }
      assert.throws(() => read('openai', withError(finish, error)), { kind: 'in-band', message: 'Upstream gave up' })
    })
  }

  it('may be a text, or nested once more', () => {
    assert.throws(() => read('openai', withError('stop', 'Gone')), { message: 'Gone' })
    const nested = { error: { error: { message: 'Over capacity', type: 'internal_server_error' }, status_code: 503 } }
    assert.throws(
      () => read('groq', plain(nested)),
      (error) => error instanceof UpstreamError && error.message === 'Over capacity' && error.api.status === 503,
    )
  })

  it('null and false are none', () => {
    for (const error of [null, false, undefined]) {
      assert.equal(finishOf(read('openai', withError('stop', error))), 'stop')
    }
  })
})

/** An answer of each API as it is without streaming: a thought, a text, a call; and its end. */
const WHOLE: Record<string, { body: object; fields?: Endpoint['fields']; model?: string; thoughts?: false }> = {
  openai: {
    body: {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Hello',
            refusal: null,
            reasoning_content: 'Hm',
            tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    },
  },
  anthropic: {
    body: {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: 'S' },
        { type: 'text', text: 'Hello' },
        { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 1, output_tokens: 2 },
    },
  },
  google: {
    body: {
      candidates: [
        {
          content: {
            parts: [{ text: 'Hm', thought: true }, { text: 'Hello' }, { functionCall: { name: 'f', args: { x: 1 } } }],
          },
          finishReason: 'STOP',
        },
      ],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 },
    },
  },
  cohere: {
    body: {
      id: 'c',
      finish_reason: 'TOOL_CALL',
      message: {
        role: 'assistant',
        tool_plan: 'Hm',
        content: [{ type: 'text', text: 'Hello' }],
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
      },
      usage: { tokens: { input_tokens: 1, output_tokens: 2 } },
    },
  },
  bedrock: {
    body: {
      output: {
        message: {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'Hm', signature: 'S' } } },
            { text: 'Hello' },
            { toolUse: { toolUseId: 'a', name: 'f', input: { x: 1 } } },
          ],
        },
      },
      stopReason: 'tool_use',
      usage: { inputTokens: 1, outputTokens: 2 },
    },
  },
}
WHOLE['bedrock, Nova invoked'] = { body: WHOLE.bedrock?.body ?? {}, fields: INVOKE, model: 'amazon.nova-lite-v1:0' }
WHOLE['bedrock, Claude invoked'] = { body: WHOLE.anthropic?.body ?? {}, fields: INVOKE, model: 'anthropic.claude-3' }
WHOLE['bedrock, gpt-oss invoked'] = {
  body: WHOLE.openai?.body ?? {},
  fields: INVOKE,
  model: 'openai.gpt-oss-20b-1:0',
}

describe('an answer in one piece, in place of a stream', () => {
  for (const [name, { body, fields, model }] of Object.entries(WHOLE)) {
    it(`${name}: is read to the last field`, () => {
      const pieces = read(name.split(',')[0] as string, plain(body), fields, model)
      const calls = pieces.flatMap(({ toolCalls = [] }) => toolCalls)
      assert.equal(joined(pieces, 'reasoning'), 'Hm')
      assert.equal(joined(pieces, 'content'), 'Hello')
      assert.equal(calls.find((call) => call.name)?.name, 'f')
      assert.equal(calls.map((call) => call.arguments ?? '').join(''), '{"x":1}')
      assert.equal(finishOf(pieces), 'tool_calls')
      const usage = pieces.findLast((piece) => piece.usage !== undefined)?.usage
      assert.deepEqual([usage?.prompt_tokens, usage?.completion_tokens], [1, 2])
    })
  }

  it('Cohere v1: text, or calls whose plan it is', () => {
    const v1 = { api_version: 'v1' }
    const answer = { generation_id: 'g', text: 'Hello', finish_reason: 'COMPLETE', meta: { tokens: {} } }
    const text = read('cohere', plain(answer), v1)
    assert.deepEqual([joined(text, 'content'), finishOf(text)], ['Hello', 'stop'])
    const tool_calls = [{ name: 'f', parameters: { x: 1 } }]
    const called = read('cohere', plain({ ...answer, tool_calls }), v1)
    assert.deepEqual([joined(called, 'content'), joined(called, 'reasoning')], ['', 'Hello'])
    assert.equal(called.flatMap(({ toolCalls = [] }) => toolCalls)[0]?.arguments, '{"x":1}')
  })

  it('Titan: its text is in a list of results', () => {
    const body = {
      inputTextTokenCount: 1,
      results: [{ tokenCount: 2, outputText: 'Hello', completionReason: 'FINISHED' }],
    }
    const pieces = read('bedrock', plain(body), INVOKE, 'amazon.titan-text-express-v1')
    assert.deepEqual([joined(pieces, 'content'), finishOf(pieces)], ['Hello', 'stop'])
  })

  it('is an error where it is the body of one', () => {
    const bodies: [string, object, Endpoint['fields']?, string?][] = [
      ['openai', { error: { message: 'Oh.' } }],
      ['openai', { detail: 'Oh.' }],
      ['azure-openai', { statusCode: 429, message: 'Oh.' }],
      ['mistral-ai', { object: 'error', message: 'Oh.' }],
      ['anthropic', { type: 'error', error: { message: 'Oh.' } }],
      ['anthropic', { error: { message: 'Oh.' } }],
      ['google', { error: { message: 'Oh.' } }],
      ['cohere', { message: 'Oh.' }],
      ['bedrock', { message: 'Oh.' }],
      ['bedrock', { Message: 'Oh.' }, INVOKE, 'amazon.nova-lite-v1:0'],
    ]
    for (const [name, body, fields, model] of bodies) {
      assert.throws(() => read(name, plain(body), fields, model), { kind: 'in-band', message: 'Oh.' }, name)
    }
  })
})
