import assert from 'node:assert/strict'
import OpenAI from 'openai'
import type { ResponseObject } from '../../lib/dialects/responses/response.ts'
import { target as anyTarget, cleanup, describeMounts, fallback, gateway } from '../helpers/gateway.ts'
import { accumulated, assertResponse, assertStream, eventsOf, respond } from '../helpers/responses.ts'
import { scripted } from '../helpers/upstream.ts'

/** A target that has to be translated for. */
const target = (url: string, more = {}) => anyTarget(url, { openai_api: 'chat', ...more })

const ASK = { model: 'm', input: 'hi', stream: true }

const frame = (delta: object, finish: string | null = null, more: object = {}) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`
const DONE = 'data: [DONE]\n\n'
const says = (...texts: string[]) => [...texts.map((content) => frame({ content })), frame({}, 'stop'), DONE]
const CALL = frame({
  tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
})
const textOf = ({ output }: ResponseObject) =>
  output.flatMap(({ content }) => (content as { text: string }[] | undefined)?.map(({ text }) => text) ?? []).join('')

describe('POST /responses', () => {
  const opened = cleanup()

  it('streams the answer of any target', async () => {
    const up = await opened(scripted({ chunks: says('It is ', 'sunny.') }))
    const gate = await opened(gateway(target(up.url)))
    const { status, headers, body } = await respond(gate.url, ASK)
    assert.deepEqual([status, headers['content-type']], [200, 'text/event-stream; charset=utf-8'])
    assert.equal(textOf(assertStream(body)), 'It is sunny.')
    assert.equal((await accumulated([body])).status, 'completed')
    const sent = JSON.parse(up.requests[0]?.body ?? '')
    assert.deepEqual(sent.messages, [{ role: 'user', content: 'hi' }])
  })

  it('answers with one response to a client that wants no stream', async () => {
    const up = await opened(scripted({ chunks: says('It is ', 'sunny.') }))
    const gate = await opened(gateway(target(up.url)))
    const { status, body } = await respond(gate.url, { ...ASK, stream: false })
    const response = JSON.parse(body) as ResponseObject
    assertResponse(response)
    assert.deepEqual([status, response.status, textOf(response)], [200, 'completed', 'It is sunny.'])
  })

  it('gives calls with the end of the answer only', async () => {
    const held = Promise.withResolvers<void>()
    const up = await opened(
      scripted({ chunks: [frame({ content: 'x' }), CALL, frame({}, 'tool_calls') + DONE], gate: () => held.promise }),
    )
    const gate = await opened(gateway(target(up.url, { tool_calls: 'live' })))
    const answer = respond(gate.url, ASK)
    held.resolve()
    const { body } = await answer
    const types = eventsOf(body).map(({ type }) => type)
    assert.equal(assertStream(body).output.at(-1)?.arguments, '{"x":1}')
    assert.equal(
      types.slice(types.indexOf('response.function_call_arguments.delta')).includes('response.output_text.done'),
      false,
    )
  })

  describe('when a target breaks', () => {
    it('joins the same text of the next one without a seam', async () => {
      const broken = await opened(scripted({ chunks: [frame({ content: 'It is ' })], finish: 'reset' }))
      const intact = await opened(scripted({ chunks: says('It is ', 'sunny.') }))
      const gate = await opened(gateway({ ...fallback(target(broken.url), target(intact.url)), mid_stream: 'restart' }))
      const { body } = await respond(gate.url, ASK)
      const response = assertStream(body)
      assert.deepEqual([response.status, textOf(response), response.output.length], ['completed', 'It is sunny.', 1])
    })

    it('ends in the error where the next text is another one: there is no word for a restart', async () => {
      const broken = await opened(scripted({ chunks: [frame({ content: 'It is ' })], finish: 'reset' }))
      const other = await opened(scripted({ chunks: says('Bonjour.') }))
      const gate = await opened(gateway({ ...fallback(target(broken.url), target(other.url)), mid_stream: 'restart' }))
      const { body } = await respond(gate.url, ASK)
      const response = assertStream(body)
      assert.equal(response.status, 'failed')
      assert.ok(!body.includes('Bonjour'))
      await assert.rejects(accumulated([body]))
    })

    it('never ends a call that may not be whole', async () => {
      const broken = await opened(scripted({ chunks: [frame({ content: 'Looking.' }), CALL], finish: 'cut' }))
      const gate = await opened(gateway({ ...target(broken.url), mid_stream: 'error' }))
      const { body } = await respond(gate.url, ASK)
      assert.equal(assertStream(body).status, 'failed')
      assert.ok(!body.includes('function_call'))
    })

    it('runs a call once where the next target makes it again', async () => {
      const broken = await opened(scripted({ chunks: [frame({ content: 'Looking.' }), CALL], finish: 'cut' }))
      const intact = await opened(
        scripted({ chunks: [frame({ content: 'Looking.' }), CALL, frame({}, 'tool_calls'), DONE] }),
      )
      const gate = await opened(gateway(fallback(target(broken.url), target(intact.url))))
      const { body } = await respond(gate.url, ASK)
      const { status, output } = assertStream(body)
      assert.deepEqual([status, output.map(({ type }) => type)], ['completed', ['message', 'function_call']])
    })

    it('tells by HTTP what failed before the first content', async () => {
      const up = await opened(
        scripted({
          status: 429,
          headers: { 'content-type': 'application/json', 'retry-after': '7' },
          chunks: ['{"error":{"message":"slow down"}}'],
        }),
      )
      const gate = await opened(gateway({ ...target(up.url), retry: { attempts: 0 } }))
      const { status, headers, body } = await respond(gate.url, ASK)
      assert.deepEqual([status, headers['retry-after']], [429, '7'])
      assert.match(body, /^\{"error":\{"message":"slow down"/)
    })
  })

  it('refuses what is wrong, and what no target can serve, by name', async () => {
    const up = await opened(scripted({ chunks: says('x') }))
    const gate = await opened(gateway(target(up.url)))
    for (const [body, param] of [
      [{ input: [{ role: 'user' }] }, 'input[0].content'],
      [{ ...ASK, tools: [{ type: 'mcp' }] }, 'tools[0].type'],
      [{ ...ASK, background: true }, 'background'],
    ] as const) {
      const answer = await respond(gate.url, body)
      assert.deepEqual([answer.status, JSON.parse(answer.body).error.param], [400, param])
    }
    assert.equal(up.requests.length, 0)
  })

  it('names what it leaves out', async () => {
    const up = await opened(scripted({ chunks: says('x') }))
    const gate = await opened(gateway(target(up.url)))
    const tools = [{ type: 'tool_search' }, { type: 'function', name: 'f' }]
    const { headers } = await respond(gate.url, { ...ASK, tools, max_tool_calls: 3 })
    assert.equal(headers['x-streamgate-dropped-params'], 'max_tool_calls, tools.tool_search')
  })

  it('speaks of parameters by the names that the client has for them', async () => {
    const refusing = { status: 400, headers: { 'content-type': 'application/json' } }
    const error = { message: 'Too long.', type: 'invalid_request_error', param: 'messages[0].content', code: null }
    const up = await opened(
      scripted(
        { chunks: says('x') },
        { ...refusing, chunks: [JSON.stringify({ error })] },
        { chunks: [frame({ content: 'x' }), `data: ${JSON.stringify({ error })}\n\n`] },
      ),
    )
    const gate = await opened(
      gateway({ provider: 'mistral-ai', custom_host: up.url, api_key: 'k', mid_stream: 'error' }),
    )
    const ask = { ...ASK, text: { verbosity: 'low' }, tools: [{ type: 'web_search' }] }
    const { headers } = await respond(gate.url, ask)
    assert.equal(headers['x-streamgate-dropped-params'], 'text.verbosity, tools.web_search')
    const { status, body } = await respond(gate.url, ask)
    assert.deepEqual([status, JSON.parse(body).error.param], [400, 'input'])
    assert.equal(eventsOf((await respond(gate.url, ask)).body).at(-2)?.param, 'input')
  })

  describe('with references to what was answered', () => {
    const REFERRING = (id: unknown) => ({
      ...ASK,
      input: [
        { type: 'item_reference', id },
        { role: 'user', content: 'more' },
      ],
    })

    async function answered(options = {}, more = {}) {
      const up = await opened(scripted({ chunks: says('It is sunny.') }))
      const gate = await opened(gateway(target(up.url), options))
      const { body } = await respond(gate.url, { ...ASK, ...more }, { headers: { authorization: 'Bearer a' } })
      const response = assertStream(body)
      const sent = () => JSON.parse(up.requests.at(-1)?.body ?? '').messages
      return { gate, response, sent, id: response.output[0]?.id }
    }

    it('puts items in place of their ids', async () => {
      const { gate, response, id, sent } = await answered()
      assert.equal(response.store, true)
      const { status } = await respond(gate.url, REFERRING(id), { headers: { authorization: 'Bearer a' } })
      assert.equal(status, 200)
      assert.deepEqual(sent(), [
        { role: 'assistant', content: 'It is sunny.' },
        { role: 'user', content: 'more' },
      ])
    })

    it('knows them without their type', async () => {
      const { gate, id, sent } = await answered()
      const input = [{ id }, { role: 'user', content: 'more' }]
      await respond(gate.url, { ...ASK, input }, { headers: { authorization: 'Bearer a' } })
      assert.deepEqual(sent()[0], { role: 'assistant', content: 'It is sunny.' })
    })

    it('puts a whole conversation in place of its response', async () => {
      const { gate, response, sent } = await answered({}, { instructions: 'be brief' })
      const more = { ...ASK, input: 'more', previous_response_id: response.id }
      const headers = { authorization: 'Bearer a' }
      const second = assertStream((await respond(gate.url, more, { headers })).body)
      assert.equal(second.previous_response_id, response.id)
      const expected = [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'It is sunny.' },
        { role: 'user', content: 'more' },
      ]
      assert.deepEqual(sent(), expected)
      await respond(gate.url, { ...more, previous_response_id: second.id }, { headers })
      assert.deepEqual(sent(), [...expected, ...expected.slice(1)])
    })

    it('knows nothing of another owner', async () => {
      const { gate, response, id } = await answered()
      for (const headers of [{ authorization: 'Bearer b' }, {}]) {
        const item = await respond(gate.url, REFERRING(id), { headers })
        assert.deepEqual([item.status, JSON.parse(item.body).error.message], [404, `Item with id '${id}' not found.`])
        const whole = await respond(gate.url, { ...ASK, previous_response_id: response.id }, { headers })
        assert.deepEqual([whole.status, JSON.parse(whole.body).error.code], [400, 'previous_response_not_found'])
      }
    })

    it('asks the application who the owner is', async () => {
      const { gate, id } = await answered({ itemOwner: () => 'everybody' })
      assert.equal((await respond(gate.url, REFERRING(id))).status, 200)
    })

    for (const [title, options, more] of [
      ['the client wants nothing kept', {}, { store: false }],
      ['the application keeps nothing', { itemStore: false }, {}],
      ['there is no owner', { itemOwner: () => undefined }, {}],
      ['there is no room', { limits: { maxItemBytes: 10 } }, {}],
    ] as const) {
      it(`keeps nothing where ${title}`, async () => {
        const { gate, id } = await answered(options, more)
        assert.equal((await respond(gate.url, REFERRING(id), { headers: { authorization: 'Bearer a' } })).status, 404)
      })
    }

    it('says that it keeps nothing', async () => {
      assert.equal((await answered({}, { store: false })).response.store, false)
      assert.equal((await answered({ itemStore: false })).response.store, false)
    })

    it('does not find what nobody could have been given', async () => {
      const { gate } = await answered()
      for (const id of ['__proto__', 'x'.repeat(500), 'a:b', '']) {
        assert.equal((await respond(gate.url, REFERRING(id))).status, 404)
      }
    })
  })
})

describeMounts('requests about responses', (open) => {
  const opened = cleanup()

  async function answered() {
    const up = await opened(scripted({ chunks: says('It is sunny.') }))
    const { sdk } = await opened(open(target(up.url)))
    const client = new OpenAI({ apiKey: 'sk-a', maxRetries: 0, ...sdk })
    const other = new OpenAI({ apiKey: 'sk-b', maxRetries: 0, ...sdk })
    const response = await client.responses.create({ model: 'm', input: 'hi' })
    return { client, other, response }
  }
  const has = (status: number) => (error: unknown) => error instanceof OpenAI.APIError && error.status === status

  it('gives a response again, and what it answered', async () => {
    const { client, response } = await answered()
    const again = await client.responses.retrieve(response.id)
    assert.deepEqual([again.id, again.output_text], [response.id, 'It is sunny.'])
    const said = (text: string) => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })
    const { data } = await client.responses.inputItems.list(response.id)
    assert.deepEqual(data, [said('hi')])
    const next = await client.responses.create({ model: 'm', input: 'more', previous_response_id: response.id })
    const newest = (await client.responses.inputItems.list(next.id)).data
    assert.deepEqual([newest[0], newest[1]?.id, newest[2]], [said('more'), response.output[0]?.id, said('hi')])
    const oldest = (await client.responses.inputItems.list(next.id, { order: 'asc' })).data
    assert.deepEqual(oldest, newest.toReversed())
  })

  it('forgets it when asked to', async () => {
    const { client, response } = await answered()
    await client.responses.delete(response.id)
    await assert.rejects(client.responses.retrieve(response.id), has(404))
    const input = [{ type: 'item_reference' as const, id: response.output[0]?.id ?? '' }]
    await assert.rejects(client.responses.create({ model: 'm', input }), has(404))
  })

  it('knows nothing of other owners, nor of what there is not', async () => {
    const { client, other, response } = await answered()
    await assert.rejects(other.responses.retrieve(response.id), has(404))
    await assert.rejects(other.responses.delete(response.id), has(404))
    await assert.rejects(client.responses.retrieve('resp_1'), has(404))
    await assert.rejects(client.responses.retrieve(response.output[0]?.id ?? ''), has(404))
    assert.equal((await client.responses.retrieve(response.id)).id, response.id)
  })

  it('gives none as a stream', async () => {
    const { client, response } = await answered()
    await assert.rejects(client.responses.retrieve(response.id, { stream: true }), has(400))
    assert.equal((await client.responses.retrieve(response.id, { stream: false })).id, response.id)
  })

  it('cancels nothing that has ended', async () => {
    const { client, response } = await answered()
    await assert.rejects(client.responses.cancel(response.id), has(400))
  })
})

describe('GET /responses', () => {
  const opened = cleanup()

  it('sends who would speak WebSocket back to HTTP', async () => {
    const { url } = await opened(gateway(target('http://127.0.0.1:1')))
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'openai-beta': 'responses_websockets=2026-02-06' }
    const answer = await respond(url, undefined, { method: 'GET', headers })
    assert.deepEqual([answer.status, answer.headers.connection], [426, 'close'])
    assert.match(JSON.parse(answer.body).error.message, /WebSocket/)
  })

  it('is nothing else', async () => {
    const { url } = await opened(gateway(target('http://127.0.0.1:1')))
    assert.equal((await respond(url, undefined, { method: 'GET' })).status, 404)
  })
})
