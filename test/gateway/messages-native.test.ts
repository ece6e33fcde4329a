import assert from 'node:assert/strict'
import { ownSignature } from '../../lib/dialects/messages/signature.ts'
import { packCallId } from '../../lib/transforms/call-id.ts'
import { cleanup, fallback, gateway } from '../helpers/gateway.ts'
import { eventsIn, HELLO, message } from '../helpers/messages.ts'
import { type Reply, scripted } from '../helpers/upstream.ts'

const EVENTS = [
  {
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-5',
      content: [],
      stop_reason: null,
      usage: { input_tokens: 3, output_tokens: 1 },
    },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
]
const frame = (event: { type: string }) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
const WHOLE = EVENTS.map(frame).join('')

const CLAUDE_CODE = {
  model: 'claude-sonnet-5',
  max_tokens: 64_000,
  stream: true,
  system: [{ type: 'text', text: 'x-anthropic-billing-header: cc_version=2' }],
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral', ttl: '1h' } }] },
  ],
  tools: [
    { name: 'f', input_schema: { type: 'object' }, input_examples: [{}], eager_input_streaming: true },
    { type: 'web_search_20260318', name: 'web_search' },
  ],
  thinking: { type: 'adaptive', display: 'updates' },
  context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
  a_field_of_tomorrow: [{ nested: null }],
}

describe('Messages for a target that speaks it', () => {
  const opened = cleanup()

  async function ask(
    target: Record<string, unknown>,
    body: unknown = CLAUDE_CODE,
    headers: Record<string, string> = {},
    reply: Reply = { chunks: [WHOLE] },
  ) {
    const upstream = await opened(scripted(reply))
    const { path = '', ...rest } = target
    const { url } = await opened(gateway({ api_key: 'sk-own', ...rest, custom_host: `${upstream.url}${path}` }))
    const answer = await message(url, body, headers)
    const [sent] = upstream.requests
    return { answer, sent, body: JSON.parse(sent?.body ?? '{}') as Record<string, unknown> }
  }

  const ANTHROPIC = { provider: 'anthropic', path: '/v1' }
  const VERTEX = { provider: 'vertex-ai', vertex_project_id: 'p', vertex_region: 'us-east5' }
  const BEDROCK = { provider: 'bedrock', bedrock_api: 'invoke', aws_region: 'us-east-1' }

  const CLIENTS_BETAS = [
    ...['claude-code-20250219', 'interleaved-thinking-2025-05-14', 'thinking-token-count-2026-05-13'],
    ...['advanced-tool-use-2025-11-20', 'effort-2025-11-24', 'effort-2099-01-01'],
  ].join(',')

  it('goes to Anthropic as the client wrote it', async () => {
    const betas = { 'anthropic-beta': 'one-2025-01-01,two-2025-01-01', 'anthropic-version': '2026-10-21' }
    const { sent, body, answer } = await ask(
      { ...ANTHROPIC, anthropic_beta: 'two-2025-01-01, three-2025-01-01' },
      CLAUDE_CODE,
      betas,
    )
    assert.equal(sent?.url, '/v1/messages')
    assert.deepEqual(body, CLAUDE_CODE)
    assert.equal(sent?.headers['anthropic-beta'], 'one-2025-01-01,two-2025-01-01,three-2025-01-01')
    assert.equal(sent?.headers['anthropic-version'], '2026-10-21')
    assert.equal(sent?.headers['x-api-key'], 'sk-own')
    assert.equal(answer.headers['x-streamgate-dropped-params'], undefined)
    assert.equal(answer.body, WHOLE)
  })

  it("goes with the target's own version, and with a stream whatever the client wants", async () => {
    const { sent, body, answer } = await ask(
      { ...ANTHROPIC, anthropic_version: '2023-06-01' },
      { ...CLAUDE_CODE, stream: false },
      { 'anthropic-version': '2026-10-21' },
    )
    assert.deepEqual([sent?.headers['anthropic-version'], body.stream], ['2023-06-01', true])
    const { content, stop_reason, usage } = JSON.parse(answer.body)
    assert.deepEqual(
      [content, stop_reason, usage],
      [[{ type: 'text', text: 'Hello' }], 'end_turn', { input_tokens: 3, output_tokens: 2 }],
    )
  })

  it('is answered as the client wants where the host answers in one piece', async () => {
    const whole = {
      ...EVENTS[0]?.message,
      content: [{ type: 'text', text: 'Hello' }],
      ...{ stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 3, output_tokens: 2 } },
    }
    const reply = { headers: { 'content-type': 'application/json' }, chunks: [JSON.stringify(whole)] }
    const streamed = await ask(ANTHROPIC, CLAUDE_CODE, {}, reply)
    assert.deepEqual(
      eventsIn(streamed.answer.body).events.map(({ name }) => name),
      EVENTS.map(({ type }) => type),
    )
    const { answer } = await ask(ANTHROPIC, { ...CLAUDE_CODE, stream: false }, {}, reply)
    const { content, stop_reason, usage } = JSON.parse(answer.body)
    assert.partialDeepStrictEqual(content, whole.content)
    assert.deepEqual([stop_reason, usage.output_tokens], ['end_turn', 2])
  })

  it('goes by the token of a login as a bearer', async () => {
    const { sent } = await ask({ ...ANTHROPIC, api_key: 'sk-ant-oat01-x' })
    assert.deepEqual([sent?.headers.authorization, sent?.headers['x-api-key']], ['Bearer sk-ant-oat01-x', undefined])
  })

  it('goes to Claude on Vertex AI, the version in the body and the model in the path', async () => {
    const own = { ...VERTEX, anthropic_beta: 'own-2025-01-01' }
    const { sent, body } = await ask(own, CLAUDE_CODE, { 'anthropic-beta': CLIENTS_BETAS })
    const { model: _, ...rest } = CLAUDE_CODE
    assert.match(String(sent?.url), /\/publishers\/anthropic\/models\/claude-sonnet-5:streamRawPredict$/)
    assert.deepEqual(body, { anthropic_version: 'vertex-2023-10-16', ...rest })
    // The others are refused there: anthropics/claude-code#34802.
    assert.equal(
      sent?.headers['anthropic-beta'],
      'interleaved-thinking-2025-05-14,tool-search-tool-2025-10-19,own-2025-01-01',
    )
  })

  const refused: [host: string, target: Record<string, unknown>, error: object][] = [
    [
      'Bedrock',
      { ...BEDROCK, models: { '*': 'us.anthropic.claude-opus-4-7' } },
      { message: 'The model returned the following errors: invalid beta flag' },
    ],
    [
      'Vertex AI',
      VERTEX,
      {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: 'Unexpected value(s) `interleaved-thinking-2025-05-14` for the `anthropic-beta` header.',
        },
      },
    ],
  ]
  for (const [host, target, error] of refused) {
    it(`is asked again without betas of the client's that a model on ${host} refuses, and from then on`, async () => {
      const whole = host === 'Bedrock' ? { chunks: [], finish: 'cut' as const } : { chunks: [WHOLE] }
      const upstream = await opened(scripted({ status: 400, chunks: [JSON.stringify(error)] }, whole, whole))
      const given = { api_key: 'sk-own', anthropic_beta: 'own-2025-01-01', ...target, custom_host: upstream.url }
      const { url } = await opened(gateway(given))
      const headers = { 'anthropic-beta': CLIENTS_BETAS }
      const first = await message(url, CLAUDE_CODE, headers)
      await message(url, CLAUDE_CODE, headers)
      if (host !== 'Bedrock') assert.equal(first.body, WHOLE)
      const betas = upstream.requests.map(
        (sent) => sent.headers['anthropic-beta'] ?? JSON.parse(sent.body).anthropic_beta,
      )
      const own = host === 'Bedrock' ? ['own-2025-01-01'] : 'own-2025-01-01'
      assert.deepEqual(betas.slice(1, 2), [own])
      if (host !== 'Bedrock') assert.deepEqual(betas.slice(2), [own])
    })
  }

  it('goes to Claude on Bedrock, with the betas that it has', async () => {
    const model = 'us.anthropic.claude-sonnet-5-v1:0'
    const headers = { 'anthropic-beta': CLIENTS_BETAS }
    const { sent, body } = await ask(
      { ...BEDROCK, models: { '*': model } },
      { ...CLAUDE_CODE, service_tier: 'auto', tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
      headers,
    )
    const { model: _, stream: __, ...rest } = CLAUDE_CODE
    assert.equal(sent?.url, `/model/${encodeURIComponent(model)}/invoke-with-response-stream`)
    assert.deepEqual(body, {
      anthropic_version: 'bedrock-2023-05-31',
      anthropic_beta: ['interleaved-thinking-2025-05-14', 'tool-search-tool-2025-10-19', 'effort-2025-11-24'],
      ...rest,
      tool_choice: { type: 'auto' },
    })
  })

  it('goes to Bedrock without callers that are the model itself', async () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }
    const history = (block: unknown) => [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: [block] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'x' }] },
    ]
    const messages = history({ ...call, caller: { type: 'direct' } })
    const bedrock = { provider: 'bedrock', bedrock_api: 'invoke' }
    const { sent } = await ask(bedrock, { ...CLAUDE_CODE, model: 'anthropic.claude-sonnet-5', messages })
    assert.deepEqual(JSON.parse(sent?.body ?? '').messages, history(call))
  })

  it('leaves out what we wrote into its history', async () => {
    const id = packCallId('toolu_1', 'state')
    const call = { type: 'tool_use', id, name: 'f', input: {} }
    const messages = [
      ...CLAUDE_CODE.messages,
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: ownSignature('gpt') }] },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'so', signature: 'EqQB' }, call] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'a' }] },
    ]
    const { body } = await ask(ANTHROPIC, { ...CLAUDE_CODE, messages })
    assert.deepEqual(body.messages, [
      ...CLAUDE_CODE.messages,
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'so', signature: 'EqQB' },
          { ...call, id: 'toolu_1' },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'a' }] },
    ])
  })

  it("leaves out what other makers' models gave, where Anthropic would refuse it", async () => {
    const found = { type: 'web_search_result_location', url: 'https://a', title: 't' }
    const ours = { ...found, cited_text: '', encrypted_index: '' }
    const ourPlace = {
      type: 'page_location',
      cited_text: '',
      document_index: 0,
      start_page_number: 1,
      end_page_number: 2,
    }
    const theirs = { ...found, cited_text: 'words', encrypted_index: 'EqQB' }
    const history = (first: unknown, second: unknown, id: string) => [
      ...CLAUDE_CODE.messages,
      { role: 'assistant', content: [first, second, { type: 'tool_use', id, name: 'Bash', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'x' }] },
    ]
    const said = { type: 'text', text: 'a' }
    const cited = (...citations: unknown[]) => ({ ...said, citations })
    const messages = history(cited(ours, ourPlace), cited(theirs, ours), 'functions.Bash:0')
    const { body } = await ask(ANTHROPIC, { ...CLAUDE_CODE, messages })
    assert.deepEqual(body.messages, history(said, cited(theirs), 'functions_Bash_0'))
  })

  /** A translation has no field of tomorrow. */
  const translated: [name: string, target: Record<string, unknown>, body: Record<string, unknown>][] = [
    ['for a model that thinks in another way', { ...ANTHROPIC, override_params: { model: 'claude-haiku-4-5' } }, {}],
    ["with OpenAI's parameters in the config", { ...ANTHROPIC, override_params: { reasoning_effort: 'low' } }, {}],
    [
      'with pictures that the host does not fetch',
      { ...VERTEX },
      {
        messages: [
          { role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'https://127.0.0.1:1/a.png' } }] },
        ],
      },
    ],
    [
      'for another API of the host',
      { ...BEDROCK, bedrock_api: 'converse', models: { '*': 'us.anthropic.claude-sonnet-5-v1:0' } },
      {},
    ],
    [
      'with calls of a server that counts them anew in each turn',
      ANTHROPIC,
      {
        messages: [1, 2].flatMap(() => [
          ...CLAUDE_CODE.messages,
          { role: 'assistant', content: [{ type: 'tool_use', id: 'call_0', name: 'f', input: {} }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_0', content: 'x' }] },
        ]),
      },
    ],
    [
      'with thoughts of ours where one must come first',
      ANTHROPIC,
      {
        thinking: { type: 'enabled', budget_tokens: 2000 },
        messages: [
          ...CLAUDE_CODE.messages,
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'hm', signature: ownSignature('gpt') },
              { type: 'text', text: 'a' },
            ],
          },
          ...CLAUDE_CODE.messages,
        ],
      },
    ],
  ]
  for (const [name, target, fields] of translated) {
    it(`is translated ${name}`, async () => {
      const { body } = await ask(target, { ...CLAUDE_CODE, tools: undefined, ...fields })
      assert.equal(body.a_field_of_tomorrow, undefined)
    })
  }

  it('keeps the limit of the model', async () => {
    const { body } = await ask(ANTHROPIC, { ...HELLO, model: 'claude-sonnet-4-5', max_tokens: 100_000 })
    assert.equal(body.max_tokens, 64_000)
  })

  it('is refused by all others where only such a target can serve it, and goes on to the next', async () => {
    const other = await opened(scripted({}))
    const own = await opened(scripted({ chunks: [WHOLE] }))
    const targets = [
      { provider: 'openai', api_key: 'k', custom_host: other.url },
      { provider: 'anthropic', api_key: 'k', custom_host: own.url },
    ]
    const { url } = await opened(gateway(fallback(...targets)))
    const answer = await message(url, { ...CLAUDE_CODE, mcp_servers: [{ type: 'url', url: 'https://a', name: 'a' }] })
    assert.equal(answer.body, WHOLE)
    assert.equal(other.requests.length, 0)
    const alone = await opened(gateway(targets[0]))
    const refused = await message(alone.url, { ...CLAUDE_CODE, container: 'c' })
    assert.deepEqual([refused.status, /'container'/.test(refused.body)], [400, true])
  })

  const NEXT = { ...HELLO, model: 'claude-sonnet-5', thread: { type: 'continue', previous_message_id: 'msg_1' } }

  it('goes on in a thread that Anthropic keeps', async () => {
    const { sent } = await ask(ANTHROPIC, { ...NEXT, stream: true })
    assert.deepEqual(JSON.parse(sent?.body ?? '').thread, NEXT.thread)
  })

  it('says that a thread is not there, in Anthropic’s own words', async () => {
    const details = { error_code: 'thread_not_found' }
    const error = { type: 'not_found_error', message: 'No thread.', details }
    const chunks = [JSON.stringify({ type: 'error', error })]
    const { answer } = await ask(ANTHROPIC, NEXT, {}, { status: 404, chunks })
    assert.deepEqual([answer.status, JSON.parse(answer.body).error], [404, error])
  })

  const hosts = {
    'Vertex AI': VERTEX,
    Bedrock: { ...BEDROCK, models: { '*': 'us.anthropic.claude-sonnet-5-v1:0' } },
  }
  for (const [name, target] of Object.entries({ ...hosts, OpenAI: { provider: 'openai' } })) {
    it(`says that a thread is not there where none can be: ${name}`, async () => {
      const { answer, sent } = await ask(target, NEXT)
      assert.equal(sent, undefined)
      const { type, details } = JSON.parse(answer.body).error
      assert.deepEqual([answer.status, type, details], [404, 'not_found_error', { error_code: 'thread_not_found' }])
    })
  }

  for (const [name, target] of Object.entries(hosts)) {
    it(`begins no thread where none can be, and answers all the same: ${name}`, async () => {
      const threads = { 'anthropic-beta': 'message-threads-2026-08-12' }
      const { sent, body } = await ask(target, { ...NEXT, thread: { type: 'create' } }, threads)
      assert.deepEqual([body.thread, body.anthropic_beta], [undefined, undefined])
      assert.equal(sent?.headers['anthropic-beta'], undefined)
      assert.equal((body.messages as unknown[]).length, NEXT.messages.length)
    })
  }

  it('goes on in the open block of a native attempt, with whatever answers', async () => {
    const begun = EVENTS.slice(0, 3).map(frame).join('')
    const broken = await opened(scripted({ chunks: [begun], finish: 'cut' }))
    const next = await opened(
      scripted({
        headers: { 'content-type': 'text/event-stream' },
        chunks: [
          'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Hello you"},"finish_reason":null}]}\n\ndata: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
        ],
      }),
    )
    const { url } = await opened(
      gateway({
        ...fallback(
          { provider: 'anthropic', api_key: 'k', custom_host: broken.url },
          { provider: 'openai', api_key: 'k', custom_host: next.url },
        ),
        mid_stream: 'restart',
      }),
    )
    const answer = await message(url)
    assert.ok(answer.body.startsWith(begun))
    assert.deepEqual(
      eventsIn(answer.body)
        .events.slice(3)
        .map(({ data }) => [data.type, data.index, (data.delta as { text?: string })?.text]),
      [
        ['content_block_delta', 0, ' you'],
        ['content_block_stop', 0, undefined],
        ['message_delta', undefined, undefined],
        ['message_stop', undefined, undefined],
      ],
    )
  })
})
