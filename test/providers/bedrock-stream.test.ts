import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { bedrock } from '../../lib/providers/bedrock.ts'
import { awsEventstream } from '../../lib/transforms/framing/aws-eventstream.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { ChunkInit, Endpoint, ProviderFields, WireEvent } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const NOVA = 'us.amazon.nova-2-lite-v1:0'
const CORPUS = new URL('../../../shared/corpus/bedrock/', import.meta.url)

function endpoint(fields: ProviderFields = {}): Endpoint {
  return { apiKey: 'key', customHost: undefined, fields, strict: true, fetchMedia: noMedia }
}

type Told = [event: string, payload: unknown]

/** What the decoder makes of these events. */
function decode(events: Told[], request: Partial<ChatRequest> = {}): ChunkInit[] {
  const decoder = bedrock.decoder({ model: CLAUDE, messages: [], ...request }, endpoint())
  return events.flatMap(([event, payload]) =>
    [...decoder.decode({ event, data: JSON.stringify(payload) })].map(withoutBlanks),
  )
}

/** The stage after the decoder drops empty pieces. */
function withoutBlanks(init: ChunkInit): ChunkInit {
  return Object.fromEntries(Object.entries(init).filter(([, value]) => value !== ''))
}

function said(inits: ChunkInit[], field: 'content' | 'reasoning'): string {
  return inits.map((init) => init[field] ?? '').join('')
}

const start: Told = ['messageStart', { role: 'assistant', p: 'abc' }]
const delta = (contentBlockIndex: number, told: unknown): Told => [
  'contentBlockDelta',
  { contentBlockIndex, delta: told },
]
const text = (block: number, words: string) => delta(block, { text: words })
const thought = (block: number, told: unknown) => delta(block, { reasoningContent: told })
const begin = (contentBlockIndex: number, toolUseId: string, name: string, type?: string): Told => [
  'contentBlockStart',
  { contentBlockIndex, start: { toolUse: { toolUseId, name, ...(type && { type }) } } },
]
const input = (block: number, fragment: string) => delta(block, { toolUse: { input: fragment } })
const end = (contentBlockIndex: number): Told => ['contentBlockStop', { contentBlockIndex }]
const stop = (stopReason: unknown): Told => ['messageStop', { stopReason }]
const metadata: Told = ['metadata', { usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 }, metrics: {} }]
const exception = (type: string, message = 'Why.'): Told => [`exception:${type}`, { message }]

const finished = (finish: string) => [
  { finish },
  { usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }, end: true },
]

describe('bedrock stream by ConverseStream', () => {
  it('is framed as an AWS event stream', () => {
    assert.equal(bedrock.framing({}, { model: CLAUDE, messages: [] }, endpoint()), 'aws-eventstream')
  })

  it('S1: tells text, whose blocks have no start', () => {
    assert.deepEqual(decode([start, text(0, 'Hel'), text(0, 'lo'), end(0), stop('end_turn'), metadata]), [
      { content: 'Hel' },
      { content: 'lo' },
      ...finished('stop'),
    ])
  })

  it('S2: tells a tool call after text', () => {
    const events = [
      start,
      text(0, 'Wait.'),
      end(0),
      begin(1, 'tooluse_a', 'f'),
      input(1, '{"a"'),
      input(1, ':1}'),
      end(1),
    ]
    assert.deepEqual(decode([...events, stop('tool_use'), metadata]), [
      { content: 'Wait.' },
      { toolCalls: [{ key: 1, id: 'tooluse_a', name: 'f' }] },
      { toolCalls: [{ key: 1, arguments: '{"a"' }] },
      { toolCalls: [{ key: 1, arguments: ':1}' }] },
      ...finished('tool_calls'),
    ])
  })

  it('S3: tells two calls apart by their blocks', () => {
    const calls = [begin(0, 'a', 'f'), input(0, '{}'), end(0), begin(1, 'b', 'g'), input(1, ''), end(1)]
    assert.deepEqual(decode([start, ...calls, stop('tool_use'), metadata]), [
      { toolCalls: [{ key: 0, id: 'a', name: 'f' }] },
      { toolCalls: [{ key: 0, arguments: '{}' }] },
      { toolCalls: [{ key: 1, id: 'b', name: 'g' }] },
      ...finished('tool_calls'),
    ])
  })

  it('S4: tells reasoning before text', () => {
    const thinking = [thought(0, { text: 'Hm' }), thought(0, { text: '.' }), thought(0, { signature: 'SIG' }), end(0)]
    const inits = decode([start, ...thinking, text(1, 'Yes.'), end(1), stop('end_turn'), metadata])
    assert.equal(said(inits, 'reasoning'), 'Hm.')
    assert.equal(said(inits, 'content'), 'Yes.')
    assert.deepEqual(inits.slice(-2), finished('stop'))
  })

  for (const [reason, finish] of [
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['tool_use', 'tool_calls'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['guardrail_intervened', 'content_filter'],
    ['content_filtered', 'content_filter'],
  ] as const) {
    it(`S5, S6: tells ${reason} after text as ${finish}`, () => {
      assert.deepEqual(decode([start, text(0, 'Hi'), stop(reason), metadata]), [{ content: 'Hi' }, ...finished(finish)])
    })
  }

  for (const reason of ['malformed_model_output', 'malformed_tool_use', 'something_new', 'constructor']) {
    it(`has failed on ${reason}, whatever came before`, () => {
      const call = [begin(1, 'a', 'f'), input(1, '{"a')]
      for (const before of [[], [text(0, 'Wait.')], call, [text(0, 'Wait.'), ...call]]) {
        assert.throws(() => decode([start, ...before, stop(reason)]), { kind: 'broken-end' })
      }
    })
  }

  it('is not whole after messageStop without a reason', () => {
    assert.deepEqual(decode([start, text(0, 'Hi'), stop(null)]), [{ content: 'Hi' }])
  })

  for (const [type, status, retryable] of [
    ['throttlingException', 429, true],
    ['validationException', 400, false],
    ['modelStreamErrorException', 502, true],
    ['modelTimeoutException', 504, true],
    ['internalServerException', 500, true],
    ['serviceUnavailableException', 503, true],
    ['InternalFailure', 502, true],
    ['constructor', 502, true],
  ] as const) {
    it(`S7, S8: fails with ${status} on ${type}, first of all and later`, () => {
      const failure = {
        kind: 'in-band',
        message: 'Why.',
        api: (({ status, retryable }) => ({ status, retryable }))({ status, retryable }),
      }
      for (const before of [[], [start, text(0, 'Hi')]]) {
        assert.throws(
          () => decode([...before, exception(type)]),
          (error: { kind: string; message: string; api: { status: number; retryable: boolean } }) => {
            const { status, retryable } = error.api
            assert.deepEqual({ kind: error.kind, message: error.message, api: { status, retryable } }, failure)
            return true
          },
        )
      }
    })
  }

  it('S8: does not call a stream whole that ends before messageStop', () => {
    const inits = decode([start, text(0, 'Hi'), end(0), metadata])
    assert.ok(inits.every((init) => !init.end && !init.finish))
  })

  it('is whole after metadata and messageStop in either order', () => {
    const inits = decode([start, text(0, 'Hi'), metadata, stop('end_turn')])
    assert.deepEqual(inits.at(-1), { finish: 'stop', end: true })
  })

  it('is whole at a clean end after messageStop, and does not lose the usage to metadata without one', () => {
    const inits = decode([start, text(0, 'Hi'), stop('end_turn'), ['metadata', { trace: {} }]])
    assert.deepEqual(inits, [{ content: 'Hi' }, { finish: 'stop' }])
  })

  it('counts cache writes by their time', () => {
    const cacheDetails = [
      { ttl: '5m', inputTokens: 0 },
      { ttl: '1h', inputTokens: 4 },
      { ttl: '9h', inputTokens: 1 },
      7,
    ]
    const usage = { inputTokens: 1, outputTokens: 2, cacheWriteInputTokens: 4, cacheDetails }
    const [init] = decode([['metadata', { usage }]])
    assert.deepEqual(init?.usage?.prompt_tokens_details, {
      cached_tokens: 0,
      cache_write_tokens: 4,
      cache_write_1h_tokens: 4,
    })
  })

  it('counts cached tokens among those of the prompt, and tells the tier', () => {
    const usage = { inputTokens: 1, outputTokens: 2, cacheReadInputTokens: 30, cacheWriteInputTokens: 400 }
    assert.deepEqual(decode([['metadata', { usage, serviceTier: { type: 'flex' } }]]), [
      { service_tier: 'flex' },
      {
        usage: {
          prompt_tokens: 431,
          completion_tokens: 2,
          total_tokens: 433,
          prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 400 },
        },
      },
    ])
  })

  it('does not tell of the tools that Bedrock runs itself', () => {
    const search = [
      begin(0, 'a', 'nova_grounding', 'server_tool_use'),
      input(0, '{"query":"x"}'),
      end(0),
      ['contentBlockStart', { contentBlockIndex: 1, start: { toolResult: { toolUseId: 'a' } } }] as Told,
      delta(1, { toolResult: [{ text: 'found' }] }),
      end(1),
    ]
    const inits = decode([start, ...search, begin(2, 'b', 'f', 'tool_use'), stop('tool_use')], { model: NOVA })
    assert.deepEqual(inits[0], { toolCalls: [{ key: 2, id: 'b', name: 'f' }] })
    assert.equal(inits.length, 2)
  })

  it('gives citations the range of the text before them', () => {
    const web = (url: string, domain?: string) => delta(3, { citation: { location: { web: { url, domain } } } })
    const document = (location: object, more = {}) => delta(3, { citation: { location, title: 'facts', ...more } })
    const inits = decode([
      text(0, 'One. '),
      text(2, 'Two'),
      text(2, '.'),
      web('http://a', 'a.org'),
      web('http://b'),
      document({ documentChar: { documentIndex: 1, start: 0, end: 9 } }),
      document({ documentPage: { documentIndex: 0, start: 3, end: 3 } }),
      document({ documentChunk: { documentIndex: 0, start: 2 } }, { source: 'arn:x' }),
      document({ searchResultLocation: { searchResultIndex: 4 } }, { source: 'https://s.test' }),
      document({ unknown: {} }),
      end(3),
    ])
    const cited = (url: string, title: string) => [
      { type: 'url_citation', url_citation: { start_index: 5, end_index: 9, url, title } },
    ]
    assert.deepEqual(
      inits.flatMap((init) => init.annotations ?? []),
      [
        ...[...cited('http://a', 'a.org'), ...cited('http://b', 'http://b')],
        ...[...cited('document:1#char=0,9', 'facts'), ...cited('document:0#page=3', 'facts')],
        ...[...cited('document:0#part=2', 'facts'), ...cited('https://s.test', 'facts')],
      ],
    )
  })

  it('gives citations that come first the range of the text of their block, as Claude has them', () => {
    const location = { documentChar: { documentIndex: 0, start: 0, end: 73 } }
    const source = delta(1, { citation: { location, title: 'facts' } })
    const url_citation = { start_index: 5, end_index: 9, url: 'document:0#char=0,73', title: 'facts' }
    for (const rest of [[end(1), text(2, 'Three.')], [text(2, 'Three.'), end(2)], [stop('end_turn')]]) {
      const inits = decode([text(0, 'One. '), end(0), source, text(1, 'Tw'), text(1, 'o.'), ...rest])
      assert.deepEqual(
        inits.flatMap(({ annotations = [] }) => annotations),
        [{ type: 'url_citation', url_citation }],
      )
    }
  })

  it('has the text of citations in an answer in one piece', () => {
    const citations = [{ title: 'facts', location: { documentPage: { documentIndex: 0, start: 3, end: 3 } } }]
    const content = [{ text: 'So: ' }, { citationsContent: { content: [{ text: 'it ' }, { text: 'is.' }], citations } }]
    const answer = {
      output: { message: { content } },
      stopReason: 'end_turn',
      usage: { inputTokens: 1, outputTokens: 2 },
    }
    const inits = decode([[undefined as never, answer]])
    assert.equal(said(inits, 'content'), 'So: it is.')
    assert.deepEqual(
      inits.flatMap(({ annotations = [] }) => annotations.map((each) => each.url_citation)),
      [{ start_index: 4, end_index: 10, url: 'document:0#page=3', title: 'facts' }],
    )
  })

  it('has the images that the model drew in its text, whole, however they are cut', () => {
    const bytes = (words: string) => Buffer.from(words).toString('base64')
    const picture = `![image](data:image/webp;base64,${bytes('abcde')})`
    const piece = (words: string) => delta(1, { image: { source: { bytes: bytes(words) } } })
    const begun: Told = ['contentBlockStart', { contentBlockIndex: 1, start: { image: { format: 'webp' } } }]
    const drawn = [start, text(0, 'Here: '), begun, piece('ab'), piece('cde')]
    for (const rest of [[end(1), text(2, '!')], []]) {
      const inits = decode([...drawn, ...rest, stop('end_turn'), metadata], { model: NOVA })
      assert.equal(said(inits, 'content'), `Here: ${picture}${rest.length > 0 ? '!' : ''}`)
    }
    const content = [{ image: { format: 'webp', source: { bytes: bytes('abcde') } } }, { text: '!' }]
    const whole = { output: { message: { content } }, stopReason: 'end_turn', usage: {} }
    assert.equal(said(decode([[undefined as never, whole]]), 'content'), `${picture}!`)
  })

  describe('thinking that has to come back', () => {
    const signed = [thought(0, { text: 'Hm' }), thought(0, { text: '.' }), thought(0, { signature: 'SIG' }), end(0)]
    const state = (inits: ChunkInit[]) => inits.flatMap((init) => init.toolCalls ?? []).map((call) => call.state)

    it('goes with the first call after it', () => {
      const inits = decode([start, ...signed, begin(1, 'a', 'f'), input(1, '{}'), begin(2, 'b', 'g')])
      const trace = JSON.stringify([{ type: 'thinking', thinking: 'Hm.', signature: 'SIG' }])
      assert.deepEqual(state(inits), [trace, undefined, undefined])
    })

    it('goes with it in its place among the text', () => {
      const redacted = Buffer.from('EtkE+/=').toString('base64')
      const events = [
        ...signed,
        text(1, 'First.'),
        end(1),
        thought(2, { redactedContent: redacted }),
        begin(3, 'a', 'f'),
      ]
      assert.deepEqual(JSON.parse(state(decode(events))[0] ?? ''), [
        { type: 'thinking', thinking: 'Hm.', signature: 'SIG' },
        6,
        { type: 'redacted_thinking', data: 'EtkE+/=' },
      ])
    })

    it('is what the next request sends to Converse', async () => {
      const events = [...signed, text(1, 'Wait.'), end(1), begin(2, 'a', 'f'), input(2, '{}')]
      const [call] = decode(events).flatMap((init) => init.toolCalls ?? [])
      const request: ChatRequest = {
        model: CLAUDE,
        reasoning_effort: 'low',
        messages: [
          { role: 'user', content: 'Hi' },
          {
            role: 'assistant',
            content: 'Wait.',
            tool_calls: [
              { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' }, state: call?.state ?? '' },
            ],
          },
          { role: 'tool', tool_call_id: 'a', content: 'Done.' },
        ],
        tools: [{ type: 'function', function: { name: 'f' } }],
      }
      const { body } = await bedrock.encode(request, endpoint({ aws_region: 'us-east-1' }))
      assert.deepEqual(JSON.parse(body).messages[1].content, [
        { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'SIG' } } },
        { text: 'Wait.' },
        { toolUse: { toolUseId: 'a', name: 'f', input: {} } },
      ])
    })

    it('stays away where it has no signature, and with models that do not want it', () => {
      const unsigned = [thought(0, { text: 'Hm.' }), end(0), begin(1, 'a', 'f')]
      assert.deepEqual(state(decode(unsigned)), [undefined])
      assert.deepEqual(state(decode([...signed, begin(1, 'a', 'f')], { model: NOVA })), [undefined])
    })
  })

  describe('an answer through the tool', () => {
    const request: Partial<ChatRequest> = {
      model: NOVA,
      response_format: { type: 'json_schema', json_schema: { name: 'City', schema: { type: 'object' } } },
    }

    it('is content, without the talk before it', () => {
      const events = [
        start,
        text(0, 'Sure: '),
        begin(1, 'a', 'json'),
        input(1, '{"a"'),
        input(1, ':1}'),
        stop('tool_use'),
      ]
      const inits = decode(events, request)
      assert.equal(said(inits, 'content'), '{"a":1}')
      assert.deepEqual(inits.at(-1), { finish: 'stop' })
      assert.ok(inits.every((init) => init.toolCalls === undefined))
    })

    it('is the talk where there is no call', () => {
      assert.deepEqual(decode([start, text(0, 'I '), text(0, 'cannot.'), stop('end_turn')], request), [
        { content: 'I cannot.' },
        { finish: 'stop' },
      ])
    })
  })

  it('ignores events and fields that nobody knows', () => {
    assert.deepEqual(decode([['initial-response', {}], ['news', { delta: 1 }], delta(0, { image: {} }), end(0)]), [])
  })

  it('fails on an event that is not JSON', () => {
    const decoder = bedrock.decoder({ model: CLAUDE, messages: [] }, endpoint())
    assert.throws(() => [...decoder.decode({ event: 'messageStart', data: '{' })], { kind: 'malformed' })
  })

  it('throws nothing of its own at any type in any field', () => {
    const events = ['contentBlockStart', 'contentBlockDelta', 'messageStop', 'metadata']
    const keys = [
      'start',
      'delta',
      'toolUse',
      'usage',
      'reasoningContent',
      'citation',
      'location',
      'web',
      'contentBlockIndex',
    ]
    for (const value of [null, 1, 'x', true, [], [null], {}, { toolUse: null }, { toolUse: { input: {}, name: 1 } }]) {
      for (const event of events) {
        assert.doesNotThrow(() => decode([[event, value]]))
        for (const key of keys) {
          assert.doesNotThrow(() => decode([[event, { [key]: value }]]))
          for (const outer of keys) assert.doesNotThrow(() => decode([[event, { [outer]: { [key]: value } }]]))
        }
      }
    }
  })
})

interface Recording {
  file: string
  model: string | null
  url: string
  framing: string
}

describe('bedrock, recorded streams', () => {
  const index = new URL('../index.json', CORPUS)
  if (!existsSync(index)) {
    it('are read whole', function () {
      this.skip()
    })
    return
  }

  const recordings: Recording[] = JSON.parse(readFileSync(index, 'utf8'))
  const streams = recordings.filter(({ file }) => /^bedrock\/.*\.eventstream$/.test(file))

  it('are all there', () => {
    const files = readdirSync(CORPUS).filter((file) => file.endsWith('.eventstream'))
    assert.deepEqual(streams.map(({ file }) => file.slice('bedrock/'.length)).sort(), files.sort())
  })

  for (const { file, model, url } of streams) {
    // A prompt API that we do not ask.
    if (file.includes('claude-v2')) continue

    it(`reads ${file.slice('bedrock/'.length)} whole`, async () => {
      const events = await framesOf(new URL(`../${file}`, CORPUS))
      const invoked = events[0]?.event === 'chunk'
      const named = decodeURIComponent(/\/model\/([^/?]+)/.exec(url)?.[1] ?? '') || model || guess(events)
      const request = { model: named, messages: [] }
      const fields: ProviderFields = invoked ? { bedrock_api: 'invoke' } : {}

      const decoder = bedrock.decoder(request, endpoint(fields))
      if (events[0]?.event?.startsWith('exception:')) {
        assert.throws(() => events.flatMap((event) => [...decoder.decode(event)]), { kind: 'in-band' })
        return
      }
      const inits = events.flatMap((event) => [...decoder.decode(event)])
      const ends = inits.filter((init) => init.end).length
      if (file.includes('guardrail_invoke_stream') && !file.includes('titan')) assert.ok(inits.at(-1)?.finish)
      else assert.ok(ends > 0, 'has no end')
      const finishes = new Set(inits.flatMap((init) => init.finish ?? []))
      assert.equal(finishes.size, 1)
      assert.ok((inits.findLast((init) => init.usage)?.usage?.total_tokens ?? 0) > 0)
      assert.ok(said(inits, 'content') !== '' || inits.some((init) => init.toolCalls))
      assert.ok(!/<\/?reasoning>/.test(said(inits, 'content')))
      assert.equal(said(inits, 'content') + said(inits, 'reasoning'), spokenIn(events))

      const last = inits.findLastIndex((init) => init.content || init.reasoning || init.toolCalls)
      assert.ok(
        inits.slice(0, last).every((init) => !init.end),
        'ends before the last of the content',
      )
    })
  }
})

async function framesOf(file: URL): Promise<WireEvent[]> {
  const stage = awsEventstream({ maxEventBytes: 1 << 24 })
  stage.end(readFileSync(file))
  return await stage.toArray()
}

/** Streams whose address was not kept. */
function guess(events: WireEvent[]): string {
  const inner = innerJson(events[0]?.data ?? '{}')
  if ('outputText' in inner) return 'amazon.titan-text-express-v1'
  return 'messageStart' in inner ? 'amazon.nova-lite-v1:0' : CLAUDE
}

function innerJson(data: string): Record<string, unknown> {
  const { bytes, ...rest } = JSON.parse(data)
  return bytes === undefined ? rest : JSON.parse(Buffer.from(bytes, 'base64').toString())
}

/** All text of a stream, found by the names of its fields alone; reasoning behind the content. */
function spokenIn(events: WireEvent[]): string {
  const words = { content: '', reasoning: '' }
  const walk = (value: unknown, reasoning: boolean): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (['toolUse', 'toolResult', 'trace', 'response', 'citation', 'sourceContent'].includes(key)) continue
      if (key.startsWith('amazon-bedrock')) continue
      const isText = ['text', 'generation', 'outputText', 'content', 'thinking'].includes(key)
      if (isText && typeof inner === 'string') words[reasoning || key === 'thinking' ? 'reasoning' : 'content'] += inner
      walk(inner, reasoning || key === 'reasoningContent')
    }
  }
  for (const { data } of events) walk(innerJson(data), false)
  const tagged = /^<reasoning>(.*?)<\/reasoning>/s.exec(words.content)
  return tagged ? words.content.slice(tagged[0].length) + tagged[1] : words.content + words.reasoning
}
