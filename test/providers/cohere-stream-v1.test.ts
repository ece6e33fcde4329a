import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import { cohere } from '../../lib/providers/cohere.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { FinishReason } from '../../lib/types/chunk.ts'
import type { ChunkInit, Endpoint } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const request: ChatRequest = { model: 'command-r', messages: [{ role: 'user', content: 'Hi' }] }
const endpoint: Endpoint = {
  apiKey: 'key',
  customHost: undefined,
  fields: { api_version: 'v1' },
  strict: true,
  fetchMedia: noMedia,
}

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

const event = (event_type: string, fields: Record<string, unknown>) => ({ is_finished: false, event_type, ...fields })
const start = event('stream-start', { generation_id: '586a' })
const say = (text: string) => event('text-generation', { text })
const plan = (text: string) => event('tool-calls-chunk', { text })
const piece = (tool_call_delta: Record<string, unknown>) => event('tool-calls-chunk', { tool_call_delta })
const end = (fields: Record<string, unknown>) => ({ is_finished: true, event_type: 'stream-end', ...fields })

const whole = {
  text: 'I will look',
  tool_calls: [
    { name: 'weather', parameters: { city: 'SF' } },
    { name: 'time', parameters: null },
  ],
}
const calls = {
  toolCalls: [
    { key: 0, name: 'weather', arguments: '{"city":"SF"}' },
    { key: 1, name: 'time', arguments: '{}' },
  ],
}
const pieces = [
  piece({ name: 'weather' }),
  piece({ index: 0, parameters: '{\n "city"' }),
  piece({ index: 0, parameters: ': "SF"}' }),
]
const stop: ChunkInit = { finish: 'stop', end: true }

describe('a stream of Cohere v1', () => {
  const meta = {
    billed_units: { input_tokens: 9, output_tokens: 3 },
    tokens: { input_tokens: 75, output_tokens: 4 },
    cached_tokens: 60,
  }
  const scenarios: [string, unknown[], ChunkInit[]][] = [
    [
      'S1 plain text, which the last event repeats',
      [start, say('Hel'), say('lo'), end({ finish_reason: 'COMPLETE', response: { text: 'Hello', meta } })],
      [
        { id: '586a' },
        { content: 'Hel' },
        { content: 'lo' },
        {
          finish: 'stop',
          usage: {
            prompt_tokens: 75,
            completion_tokens: 4,
            total_tokens: 79,
            prompt_tokens_details: { cached_tokens: 60 },
          },
          end: true,
        },
      ],
    ],
    [
      'S2 and S3 a plan and calls, told three times, once',
      [
        start,
        plan('I will'),
        plan(' look'),
        ...pieces,
        event('tool-calls-generation', whole),
        end({ finish_reason: 'COMPLETE', response: whole }),
      ],
      [{ id: '586a' }, { reasoning: 'I will' }, { reasoning: ' look' }, calls, stop],
    ],
    [
      'calls that come whole only, with their plan',
      [start, event('tool-calls-generation', whole), end({ finish_reason: 'COMPLETE', response: whole })],
      [{ id: '586a' }, { reasoning: 'I will look' }, calls, stop],
    ],
    [
      'calls that the last event alone tells whole',
      [start, say('Look'), ...pieces, end({ response: { ...whole, finish_reason: 'COMPLETE' } })],
      [{ id: '586a' }, { content: 'Look' }, calls, stop],
    ],
    [
      'a plan inside the pieces of a call',
      [piece({ text: 'I will' }), event('tool-calls-generation', whole), end({ finish_reason: 'COMPLETE' })],
      [{ reasoning: 'I will' }, calls, stop],
    ],
    [
      'S5 out of tokens inside a call, which is left out',
      [start, ...pieces, end({ finish_reason: 'MAX_TOKENS', response: { text: '', tool_calls: null } })],
      [{ id: '586a' }, { finish: 'length', end: true }],
    ],
    [
      'S6 a filtered answer',
      [start, say('The'), end({ finish_reason: 'ERROR_TOXIC', response: {} })],
      [{ id: '586a' }, { content: 'The' }, { finish: 'content_filter', end: true }],
    ],
    [
      'the end by is_finished alone',
      [{ is_finished: true, event_type: 'text-generation', text: 'Hi', finish_reason: 'COMPLETE' }],
      [{ content: 'Hi' }, stop],
    ],
    ['the end by its type alone', [{ event_type: 'stream-end', finish_reason: 'COMPLETE' }], [stop]],
    ['no reason where there is none', [end({}), end({ response: null })], [{ end: true }, { end: true }]],
  ]
  for (const [name, events, expected] of scenarios) {
    it(`tells ${name}`, () => assert.deepEqual(decode(events), expected))
  }

  const reasons: Record<string, FinishReason> = {
    COMPLETE: 'stop',
    STOP_SEQUENCE: 'stop',
    MAX_TOKENS: 'length',
    ERROR_TOXIC: 'content_filter',
    ERROR_LIMIT: 'length',
    USER_CANCEL: 'stop',
  }
  for (const [finish_reason, finish] of Object.entries(reasons)) {
    it(`ends ${finish_reason} with ${finish}, on the event or in the response`, () => {
      assert.deepEqual(decode([end({ finish_reason })]), [{ finish, end: true }])
      assert.deepEqual(decode([end({ response: { finish_reason } })]), [{ finish, end: true }])
    })
  }

  const failures: [string, unknown, number][] = [
    ['ERROR', end({ finish_reason: 'ERROR' }), 500],
    ['ERROR in the response', end({ response: { finish_reason: 'ERROR' } }), 500],
    ['TIMEOUT', end({ finish_reason: 'TIMEOUT' }), 504],
    ['an error text', end({ finish_reason: 'ERROR', error: 'broken' }), 500],
    ['an error text in the response', end({ finish_reason: 'COMPLETE', response: { error: 'broken' } }), 500],
    ['an error body in place of an event', { message: 'broken' }, 500],
    ['too many tokens', { message: 'too many tokens: 7', error_type: 'X' }, 400],
  ]
  for (const [name, last, status] of failures) {
    it(`fails for ${name}`, () => {
      const error = failure([start, say('The'), last])
      assert.equal(error.kind, 'in-band')
      assert.equal(error.api.status, status)
    })
  }

  it('fails for a call that was begun and never told whole', () => {
    assert.equal(failure([start, ...pieces, end({ finish_reason: 'COMPLETE', response: {} })]).kind, 'malformed')
  })

  it('fails for what is not JSON', () => {
    assert.equal(failure(['{"is_finished":']).kind, 'malformed')
  })

  it('reads server-sent events too', () => {
    assert.deepEqual(decode([{ is_finished: false, text: 'a' }], 'text-generation'), [{ content: 'a' }])
    assert.deepEqual(decode([' [DONE]']), [])
    assert.equal(failure([{ error: 'broken' }], 'error').message, 'broken')
  })

  it('tells citations of documents with a URL as annotations, and all citations as they are', () => {
    const documents = [
      { id: 'w:1', url: 'https://x.test', title: 'X' },
      { id: 't:0', output: '5' },
    ]
    const both = { start: 3, end: 7, text: 'fact', document_ids: ['w:1', 't:0', 'lost'] }
    const none = { start: 8, end: 9, text: '5', document_ids: ['t:0'] }
    const results = event('search-results', { documents })
    const citations = [both, none]
    assert.deepEqual(decode([results, event('citation-generation', { citations }), end({ response: { citations } })]), [
      {
        annotations: [
          { type: 'url_citation', url_citation: { start_index: 3, end_index: 7, url: 'https://x.test', title: 'X' } },
        ],
        vendor: { delta: { citations: [both] } },
      },
      { vendor: { delta: { citations: [none] } } },
      { end: true },
    ])
  })

  it('ignores events that it does not know', () => {
    const queries = event('search-queries-generation', { search_queries: [{ text: 'q' }] })
    assert.deepEqual(decode([queries, event('debug', { prompt: 'p' }), event('to-come', {}), {}]), [])
  })
})
