import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import { cohere } from '../../lib/providers/cohere.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { FinishReason } from '../../lib/types/chunk.ts'
import type { ChunkInit, Endpoint } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const request: ChatRequest = { model: 'command-a-03-2025', messages: [{ role: 'user', content: 'Hi' }] }
const endpoint: Endpoint = { apiKey: 'key', customHost: undefined, fields: {}, strict: true, fetchMedia: noMedia }

/** What the decoder tells of these events; pieces that tell nothing are left out. */
function decode(events: readonly unknown[], name?: string): ChunkInit[] {
  const decoder = cohere.decoder(request, endpoint)
  const inits = events.flatMap((event) => [
    ...decoder.decode({ event: name, data: typeof event === 'string' ? event : JSON.stringify(event) }),
  ])
  return inits.map(told).filter((init) => Object.keys(init).length > 0)
}

function told(init: ChunkInit): ChunkInit {
  return Object.fromEntries(Object.entries(init).filter(([, value]) => value !== ''))
}

function failure(events: readonly unknown[], name?: string): UpstreamError {
  try {
    decode(events, name)
  } catch (error) {
    assert(error instanceof UpstreamError, String(error))
    return error
  }
  assert.fail('nothing was thrown')
}

const message = (type: string, fields: Record<string, unknown>, index?: number) => ({
  type,
  ...(index === undefined ? {} : { index }),
  delta: { message: fields },
})
const start = {
  id: 'c2',
  ...message('message-start', { role: 'assistant', content: [], tool_plan: '', tool_calls: [] }),
}
const block = (type: string, content: Record<string, unknown>, index = 0) => message(type, { content }, index)
const say = (text: string, index = 0) => block('content-delta', { text }, index)
const think = (thinking: string) => block('content-delta', { thinking })
const call = (index: number | undefined, id: string, name: string) =>
  message('tool-call-start', { tool_calls: { id, type: 'function', function: { name, arguments: '' } } }, index)
const pass = (index: number | undefined, text: string) =>
  message('tool-call-delta', { tool_calls: { function: { arguments: text } } }, index)
const end = (finish_reason: unknown, more: Record<string, unknown> = {}) => ({
  type: 'message-end',
  delta: { finish_reason, ...more },
})
const usage = { billed_units: { input_tokens: 12, output_tokens: 7 }, tokens: { input_tokens: 507, output_tokens: 10 } }

/** A piece as `call` gives it. */
const begun = (key: number, id: string, name: string) => ({ toolCalls: [{ key, id, name, arguments: '' }] })
/** A piece as `pass` gives it. */
const passed = (key: number, text: string) => ({ toolCalls: [{ key, id: '', name: '', arguments: text }] })

describe('a stream of Cohere v2', () => {
  const scenarios: [string, unknown[], ChunkInit[]][] = [
    [
      'S1 plain text',
      [
        start,
        block('content-start', { type: 'text', text: '' }),
        say('The'),
        say(' end'),
        { type: 'content-end', index: 0 },
        end('COMPLETE', { usage: { ...usage, cached_tokens: 448 } }),
        '[DONE]',
      ],
      [
        { id: 'c2' },
        { content: 'The' },
        { content: ' end' },
        {
          finish: 'stop',
          usage: {
            prompt_tokens: 507,
            completion_tokens: 10,
            total_tokens: 517,
            prompt_tokens_details: { cached_tokens: 448 },
          },
          end: true,
        },
      ],
    ],
    [
      'S2 a plan and one call',
      [
        start,
        message('tool-plan-delta', { tool_plan: 'I will' }),
        message('tool-plan-delta', { tool_plan: ' look' }),
        call(0, 'w1', 'weather'),
        pass(0, '{"city":'),
        pass(0, '"SF"}'),
        { type: 'tool-call-end', index: 0 },
        end('TOOL_CALL'),
      ],
      [
        { id: 'c2' },
        { reasoning: 'I will' },
        { reasoning: ' look' },
        begun(0, 'w1', 'weather'),
        passed(0, '{"city":'),
        passed(0, '"SF"}'),
        { finish: 'tool_calls', end: true },
      ],
    ],
    [
      'S3 two calls, one without arguments',
      [
        start,
        call(0, 'w1', 'weather'),
        pass(0, '{}'),
        { type: 'tool-call-end', index: 0 },
        call(1, 't1', 'time'),
        { type: 'tool-call-end', index: 1 },
        end('TOOL_CALL'),
      ],
      [
        { id: 'c2' },
        begun(0, 'w1', 'weather'),
        passed(0, '{}'),
        begun(1, 't1', 'time'),
        { finish: 'tool_calls', end: true },
      ],
    ],
    ...[0, undefined].map((index): [string, unknown[], ChunkInit[]] => [
      `two calls that start at the index ${index}`,
      [
        call(index, 'w1', 'weather'),
        pass(index, '{"a":1}'),
        call(index, 't1', 'time'),
        pass(index, '{"b":'),
        pass(index, '2}'),
        end('TOOL_CALL'),
      ],
      [
        begun(0, 'w1', 'weather'),
        passed(0, '{"a":1}'),
        begun(1, 't1', 'time'),
        passed(1, '{"b":'),
        passed(1, '2}'),
        { finish: 'tool_calls', end: true },
      ],
    ]),
    [
      'S4 thinking and text',
      [
        start,
        block('content-start', { type: 'thinking', thinking: '' }),
        think('Hm'),
        { type: 'content-end', index: 0 },
        block('content-start', { type: 'text', text: '' }, 1),
        say('4', 1),
        { type: 'content-end', index: 1 },
        end('COMPLETE', { usage: { tokens: { input_tokens: 1, output_tokens: 5, reasoning_tokens: 3 } } }),
      ],
      [
        { id: 'c2' },
        { reasoning: 'Hm' },
        { content: '4' },
        {
          finish: 'stop',
          usage: {
            prompt_tokens: 1,
            completion_tokens: 5,
            total_tokens: 6,
            completion_tokens_details: { reasoning_tokens: 3 },
          },
          end: true,
        },
      ],
    ],
    [
      'S5 out of tokens',
      [start, say('The'), end('MAX_TOKENS')],
      [{ id: 'c2' }, { content: 'The' }, { finish: 'length', end: true }],
    ],
  ]
  for (const [name, events, expected] of scenarios) {
    it(`tells ${name}`, () => assert.deepEqual(decode(events), expected))
  }

  it('tells S7 and S8, an error hidden in the last event, as that error', () => {
    const text = 'your request resulted in an invalid tool generation'
    for (const before of [[], [start], [start, say('The')]]) {
      const error = failure([
        ...before,
        end('ERROR', { usage: {}, error: text, error_type: 'INVALID_TOOL_GENERATION' }),
      ])
      assert.equal(error.kind, 'in-band')
      assert.equal(error.api.status, 500)
      assert.equal(error.api.message, text)
      assert.equal(error.api.code, 'INVALID_TOOL_GENERATION')
      assert.equal(error.api.retryable, true)
    }
  })

  const failures: [string, unknown, number][] = [
    ['ERROR without a word', end('ERROR'), 500],
    ['TIMEOUT', end('TIMEOUT'), 504],
    ['an error text beside COMPLETE', end('COMPLETE', { error: 'broken' }), 500],
    ['an error text without a reason', end(undefined, { error: 'broken' }), 500],
    ['too many tokens', end('ERROR', { error: 'too many tokens: 7' }), 400],
    ['an error event without a word', { type: 'error' }, 500],
    ['an error event', { type: 'error', message: 'broken' }, 500],
    ['an error body in place of an event', { id: '1', message: 'broken' }, 500],
  ]
  for (const [name, event, status] of failures) {
    it(`fails for ${name}`, () => {
      const error = failure([start, say('The'), event])
      assert.equal(error.kind, 'in-band')
      assert.equal(error.api.status, status)
      assert.notEqual(error.message, '')
    })
  }

  it('fails for an event named error', () => {
    assert.equal(failure([{ error: 'broken' }], 'error').message, 'broken')
  })

  it('fails for what is not JSON', () => {
    assert.equal(failure(['{"type":']).kind, 'malformed')
  })

  const reasons: [string, FinishReason][] = [
    ['COMPLETE', 'stop'],
    ['STOP_SEQUENCE', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['TOOL_CALL', 'tool_calls'],
    ['ERROR_TOXIC', 'content_filter'],
    ['ERROR_LIMIT', 'length'],
    ['USER_CANCEL', 'stop'],
  ]
  for (const [reason, finish] of reasons) {
    it(`ends ${reason} with ${finish}`, () => assert.deepEqual(decode([end(reason)]), [{ finish, end: true }]))
  }

  for (const reason of ['SOMETHING_NEW', 'ERROR_TO_COME', 'constructor']) {
    it(`has failed on ${reason}`, () => assert.equal(failure([say('The'), end(reason)]).kind, 'broken-end'))
  }

  it('does not make up a reason for an end without one', () => {
    for (const event of [end(undefined), end(null), end({}), { type: 'message-end' }]) {
      assert.deepEqual(decode([event]), [{ end: true }])
    }
  })

  it('does not take [DONE] for the end', () => {
    assert.deepEqual(decode(['[DONE]', ' [DONE] ']), [])
    assert.deepEqual(decode([say('[DONE]')]), [{ content: '[DONE]' }])
  })

  it('goes by the name of the event where the JSON has no type', () => {
    assert.deepEqual(decode([{ delta: { message: { content: { text: 'a' } } } }], 'content-delta'), [{ content: 'a' }])
  })

  it('counts billed units where tokens are missing, one by one', () => {
    const billed_units = { input_tokens: 12, output_tokens: 7 }
    const rows: [Record<string, unknown>, number, number][] = [
      [{ billed_units }, 12, 7],
      [{ billed_units, tokens: { output_tokens: 9 } }, 12, 9],
      [{ tokens: { input_tokens: 3 } }, 3, 0],
      [{ tokens: { output_tokens: 4 } }, 0, 4],
    ]
    for (const [usage, prompt_tokens, completion_tokens] of rows) {
      const total_tokens = prompt_tokens + completion_tokens
      const expected = { prompt_tokens, completion_tokens, total_tokens }
      assert.deepEqual(decode([end('COMPLETE', { usage })]), [{ finish: 'stop', usage: expected, end: true }])
    }
  })

  it('tells citations of URLs as annotations, and all citations as they are', () => {
    const sources = [
      { type: 'document', id: 'd', document: { url: 'https://x.test', title: 'X' } },
      { type: 'tool', id: 't:0', tool_output: { url: 'https://y.test' } },
      { type: 'tool', id: 't:1', tool_output: { content: 'no URL' } },
    ]
    const citation = { start: 3, end: 7, text: 'fact', sources, type: 'TEXT_CONTENT' }
    const cite = (citations: Record<string, unknown>) => decode([message('citation-start', { citations }, 0)])
    assert.deepEqual(cite(citation), [
      {
        annotations: [
          { type: 'url_citation', url_citation: { start_index: 3, end_index: 7, url: 'https://x.test', title: 'X' } },
          { type: 'url_citation', url_citation: { start_index: 3, end_index: 7, url: 'https://y.test', title: '' } },
        ],
        vendor: { delta: { citations: [citation] } },
      },
    ])
    for (const type of ['PLAN', 'THINKING_CONTENT']) {
      assert.deepEqual(cite({ ...citation, type }), [{ vendor: { delta: { citations: [{ ...citation, type }] } } }])
    }
    assert.deepEqual(decode([{ type: 'citation-end', index: 0 }]), [])
  })

  it("tells logprobs under the vendor's name, since one event may hold several tokens", () => {
    const logprobs = { text: 'The', token_ids: [1, 2], logprobs: [-0.1, -0.2] }
    assert.deepEqual(decode([{ ...say('The'), logprobs }]), [
      { content: 'The' },
      { vendor: { choice: { cohere_logprobs: logprobs } } },
    ])
  })

  it('ignores events that it does not know', () => {
    assert.deepEqual(decode([{ type: 'debug', prompt: '<BOS>' }, { type: 'to-come' }, {}]), [])
  })
})
