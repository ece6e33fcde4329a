import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import { anthropicDecoder } from '../../lib/providers/anthropic/stream.ts'
import {
  block,
  callBlock,
  close,
  decode,
  delta,
  finish,
  open,
  ping,
  REQUEST,
  start,
  stop,
  story,
  textBlock,
  thoughtBlock,
} from './anthropic-fixtures.ts'

function failure(events: unknown[]): UpstreamError {
  try {
    decode(events)
  } catch (error) {
    assert(error instanceof UpstreamError, String(error))
    return error
  }
  throw new Error('nothing failed')
}

const last = <T>(list: T[]) => list.filter((item) => item !== undefined).at(-1)
describe('the Anthropic stream', () => {
  it('tells the envelope from the start', () => {
    assert.deepEqual(decode([start({ usage: { input_tokens: 12, output_tokens: 1, service_tier: 'standard' } })]), [
      { id: 'chatcmpl-msg_1', model: 'claude-sonnet-4-5' },
      {
        usage: {
          prompt_tokens: 12,
          completion_tokens: 1,
          total_tokens: 13,
          prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
        },
        service_tier: 'default',
      },
    ])
  })

  it('decodes text (S1)', () => {
    assert.deepEqual(story([start(), ping, ...textBlock(0, 'Hel', 'lo'), finish('end_turn'), stop]), [
      { content: 'Hel' },
      { content: 'lo' },
      { finish: 'stop' },
      { end: true },
    ])
  })

  it('decodes text and a tool call (S2)', () => {
    assert.deepEqual(
      story([start(), ...textBlock(0, 'Hi'), ...callBlock(1, '', '{"a":', '1}'), finish('tool_use'), stop]),
      [
        { content: 'Hi' },
        { toolCalls: [{ key: 1, id: 'id_1', name: 'f1' }] },
        { toolCalls: [{ key: 1, arguments: '{"a":' }] },
        { toolCalls: [{ key: 1, arguments: '1}' }] },
        { finish: 'tool_calls' },
        { end: true },
      ],
    )
  })

  it('decodes two tool calls (S3)', () => {
    assert.deepEqual(story([start(), ...callBlock(0, '{}'), ping, ...callBlock(1, ''), finish('tool_use'), stop]), [
      { toolCalls: [{ key: 0, id: 'id_0', name: 'f0' }] },
      { toolCalls: [{ key: 0, arguments: '{}' }] },
      { toolCalls: [{ key: 1, id: 'id_1', name: 'f1' }] },
      { finish: 'tool_calls' },
      { end: true },
    ])
  })

  it('decodes reasoning and text (S4)', () => {
    assert.deepEqual(
      story([start(), ...thoughtBlock(0, 'hm', 'sig'), ...textBlock(1, 'Hi'), finish('end_turn'), stop]),
      [{ reasoning: 'hm' }, { content: 'Hi' }, { finish: 'stop' }, { end: true }],
    )
  })

  it('leaves a cut tool call as it is (S5)', () => {
    for (const cut of [callBlock(0, '{"a":'), callBlock(0, '{"a":').slice(0, -1)]) {
      assert.deepEqual(story([start(), ...cut, finish('max_tokens'), stop]).slice(1), [
        { toolCalls: [{ key: 0, arguments: '{"a":' }] },
        { finish: 'length' },
        { end: true },
      ])
    }
  })

  it('decodes a refusal without blocks, and its explanation (S6)', () => {
    const details = { stop_details: { type: 'refusal', category: 'cyber', explanation: 'Not this.' } }
    assert.deepEqual(story([start(), ping, finish('refusal', {}, details), finish(null), stop]), [
      { refusal: 'Not this.' },
      { finish: 'content_filter' },
      { finish: 'content_filter' },
      { end: true },
    ])
    const silent = { stop_details: { type: 'refusal', explanation: null } }
    assert.deepEqual(story([start(), ...textBlock(0, 'Well'), finish('refusal', {}, silent), stop]), [
      { content: 'Well' },
      { finish: 'content_filter' },
      { end: true },
    ])
  })

  const errors: [string, number, boolean, string | null][] = [
    ['overloaded_error', 503, true, 'overloaded'],
    ['rate_limit_error', 429, true, 'rate_limit_exceeded'],
    ['api_error', 500, true, null],
    ['timeout_error', 504, true, 'upstream_timeout'],
    ['invalid_request_error', 400, false, null],
    ['authentication_error', 401, false, 'invalid_api_key'],
    ['something_new', 500, true, null],
  ]
  for (const [type, status, retryable, code] of errors) {
    it(`fails on a ${type}, first of all or in the middle (S7, S8)`, () => {
      const error = { type: 'error', error: { type, message: 'Oh.' }, request_id: null }
      for (const before of [[], [ping], [start(), ...textBlock(0, 'Hi')]]) {
        const { kind, api } = failure([...before, error])
        assert.equal(kind, 'in-band')
        assert.deepEqual([api.status, api.retryable, api.code, api.message], [status, retryable, code, 'Oh.'])
      }
    })
  }

  it('takes an event of the name error for an error whatever it holds', () => {
    const decoder = anthropicDecoder(REQUEST, { strict: true })
    assert.throws(() => [...decoder.decode({ event: 'error', data: '{"message":"Oh."}' })], {
      kind: 'in-band',
      message: 'Oh.',
    })
  })

  it('yields no end without message_stop (S8)', () => {
    const whole = [start(), ...textBlock(0, 'Hi'), ...callBlock(1, '{}'), finish('tool_use'), stop]
    for (let cut = 0; cut < whole.length; cut++) {
      assert(decode(whole.slice(0, cut)).every(({ end }) => end === undefined))
    }
    assert(decode(whole).at(-1)?.end)
  })

  it('takes a message_stop without a stop reason for a cut', () => {
    assert.equal(failure([start(), ...textBlock(0, 'Hi'), stop]).kind, 'truncated')
    assert.equal(failure([start(), ...textBlock(0, 'Hi'), finish(null), stop]).kind, 'truncated')
  })

  const reasons = [
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'],
    ['tool_use', 'tool_calls'],
  ] as const
  for (const [reason, expected] of reasons) {
    it(`finishes with ${expected} on ${reason}, when no tool was called`, () => {
      assert.equal(last(decode([start(), finish(reason)]).map((init) => init.finish)), expected)
    })
  }

  for (const reason of ['pause_turn', 'compaction', 'something_new', 'constructor']) {
    it(`has failed on ${reason}`, () => {
      const { kind, message } = failure([start(), ...textBlock(0, 'Hi'), finish(reason), stop])
      assert.deepEqual([kind, message], ['broken-end', `The provider ended its answer with '${reason}'.`])
    })
  }

  it('makes no tool call of what the server runs', () => {
    const server = [
      ...block(0, 'server_tool_use', 'web_search', '', '{"query":', '"x"}'),
      open(1, { type: 'web_search_tool_result', tool_use_id: 'id_0', content: [{ type: 'web_search_result' }] }),
      close(1),
      ...block(2, 'mcp_tool_use', 'ask', '{}'),
      open(3, { type: 'compaction', content: null }),
      delta(3, { type: 'compaction_delta', content: 'summary' }),
      close(3),
      open(4, { type: 'fallback', from: {}, to: {} }),
      close(4),
    ]
    assert.deepEqual(story([start(), ...server, ...textBlock(5, 'Hi'), finish('end_turn'), stop]), [
      { content: 'Hi' },
      { finish: 'stop' },
      { end: true },
    ])
  })

  it('gives citations the range of the text of their block', () => {
    const citation = (url: string, title: string | null) =>
      delta(1, {
        type: 'citations_delta',
        citation: { type: 'web_search_result_location', url, title, cited_text: 'x' },
      })
    const events = [
      start(),
      ...textBlock(0, 'One. '),
      open(1, { type: 'text', text: '', citations: [] }),
      citation('https://a.test', 'A'),
      citation('https://b.test', null),
      delta(1, { type: 'citations_delta', citation: { type: 'char_location', document_title: 'D' } }),
      delta(1, { type: 'text_delta', text: 'Two' }),
      delta(1, { type: 'text_delta', text: '!' }),
      close(1),
      ...textBlock(2, ' Three'),
    ]
    const annotation = (url: string, title: string) => ({
      type: 'url_citation',
      url_citation: { start_index: 5, end_index: 9, url, title },
    })
    assert.deepEqual(story(events).slice(1, 5), [
      { content: 'Two' },
      { content: '!' },
      {
        annotations: [
          annotation('https://a.test', 'A'),
          annotation('https://b.test', ''),
          annotation('document:', 'D'),
        ],
      },
      { content: ' Three' },
    ])
  })

  const citations: [citation: object, url: string, title: string][] = [
    [
      { type: 'page_location', document_index: 1, document_title: 'D', start_page_number: 3, end_page_number: 5 },
      'document:1#page=3,4',
      'D',
    ],
    [
      { type: 'page_location', document_index: 0, start_page_number: 3, end_page_number: 4 },
      'document:0#page=3',
      'document:0',
    ],
    [
      { type: 'char_location', document_index: 0, start_char_index: 0, end_char_index: 9 },
      'document:0#char=0,9',
      'document:0',
    ],
    [
      { type: 'content_block_location', document_index: 2, document_title: 'D', start_block_index: 1 },
      'document:2#part=1',
      'D',
    ],
    [
      { type: 'search_result_location', source: 'https://s.test', title: 'S', start_block_index: 0 },
      'https://s.test#part=0',
      'S',
    ],
  ]
  for (const [citation, url, title] of citations) {
    it(`names ${url} for a citation of a document`, () => {
      const events = [start(), open(0, { type: 'text', text: 'Hi', citations: [citation] }), close(0)]
      assert.deepEqual(story(events).at(-1), {
        annotations: [{ type: 'url_citation', url_citation: { start_index: 0, end_index: 2, url, title } }],
      })
    })
  }

  it('leaves out citations of kinds that are not known, and of pages without an address', () => {
    for (const type of ['x', 'web_search_result_location']) {
      const events = [start(), open(0, { type: 'text', text: 'Hi', citations: [{ type }] }), close(0)]
      assert.deepEqual(story(events), [{ content: 'Hi' }])
    }
  })

  it("hands on results of Anthropic's own tools only if asked to", () => {
    const result = { type: 'web_search_tool_result', tool_use_id: 's', content: [{ url: 'https://a.test' }] }
    const events = [start(), open(0, { type: 'server_tool_use', id: 's', name: 'web_search' }), open(1, result)]
    assert.deepEqual(story(events), [])
    const decoder = anthropicDecoder(REQUEST, { strict: false })
    const inits = events.flatMap((event) => [...decoder.decode({ event: undefined, data: JSON.stringify(event) })])
    assert.deepEqual(inits.at(-1), { vendor: { delta: { content_blocks: [result] } } })
  })

  it('ignores a second start of the same message, and fails on another one', () => {
    const again = start({ usage: { input_tokens: 99, output_tokens: 1 } })
    assert.deepEqual(decode([start(), again]), decode([start()]))
    assert.equal(failure([start(), start({ id: 'msg_2' })]).kind, 'malformed')
  })

  it('decodes a message that comes whole in its start', () => {
    const content = [
      { type: 'code_execution_tool_result', tool_use_id: 'srv_1', content: {} },
      { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 }, caller: { type: 'code_execution_20250825' } },
    ]
    assert.deepEqual(story([start({ content, stop_reason: 'tool_use' }), stop]), [
      { toolCalls: [{ key: 1, id: 'toolu_1', name: 'f' }] },
      { toolCalls: [{ key: 1, arguments: '{"a":1}' }] },
      { finish: 'tool_calls' },
      { end: true },
    ])
  })

  it('does not tell an input twice', () => {
    const events = [
      open(0, { type: 'tool_use', id: 'a', name: 'f', input: { a: 1 } }),
      ...callBlock(0, '{"a":1}').slice(1),
    ]
    assert.equal(story([start(), ...events]).length, 2)
  })

  it('ignores events and fields it does not know', () => {
    assert.deepEqual(
      story([{ type: 'news' }, {}, start(), delta(0, { type: 'news_delta' }), finish('end_turn'), stop]),
      [{ finish: 'stop' }, { end: true }],
    )
  })

  it('fails on what is not JSON', () => assert.equal(failure(['{"type":']).kind, 'malformed'))

  it('survives fields of any type, or says what it cannot read', () => {
    const survives = (events: unknown[]) => {
      try {
        decode(events)
      } catch (error) {
        assert(error instanceof UpstreamError, String(error))
      }
    }
    const junk = [null, 1, true, 'x', [], {}, [null], { type: null }]
    for (const value of junk) {
      survives([JSON.stringify(value), { type: value }, { type: 'message_start', message: value }])
      survives([
        start({ id: value, model: value, content: value, usage: value, stop_reason: value }),
        open(0, value),
        delta(0, value),
        ...['text', 'thinking', 'redacted_thinking', 'tool_use'].flatMap((type) => [
          open(0, { type, text: value, thinking: value, data: value, id: value, name: value, input: value }),
          delta(0, { type: 'text_delta', text: value }),
          delta(0, { type: 'thinking_delta', thinking: value }),
          delta(0, { type: 'signature_delta', signature: value }),
          delta(0, { type: 'input_json_delta', partial_json: value }),
          delta(0, { type: 'citations_delta', citation: value }),
          close(0),
        ]),
        { type: 'message_delta', delta: value, usage: value },
        {
          type: 'message_delta',
          delta: { stop_reason: value, stop_details: value },
          usage: { input_tokens: value, iterations: value, output_tokens_details: value },
        },
      ])
      assert.equal(failure([{ type: 'error', error: value }]).kind, 'in-band')
    }
  })
})
