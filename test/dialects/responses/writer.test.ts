import assert from 'node:assert/strict'
import { makeChunk } from '../../../lib/chunk.ts'
import { callIds } from '../../../lib/dialects/call-ids.ts'
import { type ResponseObject, requestEcho } from '../../../lib/dialects/responses/response.ts'
import { stateReader } from '../../../lib/dialects/responses/state.ts'
import { type ResponseOptions, responseFold, responseWriter } from '../../../lib/dialects/responses/writer.ts'
import { apiError } from '../../../lib/errors.ts'
import { packCallId } from '../../../lib/transforms/call-id.ts'
import type { Chunk, ChunkDelta, FinishReason, Logprobs, Usage } from '../../../lib/types/chunk.ts'
import { accumulated, assertStream, eventsOf } from '../../helpers/responses.ts'

const ENVELOPE = {
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'a-model',
} as const
const USAGE: Usage = {
  prompt_tokens: 5,
  completion_tokens: 7,
  total_tokens: 12,
  prompt_tokens_details: { cached_tokens: 3 },
  completion_tokens_details: { reasoning_tokens: 2 },
}

const piece = (delta: ChunkDelta) => makeChunk(ENVELOPE, 0, delta)
const end = (reason: FinishReason) => makeChunk(ENVELOPE, 0, {}, reason)
const total: Chunk = { ...ENVELOPE, choices: [], usage: USAGE }
const call = (index: number, id: string, name: string, args: string) =>
  piece({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] })

function options(more: Partial<ResponseOptions> = {}): ResponseOptions {
  return {
    echo: requestEcho({ model: 'm', input: 'hi' }, false),
    origin: (name) => ({ type: 'function', name, namespace: undefined }),
    logprobs: false,
    encrypted: false,
    maxAnswerBytes: 1_000_000,
    onWhole: () => {},
    ...more,
  }
}

function written(chunks: readonly Chunk[], ending: readonly Chunk[], more?: Partial<ResponseOptions>): string {
  const writer = responseWriter(options(more))
  return chunks.map((chunk) => writer.chunk(chunk)).join('') + writer.finish(ending)
}

/** The types of events without their common beginning; runs of the same one are one. */
function types(body: string): string[] {
  const all = eventsOf(body).map(({ type }) => type.replace('response.', ''))
  return all.filter((type, index) => type !== all[index - 1])
}

describe('an answer as events of the Responses API', () => {
  const TEXT = ['output_item.added', 'content_part.added', 'output_text.delta', 'output_text.done', 'content_part.done']
  const THOUGHT = [
    ...['output_item.added', 'reasoning_summary_part.added', 'reasoning_summary_text.delta'],
    ...['reasoning_summary_text.done', 'reasoning_summary_part.done'],
  ]
  const CALL = ['output_item.added', 'function_call_arguments.delta', 'function_call_arguments.done']
  const DONE = 'output_item.done'

  const rows: [string, Chunk[], Chunk[], string[]][] = [
    [
      'a text',
      [piece({ content: 'It is ' }), piece({ content: 'sunny.' })],
      [end('stop'), total],
      [...TEXT, DONE, 'completed'],
    ],
    [
      'a thought and a text',
      [piece({ reasoning_content: 'So' }), piece({ reasoning_content: '.' }), piece({ content: 'Yes.' })],
      [end('stop')],
      [...THOUGHT, DONE, ...TEXT, DONE, 'completed'],
    ],
    [
      'texts with a thought between them',
      [piece({ content: 'One.' }), piece({ reasoning_content: 'So.' }), piece({ content: 'Two.' })],
      [end('stop')],
      [...TEXT, DONE, ...THOUGHT, DONE, ...TEXT, DONE, 'completed'],
    ],
    [
      'a text and two calls',
      [piece({ content: 'Looking.' })],
      [call(0, 'call_1', 'f', '{}'), call(1, 'call_2', 'g', '{"x":1}'), end('tool_calls'), total],
      [...TEXT, DONE, ...CALL, DONE, ...CALL, DONE, 'completed'],
    ],
    [
      'a refusal',
      [piece({ refusal: 'No' }), piece({ refusal: '.' })],
      [end('stop')],
      [
        'output_item.added',
        'content_part.added',
        'refusal.delta',
        'refusal.done',
        'content_part.done',
        DONE,
        'completed',
      ],
    ],
    [
      'a refusal within a text',
      [piece({ content: 'One' }), piece({ refusal: 'No.' }), piece({ content: 'Two' })],
      [end('stop')],
      [
        ...TEXT,
        ...['content_part.added', 'refusal.delta', 'refusal.done', 'content_part.done'],
        ...TEXT.slice(1),
        DONE,
        'completed',
      ],
    ],
    ['a text that the limit cut', [piece({ content: 'It is' })], [end('length')], [...TEXT, DONE, 'incomplete']],
    ['a text that a filter cut', [piece({ content: 'It is' })], [end('content_filter')], [...TEXT, DONE, 'incomplete']],
    ['nothing', [piece({ role: 'assistant' })], [end('stop')], ['completed']],
  ]
  for (const [title, chunks, ending, expected] of rows) {
    it(`${title} has its events in order, and openai-node accepts them`, async () => {
      const body = written(chunks, ending)
      assert.deepEqual(types(body), ['created', 'in_progress', ...expected])
      const response = assertStream(body)
      const bytes = Buffer.from(body)
      for (const size of [bytes.length, 1, 7]) {
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.subarray(at * size, (at + 1) * size),
        )
        const { output, status, usage } = await accumulated(pieces)
        assert.deepEqual([output, status, usage], [response.output, response.status, response.usage])
      }
      const fold = responseFold(options())
      for (const chunk of [...chunks, ...ending]) fold.add(chunk)
      const folded = fold.result() as ResponseObject
      assert.deepEqual(anonymous(folded), anonymous(response))
    })
  }

  it('tells usage, model, time and tier', () => {
    const { usage, model, created_at, service_tier } = assertStream(
      written([{ ...piece({ content: 'x' }), service_tier: 'flex' }], [end('stop'), total]),
    )
    assert.deepEqual([model, created_at, service_tier], ['a-model', 1_700_000_000, 'flex'])
    assert.deepEqual(usage, {
      input_tokens: 5,
      input_tokens_details: { cached_tokens: 3 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 12,
    })
  })

  it('says zeros for a usage that nobody told', () => {
    const { usage } = assertStream(written([piece({ content: 'x' })], [end('stop')]))
    assert.deepEqual([usage?.input_tokens, usage?.output_tokens, usage?.total_tokens], [0, 0, 0])
  })

  it('repeats what the request said', () => {
    const body = {
      ...{ instructions: 'be brief', temperature: 0.5, max_output_tokens: 5, metadata: { a: 'b' } },
      ...{ reasoning: { effort: 'low' }, text: { verbosity: 'low' }, tools: [{ type: 'web_search' }] },
    }
    const response = assertStream(written([piece({ content: 'x' })], [end('stop')], { echo: requestEcho(body, true) }))
    const { instructions, temperature, max_output_tokens, metadata, reasoning, text, tools, store } = response
    assert.deepEqual(
      { instructions, temperature, max_output_tokens, metadata, tools },
      { instructions: 'be brief', temperature: 0.5, max_output_tokens: 5, metadata: { a: 'b' }, tools: body.tools },
    )
    assert.deepEqual(
      [reasoning, text, store],
      [{ effort: 'low', summary: null }, { verbosity: 'low', format: { type: 'text' } }, true],
    )
  })

  it('gives citations their places within the text of their item', () => {
    const cited = (start_index: number) =>
      piece({
        annotations: [
          {
            type: 'url_citation',
            url_citation: { start_index, end_index: start_index + 3, url: 'https://a.test', title: 'A' },
          },
        ],
      })
    const chunks = [
      piece({ content: 'One.' }),
      cited(0),
      piece({ reasoning_content: 'so' }),
      piece({ content: 'Two.' }),
      cited(4),
    ]
    const { output } = assertStream(written(chunks, [end('stop')]))
    const annotation = { type: 'url_citation', start_index: 0, end_index: 3, url: 'https://a.test', title: 'A' }
    const texts = output.flatMap(({ content }) => (content as { annotations: unknown[] }[] | undefined) ?? [])
    assert.deepEqual(
      texts.map(({ annotations }) => annotations),
      [[annotation], [annotation]],
    )
  })

  it('gives log probabilities to those who asked', () => {
    const logprobs: Logprobs = {
      content: [{ token: 'x', logprob: -1, bytes: [120], top_logprobs: [] }],
      refusal: null,
    }
    const chunk = piece({ content: 'x' })
    chunk.choices[0].logprobs = logprobs
    const part = { type: 'output_text', text: 'x', annotations: [], logprobs: logprobs.content }
    const asked = assertStream(written([chunk], [end('stop')], { logprobs: true }))
    assert.deepEqual(asked.output[0]?.content, [part])
    const other = assertStream(written([chunk], [end('stop')]))
    assert.deepEqual(other.output[0]?.content, [{ ...part, logprobs: [] }])
  })

  it('names the tools of a namespace and custom tools as the client knows them', async () => {
    const origin = (name: string) =>
      name === 'ns__patch'
        ? ({ type: 'custom', name: 'patch', namespace: 'ns' } as const)
        : ({ type: 'function', name: 'wait', namespace: 'ns' } as const)
    const ending = [
      call(0, 'a', 'ns__patch', '{"input":"*** Begin\\n"}'),
      call(1, 'b', 'ns__wait', '{}'),
      end('tool_calls'),
    ]
    const body = written([], ending, { origin })
    const { output } = assertStream(body)
    assert.deepEqual(
      output.map(({ id, ...item }) => [id.slice(0, id.indexOf('_')), item]),
      [
        [
          'ctc',
          {
            ...{ type: 'custom_tool_call', call_id: 'a', name: 'patch', namespace: 'ns' },
            ...{ status: 'completed', input: '*** Begin\n' },
          },
        ],
        [
          'fc',
          {
            ...{ type: 'function_call', call_id: 'b', name: 'wait', namespace: 'ns' },
            ...{ status: 'completed', arguments: '{}' },
          },
        ],
      ],
    )
    assert.equal((await accumulated([body])).output.length, 2)
  })

  it('takes arguments that are no input of a custom tool as they are', () => {
    const origin = () => ({ type: 'custom', name: 'patch', namespace: undefined }) as const
    const { output } = assertStream(written([], [call(0, 'a', 'patch', '{"text":1}'), end('tool_calls')], { origin }))
    assert.equal(output[0]?.input, '{"text":1}')
  })

  it('puts a call together from its pieces', () => {
    const more = piece({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] })
    const { output } = assertStream(written([], [call(0, 'a', 'f', '{"x"'), more, end('tool_calls')]))
    assert.equal(output[0]?.arguments, '{"x":1}')
  })

  it('marks a call that the limit cut, and no other', () => {
    const ending = [call(0, 'a', 'f', '{}'), call(1, 'b', 'f', '{"x"'), end('length')]
    const { output, incomplete_details } = assertStream(written([piece({ content: 'x' })], ending))
    assert.deepEqual(
      output.map(({ status }) => status),
      ['completed', 'completed', 'incomplete'],
    )
    assert.deepEqual(incomplete_details, { reason: 'max_output_tokens' })
  })

  describe('with state of its calls', () => {
    const packed = packCallId('call_1', 'a state')
    const ending = [call(0, packed, 'f', '{}'), call(1, 'call_2', 'f', '{}'), end('tool_calls')]

    it('leaves it in their ids', () => {
      const { output } = assertStream(written([piece({ reasoning_content: 'so' })], ending))
      assert.deepEqual(
        output.map((item) => [item.call_id, item.encrypted_content]),
        [
          [undefined, undefined],
          [packed, undefined],
          ['call_2', undefined],
        ],
      )
      assert.equal(callIds()(packed).state, 'a state')
    })

    for (const [title, chunks, kinds] of [
      ['a thought that is open', [piece({ reasoning_content: 'so' })], ['reasoning']],
      ['a thought of its own', [piece({ content: 'x' })], ['message', 'reasoning']],
    ] as const) {
      it(`gives it to ${title}, for a client that keeps those`, async () => {
        const body = written(chunks, ending, { encrypted: true })
        const { output } = assertStream(body)
        assert.deepEqual(
          output.map(({ type }) => type),
          [...kinds, 'function_call', 'function_call'],
        )
        assert.deepEqual(
          output.slice(-2).map(({ call_id }) => call_id),
          ['call_1', 'call_2'],
        )
        const kept = stateReader()(output.at(-3)?.encrypted_content as string)
        assert.deepEqual([...kept], [['call_1', 'a state']])
        assert.equal((await accumulated([body])).output.length, output.length)
      })
    }

    it('marks every thought as ours', () => {
      const { output } = assertStream(written([piece({ reasoning_content: 'so' })], [end('stop')], { encrypted: true }))
      assert.equal(output[0]?.encrypted_content, 'sg1.')
    })
  })

  it('shows signs of life in its numbers, and before them as a comment', () => {
    const writer = responseWriter(options())
    const before = writer.keepAlive()
    assert.match(before, /^: /)
    const begun = writer.chunk(piece({ content: 'x' })) + writer.keepAlive()
    assert.equal(eventsOf(begun).at(-1)?.type, 'keepalive')
    assertStream(begun + writer.finish([end('stop')]))
  })

  describe('that is lost', () => {
    it('ends in the error in both forms, and leaves open what is open', async () => {
      const writer = responseWriter(options())
      const begun = writer.chunk(piece({ reasoning_content: 'so' })) + writer.chunk(piece({ content: 'It is' }))
      const body = begun + writer.fail(apiError(502, 'It broke.', { code: 'upstream_stream_truncated' }))
      const response = assertStream(body)
      assert.deepEqual(types(body).slice(-3), ['output_text.delta', 'error', 'failed'])
      assert.deepEqual(
        response.output.map(({ type }) => type),
        ['reasoning'],
      )
      assert.deepEqual(response.error, { code: 'upstream_stream_truncated', message: 'It broke.' })
      await assert.rejects(accumulated([body]), /It broke/)
    })

    it('ends so before it began, too', async () => {
      const body = responseWriter(options()).fail(apiError(502, 'It broke.', {}))
      assert.deepEqual(types(body), ['error', 'failed'])
      await assert.rejects(accumulated([body]), /It broke/)
    })

    const codes: [number, string | null, string][] = [
      [500, null, 'server_error'],
      [429, null, 'rate_limit_exceeded'],
      [400, null, 'invalid_prompt'],
      [400, 'context_length_exceeded', 'context_length_exceeded'],
    ]
    for (const [status, code, expected] of codes) {
      it(`has the code ${expected} for ${status} ${code}`, () => {
        const body = responseWriter(options()).fail({ ...apiError(status, 'm', {}), code })
        assert.equal(eventsOf(body)[0]?.code, expected)
      })
    }
  })

  it('holds no more of an answer than it may', () => {
    const writer = responseWriter(options({ maxAnswerBytes: 5 }))
    writer.chunk(piece({ content: 'It is' }))
    assert.throws(() => writer.chunk(piece({ content: '.' })), /maxAnswerBytes \(5\)/)
  })

  it('tells of the whole response before its client has it', () => {
    const told: string[] = []
    const body = written([piece({ content: 'x' })], [end('stop')], { onWhole: ({ id }) => told.push(id) })
    assert.deepEqual(told, [assertStream(body).id])
  })
})

/** Ids and times of two answers differ. */
function anonymous(response: ResponseObject): unknown {
  const text = JSON.stringify({ ...response, completed_at: response.completed_at && 0 })
  return JSON.parse(text.replaceAll(/"(resp|msg|rs|fc)_[0-9a-f]+"/g, '"$1_…"'))
}
