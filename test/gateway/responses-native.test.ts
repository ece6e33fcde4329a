import assert from 'node:assert/strict'
import { packStates } from '../../lib/dialects/responses/state.ts'
import { packCallId } from '../../lib/transforms/call-id.ts'
import { cleanup, fallback, gateway } from '../helpers/gateway.ts'
import { accumulated, assertStream, eventsOf, respond } from '../helpers/responses.ts'
import { type Reply, type Scripted, scripted } from '../helpers/upstream.ts'

const HEX = '0123456789abcdef0123456789abcdef0123456789abcdef'
const RESPONSE = {
  id: `resp_${HEX}`,
  object: 'response',
  created_at: 1,
  status: 'in_progress',
  model: 'gpt-5',
  output: [] as object[],
  a_field_of_tomorrow: true,
}
const ID = `msg_${HEX}`
const ITEM = { id: ID, type: 'message', status: 'completed', role: 'assistant' }
const text = (said: string) => ({ type: 'output_text', text: said, annotations: [], logprobs: [] })
const place = { item_id: ID, output_index: 0, content_index: 0 }
const delta = (said: string) => ({ type: 'response.output_text.delta', ...place, delta: said, obfuscation: 'x' })

const BEGIN = [
  { type: 'response.created', response: RESPONSE },
  { type: 'response.in_progress', response: RESPONSE },
  { type: 'response.output_item.added', output_index: 0, item: { ...ITEM, status: 'in_progress', content: [] } },
  { type: 'response.content_part.added', ...place, part: text('') },
]
const done = (said: string) => [
  { type: 'response.output_text.done', ...place, text: said },
  { type: 'response.content_part.done', ...place, part: text(said) },
  { type: 'response.output_item.done', output_index: 0, item: { ...ITEM, content: [text(said)] } },
]
const completed = (...output: object[]) => ({
  type: 'response.completed',
  response: {
    ...RESPONSE,
    ...{ status: 'completed', output, usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 } },
  },
})
const WHOLE = [...BEGIN, delta('It is '), delta('sunny.'), ...done('It is sunny.')]
const frames = (events: readonly { type: string }[]) =>
  events.map((event, at) => {
    const { type, ...fields } = event
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: at, ...fields })}\n\n`
  })
const SAYS = frames([...WHOLE, completed({ ...ITEM, content: [text('It is sunny.')] })])

const CALL = { id: `fc_${HEX}`, type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' }
const CALLS = [
  { type: 'response.output_item.added', output_index: 1, item: { ...CALL, status: 'in_progress', arguments: '' } },
  { type: 'response.function_call_arguments.done', item_id: CALL.id, output_index: 1, arguments: '{}' },
  { type: 'response.output_item.done', output_index: 1, item: { ...CALL, status: 'completed' } },
]

const CODEX = {
  model: 'gpt-5',
  stream: true,
  input: [{ role: 'user', content: 'hi' }],
  tools: [
    { type: 'mcp', server_label: 's' },
    { type: 'custom', name: 'patch', format: { type: 'text' } },
  ],
  include: ['reasoning.encrypted_content'],
  client_metadata: { turn_id: '1' },
  a_field_of_tomorrow: [{ nested: null }],
}

const HI = { model: 'gpt-5', input: 'hi', stream: true }

// As JSON: an object with a `then` would look like a promise.
const BY_MODEL = JSON.parse(
  '{"mode":"conditional","default":"openai","conditions":[{"query":{"params.model":{"$eq":"llama"}},"then":"groq"}]}',
)
const CHAT =
  'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Hi."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'

const refusal = (message: string, code: string | null, { status = 400, param = null as string | null } = {}) => ({
  status,
  headers: { 'content-type': 'application/json' },
  chunks: [JSON.stringify({ error: { message, type: 'invalid_request_error', param, code } })],
})

const lastResponse = (body: string) => eventsOf(body).at(-1)?.response as Record<string, unknown> | undefined

const sentTo = (up: Scripted, n = -1) => JSON.parse(up.requests.at(n)?.body ?? '')

describe('Responses for a target that speaks them', () => {
  const opened = cleanup()
  const openai = (url: string, more = {}) => ({
    provider: 'openai',
    custom_host: `${url}/v1`,
    api_key: 'sk-own',
    ...more,
  })

  async function inFrontOf(...replies: Reply[]) {
    const up = await opened(scripted(...replies))
    return { up, gate: await opened(gateway(openai(up.url))) }
  }

  it('go as the client wrote them, and come as the provider did', async () => {
    const { up, gate } = await inFrontOf({ chunks: SAYS })
    const headers = { 'openai-beta': 'responses=v9', authorization: 'Bearer client', 'x-other': '1' }
    const { body, headers: got } = await respond(gate.url, CODEX, { headers })
    assert.equal(body, SAYS.join(''))
    assert.deepEqual(sentTo(up), CODEX)
    const [sent] = up.requests
    assert.equal(sent?.url, '/v1/responses')
    const { authorization, 'openai-beta': beta, 'x-other': other } = sent?.headers ?? {}
    assert.deepEqual([authorization, beta, other], ['Bearer sk-own', 'responses=v9', undefined])
    assert.equal(got['x-streamgate-dropped-params'], undefined)
    assert.equal(gate.outcomes[0]?.usage?.total_tokens, 7)
  })

  it('are one response to a client that wants no stream', async () => {
    const { up, gate } = await inFrontOf({ chunks: SAYS })
    const { body } = await respond(gate.url, { ...CODEX, stream: false })
    assert.deepEqual(JSON.parse(body), completed({ ...ITEM, content: [text('It is sunny.')] }).response)
    assert.equal(sentTo(up).stream, true)
  })

  it('go to Azure by the name of the deployment', async () => {
    const up = await opened(scripted({ chunks: SAYS }))
    const azure = { provider: 'azure-openai', custom_host: `${up.url}/openai/v1`, deployment_id: 'd', api_key: 'k' }
    const gate = await opened(gateway(azure))
    assert.equal((await respond(gate.url, CODEX)).body, SAYS.join(''))
    assert.deepEqual([up.requests[0]?.url, sentTo(up).model], ['/openai/v1/responses', 'd'])
  })

  it('have what the config overrides, and are translated where that is in words of chat', async () => {
    const up = await opened(scripted({ chunks: SAYS }))
    const gate = await opened(gateway(openai(up.url, { override_params: { model: 'gpt-6', temperature: 0.1 } })))
    await respond(gate.url, CODEX)
    assert.deepEqual(sentTo(up), { ...CODEX, model: 'gpt-6', temperature: 0.1 })
    const { tools: _, ...plain } = CODEX
    const other = await opened(gateway(openai(up.url, { override_params: { max_tokens: 5 } })))
    await respond(other.url, plain)
    assert.equal(up.requests.at(-1)?.url, '/v1/chat/completions')
  })

  it('lose what we wrote into their history', async () => {
    const { up, gate } = await inFrontOf({ chunks: SAYS })
    const hex = 'f'.repeat(36)
    const theirs = { type: 'reasoning', id: `rs_${HEX}`, summary: [], encrypted_content: 'gAAA' }
    const input = [
      { type: 'reasoning', id: `rs_${hex}`, summary: [{ type: 'summary_text', text: 'so' }] },
      { type: 'reasoning', summary: [], encrypted_content: packStates(new Map([['a', 'b']])) },
      theirs,
      { type: 'message', id: `msg_${hex}`, role: 'assistant', content: [text('x')] },
      { type: 'function_call', id: `fc_${hex}`, call_id: packCallId('call_1', 'state'), name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: packCallId('call_1', 'state'), output: 'y' },
    ]
    await respond(gate.url, { ...CODEX, input })
    assert.deepEqual(sentTo(up).input, [
      theirs,
      { type: 'message', role: 'assistant', content: [text('x')] },
      { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'y' },
    ])
  })

  it("have shorter ids of calls, where another maker's are longer than OpenAI takes", async () => {
    const { up, gate } = await inFrontOf({ chunks: SAYS })
    const call_id = 'a_very_long_name_of_a_tool_'.repeat(3)
    const input = [
      { type: 'function_call', call_id, name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id, output: 'y' },
    ]
    await respond(gate.url, { ...CODEX, input })
    const [call, output] = sentTo(up).input
    assert.match(call.call_id, /^call_\w{32}$/)
    assert.equal(output.call_id, call.call_id)
  })

  it('refer to what the provider keeps', async () => {
    const { up, gate } = await inFrontOf({ chunks: SAYS })
    const input = [{ type: 'item_reference', id: 'msg_theirs' }]
    await respond(gate.url, { ...CODEX, input, previous_response_id: 'resp_theirs' })
    assert.deepEqual([sentTo(up).input, sentTo(up).previous_response_id], [input, 'resp_theirs'])
    // What came by here is kept by both.
    await respond(gate.url, { ...CODEX, input: 'more', previous_response_id: RESPONSE.id })
    assert.deepEqual([sentTo(up).input, sentTo(up).previous_response_id], ['more', RESPONSE.id])
  })

  it('go on by another API from what was answered natively, and natively from what was not', async () => {
    const chat = await opened(scripted({ chunks: [CHAT] }))
    const native = await opened(scripted({ chunks: SAYS }))
    const groq = { provider: 'groq', custom_host: chat.url, api_key: 'k' }
    const gate = await opened(
      gateway({
        strategy: BY_MODEL,
        targets: [
          { name: 'openai', ...openai(native.url) },
          { name: 'groq', ...groq },
        ],
      }),
    )
    await respond(gate.url, { model: 'gpt-5', input: 'hi', stream: true })
    const ask = { model: 'llama', input: 'more', stream: true, previous_response_id: RESPONSE.id }
    const second = assertStream((await respond(gate.url, ask)).body)
    const expected = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'It is sunny.' },
      { role: 'user', content: 'more' },
    ]
    assert.deepEqual(sentTo(chat).messages, expected)
    await respond(gate.url, { ...ask, model: 'gpt-5', input: 'again', previous_response_id: second.id })
    const { input, previous_response_id: previous } = sentTo(native)
    assert.equal(previous, undefined)
    assert.deepEqual(
      input.map(({ role, content }: { role: string; content: unknown }) => [role, content]),
      [
        ['user', 'hi'],
        ['assistant', [text('It is sunny.')]],
        ['user', 'more'],
        ['assistant', [text('Hi.')]],
        ['user', 'again'],
      ],
    )
  })

  describe('answered in one piece', () => {
    const { response } = completed({ ...ITEM, content: [text('It is sunny.')] }, { ...CALL, status: 'completed' })
    const PIECE = { headers: { 'content-type': 'application/json' }, chunks: [JSON.stringify(response, null, 2)] }
    const UNVERIFIED = refusal('Your organization must be verified to stream this model.', 'unsupported_value', {
      param: 'stream',
    })

    it('are a stream to a client that wants one', async () => {
      const { gate } = await inFrontOf(PIECE)
      const { status, output } = assertStream((await respond(gate.url, HI)).body)
      assert.equal(status, 'completed')
      assert.partialDeepStrictEqual(output, [
        { type: 'message', content: [{ text: 'It is sunny.' }] },
        { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' },
      ])
    })

    it('are this piece to any other', async () => {
      for (const end of ['completed', 'incomplete']) {
        const { gate } = await inFrontOf({ ...PIECE, chunks: [JSON.stringify(ended(end))] })
        const { body } = await respond(gate.url, { ...HI, stream: false })
        assert.deepEqual(JSON.parse(body), ended(end))
      }
      function ended(status: string) {
        return status === 'completed'
          ? response
          : { ...response, status, incomplete_details: { reason: 'max_output_tokens' } }
      }
    })

    it('are so where the model may not be streamed, to a client that wants no stream, and are asked so from then on', async () => {
      const { up, gate } = await inFrontOf(UNVERIFIED, PIECE)
      for (const requests of [2, 3]) {
        const { body } = await respond(gate.url, { ...HI, stream: false })
        assert.deepEqual(JSON.parse(body), response)
        assert.deepEqual([up.requests.length, sentTo(up).stream], [requests, false])
      }
      assert.equal(up.requests.at(-1)?.url, '/v1/responses')
    })

    it('are refused where the model may not be streamed, to a client that wants a stream', async () => {
      const { up, gate } = await inFrontOf(UNVERIFIED, PIECE, UNVERIFIED)
      assert.equal((await respond(gate.url, { ...HI, stream: false })).status, 200)
      const { status, body } = await respond(gate.url, HI)
      assert.deepEqual([status, JSON.parse(body).error.param], [400, 'stream'])
      assert.deepEqual([up.requests.length, sentTo(up).stream], [3, true])
    })
  })

  describe('of which a target knows nothing', () => {
    const THOUGHT = { id: `rs_${HEX}`, type: 'reasoning', summary: [], encrypted_content: 'gAAA' }
    const NOT_DECIPHERED = refusal('The encrypted content gAAA could not be verified.', 'invalid_encrypted_content')
    const NOT_KEPT = refusal(`Previous response with id '${RESPONSE.id}' not found.`, 'previous_response_not_found')
    const NO_ITEM = refusal(`Item with id '${ID}' not found.`, null, { status: 404, param: 'input' })
    const DOWN = { status: 503, chunks: ['{}'] }

    async function inFrontOfTwo(first: Reply[], second: Reply[]) {
      const [one, other] = [await opened(scripted(...first)), await opened(scripted(...second))]
      return { one, other, gate: await opened(gateway(fallback(openai(one.url), openai(other.url)))) }
    }

    it('leave out the reasoning that only another can read', async () => {
      const { other, gate } = await inFrontOfTwo([DOWN], [NOT_DECIPHERED, { chunks: SAYS }])
      const message = { type: 'message', id: ID, role: 'assistant', content: [text('Looking.')] }
      const result = { type: 'function_call_output', call_id: 'call_1', output: 'y' }
      const ask = { ...CODEX, store: false, input: [...CODEX.input, THOUGHT, message, CALL, result] }
      assert.equal((await respond(gate.url, ask)).body, SAYS.join(''))
      const [{ id: _, ...said }, { id: __, ...called }] = [message, CALL]
      assert.deepEqual(sentTo(other, 0), ask)
      assert.deepEqual(sentTo(other, 1), { ...ask, input: [...CODEX.input, said, called, result] })
    })

    it('tell it the whole conversation', async () => {
      const { one, other, gate } = await inFrontOfTwo([{ chunks: SAYS }, DOWN], [NOT_KEPT, { chunks: SAYS }])
      await respond(gate.url, HI)
      const more = { ...HI, input: 'more', previous_response_id: RESPONSE.id }
      assert.equal((await respond(gate.url, more)).status, 200)
      assert.deepEqual(sentTo(one), more)
      assert.deepEqual(sentTo(other, 0), more)
      const { previous_response_id: _, ...alone } = more
      const { id: __, ...said } = { ...ITEM, content: [text('It is sunny.')] }
      const input = [{ role: 'user', content: 'hi' }, said, { role: 'user', content: 'more' }]
      assert.deepEqual(sentTo(other, 1), { ...alone, input })
    })

    it('tell it the items in place of their ids', async () => {
      const { other, gate } = await inFrontOfTwo([{ chunks: SAYS }, DOWN], [NO_ITEM, { chunks: SAYS }])
      await respond(gate.url, HI)
      const input = [
        { type: 'item_reference', id: ID },
        { role: 'user', content: 'more' },
      ]
      assert.equal((await respond(gate.url, { ...HI, input })).status, 200)
      const { id: _, ...said } = { ...ITEM, content: [text('It is sunny.')] }
      assert.deepEqual(sentTo(other, 1).input, [said, { role: 'user', content: 'more' }])
    })

    it('end in its refusal where the gateway does not know it either, and are asked once', async () => {
      for (const refused of [NOT_KEPT, NO_ITEM]) {
        const { up, gate } = await inFrontOf(refused)
        const input = [{ type: 'item_reference', id: 'msg_lost' }]
        const { status, body } = await respond(gate.url, { ...HI, input, previous_response_id: 'resp_lost' })
        assert.deepEqual([status, body], [refused.status, refused.chunks.join('')])
        assert.equal(up.requests.length, 1)
      }
    })

    it('end in the second refusal', async () => {
      const { up, gate } = await inFrontOf(NOT_DECIPHERED)
      assert.equal((await respond(gate.url, { ...CODEX, input: [...CODEX.input, THOUGHT] })).status, 400)
      assert.equal(up.requests.length, 2)
    })

    it('say nothing of the conversations of others', async () => {
      const { up, gate } = await inFrontOf(NOT_DECIPHERED, { chunks: SAYS })
      const ask = { ...CODEX, input: [...CODEX.input, THOUGHT] }
      await respond(gate.url, ask)
      await respond(gate.url, ask)
      assert.deepEqual(sentTo(up), ask)
    })

    it('are still passed on as they are after a file, or anything else, was not found', async () => {
      const missing = refusal("Vector store with id 'vs_1' not found.", null, { status: 404 })
      const { up, gate } = await inFrontOf(missing, { chunks: SAYS })
      assert.equal((await respond(gate.url, HI)).status, 404)
      assert.equal((await respond(gate.url, HI)).status, 200)
      assert.deepEqual(new Set(up.requests.map(({ url }) => url)), new Set(['/v1/responses']))
    })
  })

  it('are no whole conversation for others where the provider alone knows how it began', async () => {
    const chat = await opened(scripted({ chunks: [CHAT] }))
    const native = await opened(scripted({ chunks: SAYS }))
    const gate = await opened(
      gateway({
        strategy: BY_MODEL,
        targets: [
          { name: 'openai', ...openai(native.url) },
          { name: 'groq', provider: 'groq', custom_host: chat.url, api_key: 'k' },
        ],
      }),
    )
    const ask = { input: 'more', stream: true, previous_response_id: RESPONSE.id }
    for (const began of [{ previous_response_id: 'resp_theirs' }, { conversation: 'conv_1' }]) {
      await respond(gate.url, { ...HI, ...began })
      const { status, body } = await respond(gate.url, { ...ask, model: 'llama' })
      assert.deepEqual([status, JSON.parse(body).error.code], [400, 'previous_response_not_found'])
      assert.equal((await respond(gate.url, { ...ask, model: 'gpt-5' })).status, 200)
      assert.equal(sentTo(native).previous_response_id, RESPONSE.id)
      const again = await respond(gate.url, undefined, { method: 'GET', path: `/v1/responses/${RESPONSE.id}` })
      assert.equal(JSON.parse(again.body).id, RESPONSE.id)
    }
    assert.equal(chat.requests.length, 0)
  })

  it('are translated for a host that has no such path, which is remembered', async () => {
    const { up, gate } = await inFrontOf({ status: 404, chunks: ['Not Found'] }, { chunks: [CHAT] })
    const ask = { model: 'gpt-5', input: 'hi', stream: true }
    assert.equal(assertStream((await respond(gate.url, ask)).body).status, 'completed')
    await respond(gate.url, ask)
    const chats = ['/v1/chat/completions', '/v1/chat/completions']
    assert.deepEqual(
      up.requests.map(({ url }) => url),
      ['/v1/responses', ...chats],
    )
    assert.equal(gate.attempts.length, 2)
  })

  it('are translated for a target that is to be asked by chat', async () => {
    const up = await opened(scripted({ status: 400, chunks: ['{}'] }))
    const gate = await opened(gateway(openai(up.url, { openai_api: 'chat' })))
    await respond(gate.url, { model: 'gpt-5', input: 'hi' })
    assert.equal(up.requests[0]?.url, '/v1/chat/completions')
  })

  it('pass over the targets that need a translation for what has none', async () => {
    const other = await opened(scripted({ chunks: [] }))
    const up = await opened(scripted({ chunks: SAYS }))
    const anthropic = { provider: 'anthropic', custom_host: other.url, api_key: 'k' }
    const gate = await opened(gateway(fallback(anthropic, openai(up.url))))
    assert.equal((await respond(gate.url, CODEX)).body, SAYS.join(''))
    assert.equal(other.requests.length, 0)
  })

  it('hold a call until the answer is whole', async () => {
    const all = frames([...WHOLE, ...CALLS, completed({ ...ITEM, content: [text('It is sunny.')] }, CALL)])
    const { gate } = await inFrontOf({ chunks: all })
    assert.equal((await respond(gate.url, CODEX)).body, all.join(''))
    const cut = await inFrontOf({ chunks: all.slice(0, -1), finish: 'cut' })
    const { body } = await respond(cut.gate.url, CODEX)
    assert.equal(eventsOf(body).at(-1)?.type, 'response.failed')
    assert.ok(!body.includes('function_call_arguments') && !body.includes('"function_call"'))
  })

  describe('when they break', () => {
    const anthropicSays = (...texts: string[]) =>
      [
        { type: 'message_start', message: { id: 'm', model: 'claude', usage: { input_tokens: 1, output_tokens: 1 } } },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        ...texts.map((said) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: said } })),
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
        { type: 'message_stop' },
      ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)

    async function rescued(events: readonly { type: string }[], ...texts: string[]) {
      const broken = await opened(scripted({ chunks: frames(events), finish: 'reset' }))
      const next = await opened(scripted({ chunks: anthropicSays(...texts) }))
      const anthropic = {
        provider: 'anthropic',
        custom_host: next.url,
        api_key: 'k',
        models: { '*': 'claude-sonnet-5' },
      }
      const gate = await opened(gateway({ ...fallback(openai(broken.url), anthropic), mid_stream: 'restart' }))
      const { tools: _, ...plain } = CODEX
      return (await respond(gate.url, plain)).body
    }

    it('go on in the same item by a target of another API', async () => {
      const body = await rescued([...BEGIN, delta('It is ')], 'It is ', 'sunny.')
      const types = eventsOf(body).map(({ type }) => type)
      assert.equal(types.filter((type) => type === 'response.created').length, 1)
      const response = lastResponse(body)
      assert.partialDeepStrictEqual(response, { ...RESPONSE, status: 'completed', output: [] })
      assert.deepEqual(response?.output, [{ ...ITEM, content: [text('It is sunny.')] }])
      assert.equal((await accumulated([body])).output_text, 'It is sunny.')
    })

    it('never end what may go on', async () => {
      // The end of the text came, and was no end.
      const body = await rescued([...BEGIN, delta('It is '), ...done('It is ')], 'It is ', 'sunny.')
      assert.equal((await accumulated([body])).output_text, 'It is sunny.')
      assert.equal(eventsOf(body).filter(({ type }) => type === 'response.output_text.done').length, 1)
    })

    it('end in the error, with all of the response, where nobody goes on', async () => {
      const body = await rescued([...BEGIN, delta('It is ')], 'Bonjour.')
      assert.equal(eventsOf(body).at(-2)?.type, 'error')
      assert.partialDeepStrictEqual(lastResponse(body), { ...RESPONSE, status: 'failed' })
      await assert.rejects(accumulated([body]))
    })
  })

  it('keep thoughts that a server tells as content, when another target goes on', async () => {
    const thought = { id: `rs_${HEX}`, type: 'reasoning', content: [], summary: [] }
    const at = { item_id: thought.id, output_index: 0, content_index: 0 }
    const events = [
      ...BEGIN.slice(0, 2),
      { type: 'response.output_item.added', output_index: 0, item: thought },
      { type: 'response.content_part.added', ...at, part: { type: 'reasoning_text', text: '' } },
      { type: 'response.reasoning_text.delta', ...at, delta: 'Hm, ' },
      { type: 'response.reasoning_text.delta', ...at, delta: 'yes.' },
    ]
    const broken = await opened(scripted({ chunks: frames(events), finish: 'reset' }))
    const next = await opened(scripted({ chunks: [CHAT] }))
    const groq = { provider: 'groq', custom_host: next.url, api_key: 'k' }
    const gate = await opened(gateway({ ...fallback(openai(broken.url), groq), mid_stream: 'continue' }))
    const { tools: _, ...plain } = CODEX
    const { body } = await respond(gate.url, plain)
    const output = lastResponse(body)?.output as { type: string; content: unknown }[]
    assert.deepEqual(output[0], { ...thought, content: [{ type: 'reasoning_text', text: 'Hm, yes.' }] })
    assert.equal((await accumulated([body])).output_text, 'Hi.')
    const types = eventsOf(body).map(({ type }) => type)
    const ends = ['response.reasoning_text.done', 'response.content_part.done', 'response.output_item.done']
    assert.deepEqual(types.slice(6, 9), ends)
  })

  it('keep their numbers in order around our signs of life', async () => {
    const silent = Promise.withResolvers<void>()
    const up = await opened(
      scripted({
        chunks: [SAYS.slice(0, 5).join(''), SAYS.slice(5).join('')],
        gate: () => silent.promise,
      }),
    )
    const gate = await opened(gateway({ ...openai(up.url), keep_alive: 1 }))
    const answer = await fetch(`${gate.url}/v1/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(CODEX),
    })
    let body = ''
    for await (const piece of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      body += piece
      if (body.includes('keepalive')) silent.resolve()
    }
    // Asserts numbers without gaps.
    const events = eventsOf(body)
    assert.ok(events.some(({ type }) => type === 'keepalive'))
    assert.deepEqual(
      events.filter(({ type }) => type !== 'keepalive').map(({ type }) => type),
      eventsOf(SAYS.join('')).map(({ type }) => type),
    )
  })

  describe('from a provider that sends nonsense', () => {
    const nonsense: object[] = [
      { type: 'response.created', response: null },
      { type: 'response.in_progress', response: 'x' },
      { type: 'response.output_item.added', output_index: 'x', item: null },
      { type: 'response.output_item.added', output_index: -1, item: ['x'] },
      { type: 'response.content_part.added', part: null },
      { type: 'response.output_text.delta', delta: 5 },
      { type: 'response.output_text.annotation.added', annotation: 'x' },
      { type: 'response.output_item.done', item: 7 },
    ]
    const lines = nonsense.map((event) => `event: x\ndata: ${JSON.stringify(event)}\n\n`)
    const ends: object[] = [
      { type: 'response.completed', response: { id: 5, output: null } },
      { type: 'response.completed', response: { id: 'r', output: [null, 5, {}, { id: 'x' }] } },
      { type: 'response.completed' },
    ]
    for (const end of ends) {
      it(`passes ${JSON.stringify(end)} on`, async () => {
        const last = `event: response.completed\ndata: ${JSON.stringify(end)}\n\n`
        const up = await opened(scripted({ chunks: [...lines, last] }))
        const faults: unknown[] = []
        const logger = { error: (fault: unknown) => void faults.push(fault) }
        const gate = await opened(gateway(openai(up.url), { logger }))
        for (const stream of [true, false]) {
          const { status } = await respond(gate.url, { ...CODEX, stream })
          assert.ok(status === 200 || status === 502, `${status}`)
        }
        assert.deepEqual(faults, [])
      })
    }

    it('says so where it breaks', async () => {
      const { gate } = await inFrontOf({ chunks: [...lines, ...frames([delta('It is ')])], finish: 'reset' })
      const { body } = await respond(gate.url, CODEX)
      assert.match(body, /event: response\.failed\n/)
    })
  })
})
