import assert from 'node:assert/strict'
import { makeChunk } from '../../../lib/chunk.ts'
import { messageFold } from '../../../lib/dialects/messages/fold.ts'
import { isOwnSignature } from '../../../lib/dialects/messages/signature.ts'
import { messageWriter } from '../../../lib/dialects/messages/writer.ts'
import { apiError } from '../../../lib/errors.ts'
import type { Annotation, Chunk, ChunkDelta, FinishReason, Usage } from '../../../lib/types/chunk.ts'
import { accumulated, assertLostMessageStream, assertWholeMessageStream, eventsIn } from '../../helpers/messages.ts'

const ENVELOPE = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-x' } as const
const chunk = (delta: ChunkDelta, finish: FinishReason | null = null) => makeChunk(ENVELOPE, 0, delta, finish)
const text = (content: string) => chunk({ content })
const thought = (reasoning_content: string) => chunk({ reasoning_content })
const call = (index: number, id: string, name: string, json: string) =>
  chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: json } }] })
const more = (index: number, json: string) => chunk({ tool_calls: [{ index, function: { arguments: json } }] })
const end = (finish: FinishReason) => chunk({}, finish)
const usage = (counts: Usage): Chunk => ({ ...ENVELOPE, choices: [], usage: counts })
const COUNTS: Usage = {
  prompt_tokens: 10,
  completion_tokens: 5,
  total_tokens: 15,
  prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 3, cache_write_5m_tokens: 3 },
  completion_tokens_details: { reasoning_tokens: 2 },
}

/** The frames of an answer of these chunks; those of its end are found by themselves. */
function written(...chunks: Chunk[]): string {
  const writer = messageWriter(() => 7)
  const isEnd = ({ choices }: Chunk) =>
    choices.length === 0 || choices.some(({ delta, finish_reason }) => finish_reason !== null || delta.tool_calls)
  const content = chunks.filter((each) => !isEnd(each))
  return content.map(writer.chunk).join('') + writer.finish(chunks.filter(isEnd))
}

/** What the SDK makes of it, after the stream was found in order. */
async function heard(...chunks: Chunk[]) {
  const frames = written(...chunks)
  assertWholeMessageStream(eventsIn(frames))
  return accumulated([Buffer.from(frames)])
}

describe('a Messages stream', () => {
  it('is these events, each with its name', () => {
    assert.equal(
      written(chunk({ role: 'assistant' }), text('Hel'), text('lo "you"'), end('stop'), usage(COUNTS)),
      `event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"gpt-x","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"container":null,"usage":{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0,"output_tokens_details":null,"server_tool_use":null,"cache_creation":null,"inference_geo":null,"service_tier":null}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo \\"you\\""}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,"stop_details":null},"usage":{"input_tokens":3,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"output_tokens":5,"output_tokens_details":{"thinking_tokens":2},"server_tool_use":null}}

event: message_stop
data: {"type":"message_stop"}

`,
    )
  })

  it("keeps an id of Anthropic's", async () => {
    const { id } = await heard({ ...text('a'), id: 'chatcmpl-msg_0a' }, end('stop'))
    assert.equal(id, 'msg_0a')
  })

  it('has thoughts, text and calls in blocks of their own', async () => {
    const { content, stop_reason } = await heard(
      thought('hm'),
      thought(' so'),
      text('a'),
      call(0, 'c1', 'f', '{"a":'),
      more(0, '1}'),
      call(1, 'c2', 'g', ''),
      end('tool_calls'),
    )
    const [thinking, ...others] = content
    assert.ok(thinking?.type === 'thinking' && isOwnSignature(thinking.signature))
    assert.equal(thinking.thinking, 'hm so')
    assert.deepEqual(others, [
      { type: 'text', text: 'a' },
      { type: 'tool_use', id: 'c1', name: 'f', input: { a: 1 }, caller: { type: 'direct' } },
      { type: 'tool_use', id: 'c2', name: 'g', input: {}, caller: { type: 'direct' } },
    ])
    assert.equal(stop_reason, 'tool_use')
  })

  it('opens a new block where thoughts and text take turns', async () => {
    const { content } = await heard(text('a'), thought('hm'), text('b'), end('stop'))
    assert.deepEqual(
      content.map(({ type }) => type),
      ['text', 'thinking', 'text'],
    )
  })

  it('is one answer, whatever a config asked for', async () => {
    const other = makeChunk(ENVELOPE, 1, { content: 'no' })
    const { content } = await heard(text('a'), other, text('b'), end('stop'))
    assert.deepEqual(content, [{ type: 'text', text: 'ab' }])
  })

  it('ends as this one does, whichever was done first', async () => {
    const { stop_reason } = await heard(text('a'), makeChunk(ENVELOPE, 1, {}, 'length'), end('stop'))
    assert.equal(stop_reason, 'end_turn')
  })

  it('begins with a role alone, where all else is held', () => {
    const writer = messageWriter(() => 1)
    assert.deepEqual(
      eventsIn(writer.chunk(chunk({ role: 'assistant' }))).events.map(({ name }) => name),
      ['message_start'],
    )
  })

  it('has no block if there is nothing in it', async () => {
    assert.deepEqual((await heard(end('length'))).content, [])
  })

  const stops: [reason: FinishReason, stop: string][] = [
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['tool_calls', 'tool_use'],
    ['content_filter', 'refusal'],
  ]
  for (const [reason, stop] of stops) {
    it(`ends by ${stop} for ${reason}`, async () => {
      const message = await heard(text('a'), end(reason))
      assert.equal(message.stop_reason, stop)
      assert.equal(message.stop_details?.type, stop === 'refusal' ? 'refusal' : undefined)
    })
  }

  it('shows a refusal as text, and ends by it', async () => {
    const { content, stop_reason } = await heard(chunk({ refusal: 'No' }), chunk({ refusal: '.' }), end('stop'))
    assert.deepEqual([content, stop_reason], [[{ type: 'text', text: 'No.' }], 'refusal'])
  })

  it('keeps the half of a call that ran out of tokens', () => {
    const { events } = eventsIn(written(call(0, 'c1', 'f', '{"a":"b'), end('length')))
    assert.deepEqual(events[2]?.data.delta, { type: 'input_json_delta', partial_json: '{"a":"b' })
  })

  it('counts nothing where nothing was counted, but for the estimate', async () => {
    const { usage: counted } = await heard(text('a'), end('stop'))
    assert.deepEqual([counted.input_tokens, counted.output_tokens], [7, 0])
  })

  const cite = (url: string): Annotation => ({
    type: 'url_citation',
    url_citation: { start_index: 0, end_index: 1, url, title: 't' },
  })
  const place = { cited_text: '', document_index: 2, document_title: 't', file_id: null }
  const citations: [url: string, citation: Record<string, unknown>][] = [
    [
      'https://a/b',
      { type: 'web_search_result_location', cited_text: '', encrypted_index: '', title: 't', url: 'https://a/b' },
    ],
    ['document:2#page=3,4', { type: 'page_location', ...place, start_page_number: 3, end_page_number: 5 }],
    ['document:2#page=3', { type: 'page_location', ...place, start_page_number: 3, end_page_number: 4 }],
    ['document:2#char=0,9', { type: 'char_location', ...place, start_char_index: 0, end_char_index: 9 }],
    ['document:2#part=1', { type: 'content_block_location', ...place, start_block_index: 1, end_block_index: 2 }],
  ]
  for (const [url, citation] of citations) {
    it(`cites ${url}`, async () => {
      const { content } = await heard(text('a'), chunk({ annotations: [cite(url)] }), end('stop'))
      assert.deepEqual(content, [{ type: 'text', text: 'a', citations: [citation] }])
    })
  }

  it('cites nothing where there is no text', async () => {
    const { content } = await heard(thought('hm'), chunk({ annotations: [cite('https://a')] }), end('stop'))
    assert.equal(content.length, 1)
  })

  it('shows that it lives', () => {
    assert.equal(messageWriter(() => 1).keepAlive(), 'event: ping\ndata: {"type":"ping"}\n\n')
  })

  const lost: [name: string, chunks: Chunk[], last: string[]][] = [
    ['in a text', [text('a')], ['content_block_delta', 'content_block_stop', 'error']],
    ['in a thought', [thought('a')], ['content_block_delta', 'error']],
    ['behind its role', [chunk({ role: 'assistant' })], ['message_start', 'error']],
  ]
  for (const [name, chunks, last] of lost) {
    it(`that is lost ${name} ends in an error`, async () => {
      const writer = messageWriter(() => 1)
      const frames = chunks.map(writer.chunk).join('') + writer.fail(apiError(503, 'busy'))
      const { events } = eventsIn(frames)
      assertLostMessageStream({ events })
      assert.deepEqual(
        events.slice(-last.length).map((event) => event.name),
        last,
      )
      assert.deepEqual(events.at(-1)?.data, { type: 'error', error: { type: 'overloaded_error', message: 'busy' } })
      await assert.rejects(accumulated([Buffer.from(frames)]), /busy/)
    })
  }

  it('that is lost before its first event is the error alone', () => {
    assert.deepEqual(
      eventsIn(messageWriter(() => 1).fail(apiError(500, 'no'))).events.map(({ name }) => name),
      ['error'],
    )
  })
})

describe('a message in one piece', () => {
  function folded(...chunks: Chunk[]) {
    const fold = messageFold(() => 7)
    for (const each of chunks) fold.add(each)
    return fold.result()
  }

  it('has all that the stream has', () => {
    assert.deepEqual(
      folded(
        thought('hm'),
        text('a'),
        text('b'),
        chunk({
          annotations: [
            { type: 'url_citation', url_citation: { start_index: 0, end_index: 2, url: 'https://a', title: 't' } },
          ],
        }),
        call(0, 'c1', 'f', '{"a":'),
        more(0, '1}'),
        call(1, 'c2', 'g', ''),
        { ...end('tool_calls'), service_tier: 'default' },
        usage(COUNTS),
      ),
      {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'gpt-x',
        content: [
          { type: 'thinking', thinking: 'hm', signature: `sg1.${Buffer.from('gpt-x').toString('base64url')}` },
          {
            type: 'text',
            text: 'ab',
            citations: [
              { type: 'web_search_result_location', cited_text: '', encrypted_index: '', title: 't', url: 'https://a' },
            ],
          },
          { type: 'tool_use', id: 'c1', name: 'f', input: { a: 1 }, caller: { type: 'direct' } },
          { type: 'tool_use', id: 'c2', name: 'g', input: {}, caller: { type: 'direct' } },
        ],
        container: null,
        stop_reason: 'tool_use',
        stop_sequence: null,
        stop_details: null,
        usage: {
          input_tokens: 3,
          cache_creation_input_tokens: 3,
          cache_read_input_tokens: 4,
          output_tokens: 5,
          output_tokens_details: { thinking_tokens: 2 },
          server_tool_use: null,
          cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 0 },
          inference_geo: null,
          service_tier: 'standard',
        },
      },
    )
  })

  it('has text without citations, as the API writes it', () => {
    const { content, usage: counted } = folded(text('a'), end('stop')) as {
      content: unknown
      usage: { input_tokens: number }
    }
    assert.deepEqual([content, counted.input_tokens], [[{ type: 'text', text: 'a', citations: null }], 7])
  })

  it('keeps the half of a call that ran out of tokens', () => {
    const { content } = folded(call(0, 'c1', 'f', '{"a":"b'), end('length')) as { content: unknown[] }
    assert.deepEqual(content, [
      { type: 'tool_use', id: 'c1', name: 'f', input: { rawInvalidInput: '{"a":"b' }, caller: { type: 'direct' } },
    ])
  })
})
