import assert from 'node:assert/strict'
import { chat, HELLO, start } from '../helpers/client.ts'
import { cleanup, describeMounts, fallback, target } from '../helpers/gateway.ts'
import { answer, frame, type Reply, scripted } from '../helpers/upstream.ts'

const event = (payload: { type: string; [field: string]: unknown }) => `event: ${payload.type}\n${frame(payload)}`

const block = (index: number, content_block: object, ...deltas: object[]) =>
  [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ].map(event)

/** A message of Anthropic's with these blocks. */
function message(id: string, blocks: string[][], stop_reason: string, output_tokens = 5): Reply {
  return {
    chunks: [
      event({ type: 'message_start', message: { id, model: 'claude-up', content: [], usage: { input_tokens: 10 } } }),
      ...blocks.flat(),
      event({ type: 'message_delta', delta: { stop_reason }, usage: { output_tokens } }),
      event({ type: 'message_stop' }),
    ],
  }
}

const words = (index: number, text: string) => block(index, { type: 'text', text: '' }, { type: 'text_delta', text })

/** The blocks of a turn that pauses: thinking, text with a citation, a search and what it found. */
const SEARCHING = [
  block(
    0,
    { type: 'thinking', thinking: '', signature: '' },
    { type: 'thinking_delta', thinking: 'Hm.' },
    { type: 'signature_delta', signature: 'SIG' },
  ),
  block(
    1,
    { type: 'text', text: '' },
    { type: 'text_delta', text: 'Let me ' },
    { type: 'text_delta', text: 'search. ' },
    { type: 'citations_delta', citation: { type: 'web_search_result_location', url: 'https://a', title: 'A' } },
  ),
  block(
    2,
    { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: {} },
    { type: 'input_json_delta', partial_json: '{"query":' },
    { type: 'input_json_delta', partial_json: '"x"}' },
  ),
  block(3, { type: 'web_search_tool_result', tool_use_id: 'srv_1', content: [{ type: 'web_search_result' }] }),
]
const SEARCHED = [
  { type: 'thinking', thinking: 'Hm.', signature: 'SIG' },
  {
    type: 'text',
    text: 'Let me search. ',
    citations: [{ type: 'web_search_result_location', url: 'https://a', title: 'A' }],
  },
  { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: { query: 'x' } },
  { type: 'web_search_tool_result', tool_use_id: 'srv_1', content: [{ type: 'web_search_result' }] },
]
const PAUSED = message('msg_1', SEARCHING, 'pause_turn')

const SEARCH = { ...HELLO, web_search_options: {}, stream_options: { include_usage: true } }

describeMounts('a model that pauses within its turn', (gateway) => {
  const opened = cleanup()
  const claude = (url: string) => target(url, { provider: 'anthropic' })
  const gemini = (url: string) => target(url, { provider: 'google' })

  it('goes on in the same answer when its blocks are sent back', async () => {
    const up = await opened(scripted(PAUSED, message('msg_2', [words(0, 'It is sunny.')], 'end_turn', 7)))
    const gate = await opened(gateway(claude(up.url)))
    const heard = await chat(gate.url, SEARCH)

    assert.deepEqual([heard.text, heard.finish, heard.done], ['Let me search. It is sunny.', ['stop'], true])
    assert.equal(new Set(heard.frames.map(({ id }) => id)).size, 1)
    const usage = heard.frames.at(-1)?.usage
    assert.deepEqual([usage?.prompt_tokens, usage?.completion_tokens, usage?.total_tokens], [20, 12, 32])
    const [, second] = up.requests.map(({ body }) => JSON.parse(body).messages)
    assert.deepEqual(second, [
      { role: 'user', content: [{ type: 'text', text: 'hi' }] },
      { role: 'assistant', content: SEARCHED },
    ])
    assert.equal(gate.attempts.length, 1)
    assert.equal(gate.attempts[0]?.usage?.total_tokens, 32)
  })

  for (const [name, own] of Object.entries({
    'the tools of a server of MCP': { mcp_servers: [{ type: 'url', url: 'https://mcp.test', name: 'm' }] },
    'the search of tools': { tools: [{ type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' }] },
  })) {
    it(`goes on behind ${name}, and is not sent back texts that are blank`, async () => {
      const paused = message('msg_1', [words(0, ' '), words(1, 'Let me look. ')], 'pause_turn')
      const up = await opened(scripted(paused, message('msg_2', [words(0, 'Found.')], 'end_turn')))
      const gate = await opened(gateway(claude(up.url)))
      const heard = await chat(gate.url, { ...HELLO, ...own })
      assert.deepEqual([heard.text, heard.finish], [' Let me look. Found.', ['stop']])
      const { messages } = JSON.parse((await up.request(1)).body)
      assert.deepEqual(messages.at(-1).content, [{ type: 'text', text: 'Let me look. ' }])
    })
  }

  it('goes on in an answer that is asked for in one piece', async () => {
    const up = await opened(scripted(PAUSED, message('msg_2', [words(0, 'It is sunny.')], 'end_turn')))
    const gate = await opened(gateway(claude(up.url)))
    const { body } = await chat(gate.url, { ...HELLO, web_search_options: {}, stream: false })
    assert.equal(JSON.parse(body).choices[0].message.content, 'Let me search. It is sunny.')
  })

  it('gets all blocks of its turn at its second pause, and its calls come after all of them', async () => {
    const called = block(0, { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} })
    const up = await opened(
      scripted(
        PAUSED,
        message('msg_2', [words(0, 'Once more. ')], 'pause_turn'),
        message('msg_3', [words(0, 'So.'), called], 'tool_use'),
      ),
    )
    const gate = await opened(gateway(claude(up.url)))
    const tools = [{ type: 'function', function: { name: 'f' } }]
    const heard = await chat(gate.url, { ...SEARCH, tools })
    assert.deepEqual([heard.text, heard.finish], ['Let me search. Once more. So.', ['tool_calls']])
    const calls = heard.frames.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    assert.deepEqual(
      calls.map((call) => [call.index, call.function?.name, call.function?.arguments]),
      [[0, 'f', '{}']],
    )
    const { messages } = JSON.parse((await up.request(2)).body)
    assert.deepEqual(messages.at(-1).content, [...SEARCHED, { type: 'text', text: 'Once more. ' }])
  })

  it('is given up after eight pauses, and its answer does not look finished', async () => {
    const up = await opened(scripted(PAUSED))
    const gate = await opened(gateway({ ...claude(up.url), mid_stream: 'error' }))
    const heard = await chat(gate.url, SEARCH)
    assert.deepEqual([heard.done, heard.finish], [false, []])
    assert.equal(heard.frames.at(-1)?.error?.code, 'upstream_unfinished')
    assert.equal(up.requests.length, 9)
    assert.equal(gate.attempts[0]?.failure?.kind, 'broken-end')
  })

  it('has failed where it cannot be asked to go on, and the next target answers', async () => {
    for (const refused of [{ status: 500 }, { reset: 'before' }, { chunks: [], finish: 'cut' }] as Reply[]) {
      const up = await opened(scripted(message('msg_1', [], 'pause_turn'), refused))
      const other = await opened(scripted({ chunks: answer('another') }))
      const gate = await opened(gateway(fallback(claude(up.url), target(other.url))))
      const { text, done } = await chat(gate.url, SEARCH)
      assert.deepEqual([text, done], ['another', true])
      assert.equal(gate.attempts.length, 2)
    }
  })

  it('is left alone when the client leaves', async () => {
    const up = await opened(scripted(PAUSED, { finish: 'hang' }))
    const gate = await opened(gateway(claude(up.url)))
    const client = start(gate.url, SEARCH)
    const { closed } = await up.request(1)
    const response = await client.response
    response.on('error', () => {})
    client.destroy()
    await closed
    assert.equal((await gate.finished()).outcome, 'aborted')
    assert.equal(up.requests.length, 2)
  })

  it('of Gemini goes on with its token', async () => {
    const piece = (text: string, more: object, totalTokenCount: number) =>
      frame({
        candidates: [{ content: { parts: [{ text }] }, ...more }],
        usageMetadata: { promptTokenCount: 2, candidatesTokenCount: totalTokenCount - 2, totalTokenCount },
      })
    const up = await opened(
      scripted(
        { chunks: [piece('One ', {}, 3), piece('two ', { finishReason: 'CONTINUATION', continuationToken: 'T1' }, 4)] },
        { chunks: [piece('three.', { finishReason: 'STOP' }, 5)] },
      ),
    )
    const gate = await opened(gateway(gemini(up.url)))
    const heard = await chat(gate.url, { ...HELLO, stream_options: { include_usage: true } })
    assert.deepEqual([heard.text, heard.finish, heard.done], ['One two three.', ['stop'], true])
    assert.equal(heard.frames.at(-1)?.usage?.total_tokens, 9)
    const [first, second] = up.requests.map(({ body }) => JSON.parse(body))
    assert.deepEqual(second, { ...first, continuationToken: 'T1' })
  })
})
