import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, gateway, target } from '../helpers/gateway.ts'
import { answer, frame, type Recorded, scripted } from '../helpers/upstream.ts'

type Json = Record<string, unknown>

const whole = (...output: Json[]) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1770000000,
  model: 'gpt-5-pro',
  status: 'completed',
  output,
})
const text = (words: string) => ({ type: 'message', content: [{ type: 'output_text', text: words, annotations: [] }] })
const stream = (...output: Json[]) => [
  ...output.map((item, output_index) => frame({ type: 'response.output_item.done', output_index, item })),
  frame({ type: 'response.completed', response: whole(...output) }),
]

const error = (message: string, fields: Json = {}) => ({
  error: { message, type: 'invalid_request_error', param: null, code: null, ...fields },
})

/** A server with both of OpenAI's APIs, either of which may refuse what it is asked. */
function server(refusals: { chat?: Json; responses?: (body: Json) => Json | undefined; status?: number }) {
  return (_req: IncomingMessage, res: ServerResponse, { url, body }: Recorded) => {
    const isChat = url.endsWith('/chat/completions')
    const asked = JSON.parse(body) as Json
    const refusal = isChat ? refusals.chat : refusals.responses?.(asked)
    if (refusal !== undefined) {
      const { status = 400 } = refusals
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(refusal))
      return
    }
    if (asked.stream === false) {
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole(text('fine'))))
      return
    }
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const piece of isChat ? answer('fine') : stream(text('fine'))) res.write(piece)
    res.end()
  }
}

describe('OpenAI’s two APIs', () => {
  const opened = cleanup()

  async function serve(refusals: Parameters<typeof server>[0], more: Json = {}) {
    const upstream = await opened(scripted(server(refusals)))
    const lines: string[] = []
    const logger = { error: () => {}, warn: () => {}, info: (line: unknown) => lines.push(String(line)) }
    const gate = await opened(gateway(target(upstream.url, more), { logger }))
    const ask = async (fields: Json) => {
      const before = upstream.requests.length
      const { text: content, status } = await chat(gate.url, { ...HELLO, stream: true, ...fields })
      return { content, status, paths: upstream.requests.slice(before).map(({ url }) => url) }
    }
    return { upstream, gate, ask, lines }
  }

  const ONLY_RESPONSES = error('This model is only supported in v1/responses and not in v1/chat/completions.')

  it('ask a model that only Responses serves there', async () => {
    const { ask } = await serve({ chat: ONLY_RESPONSES })
    assert.deepEqual(await ask({ model: 'gpt-5-pro' }), { content: 'fine', status: 200, paths: ['/responses'] })
  })

  it('learn it of others from their refusal, within one attempt, and remember it', async () => {
    const { ask, gate, lines } = await serve({ chat: ONLY_RESPONSES, status: 404 })
    const first = await ask({ model: 'new-pro' })
    assert.deepEqual(first, { content: 'fine', status: 200, paths: ['/chat/completions', '/responses'] })
    assert.deepEqual((await ask({ model: 'new-pro' })).paths, ['/responses'])
    assert.equal(gate.attempts.length, 2)
    assert.deepEqual(lines.slice(-1), [
      "openai: new-pro is served by the API 'responses'; for an hour it is asked there.",
    ])
  })

  it('go back to chat where a server has no Responses', async () => {
    const { ask } = await serve({ responses: () => ({ detail: 'Not Found' }), status: 404 })
    assert.deepEqual(await ask({ model: 'gpt-5-pro' }), {
      content: 'fine',
      status: 200,
      paths: ['/responses', '/chat/completions'],
    })
    assert.deepEqual((await ask({ model: 'gpt-5-pro' })).paths, ['/chat/completions'])
  })

  it('end with the refusal where neither serves it', async () => {
    const { ask } = await serve({ chat: ONLY_RESPONSES, responses: () => ({ detail: 'Not Found' }), status: 404 })
    const { status, paths } = await ask({ model: 'new-pro' })
    assert.equal(status, 404)
    assert.deepEqual(paths, ['/chat/completions', '/responses', '/chat/completions'])
  })

  it('ask where the config says, whatever the refusal', async () => {
    const { ask } = await serve({ chat: ONLY_RESPONSES }, { openai_api: 'chat' })
    assert.deepEqual((await ask({ model: 'gpt-5-pro' })).paths, ['/chat/completions'])
  })

  it('ask for the whole answer where the stream is refused, and without summaries where those are', async () => {
    const { ask, upstream } = await serve({
      responses: ({ stream, reasoning }) => {
        if (stream)
          return error('Your organization must be verified to stream this model.', {
            param: 'stream',
            code: 'unsupported_value',
          })
        if ((reasoning as Json | undefined)?.summary === undefined) return undefined
        return error('Your organization must be verified to generate reasoning summaries.', {
          param: 'reasoning.summary',
          code: 'unsupported_value',
        })
      },
    })
    const { content, paths } = await ask({ model: 'gpt-5-pro' })
    assert.equal(content, 'fine')
    assert.equal(paths.length, 3)
    const [, , last] = upstream.requests
    assert.deepEqual((JSON.parse(last?.body ?? '') as Json).reasoning, undefined)
    assert.equal((await ask({ model: 'gpt-5-pro' })).paths.length, 1)
  })

  it('bring a call’s reasoning back through any client, and do without it where it cannot be read', async () => {
    const thinking = { type: 'reasoning', id: 'rs_1', encrypted_content: 'sealed', summary: [] }
    const call = { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' }
    const upstream = await opened(
      scripted({ chunks: stream(thinking, call) }, (req, res, recorded) => {
        const refusal = error('The encrypted content sea...led could not be verified.', {
          code: 'invalid_encrypted_content',
        })
        const { input } = JSON.parse(recorded.body) as { input: Json[] }
        const sealed = () => (input.some(({ type }) => type === 'reasoning') ? refusal : undefined)
        server(upstream.requests.length === 2 ? {} : { responses: sealed })(req, res, recorded)
      }),
    )
    const { url } = await opened(gateway(target(upstream.url)))
    const tools = [{ type: 'function', function: { name: 'f' } }]
    const first = await chat(url, { ...HELLO, model: 'gpt-5-pro', tools, stream: false })
    const { choices } = JSON.parse(first.body) as { choices: [{ message: { tool_calls: [{ id: string }] } }] }
    const { message } = choices[0]
    const id = message.tool_calls[0].id
    assert.match(id, /^call_1~sg1\./)
    const messages = [...HELLO.messages, message, { role: 'tool', tool_call_id: id, content: 'ok' }]
    const next = { ...HELLO, model: 'gpt-5-pro', tools, messages, stream: true }
    const inputOf = (n: number) => (JSON.parse(upstream.requests[n]?.body ?? '') as { input: Json[] }).input.slice(1)

    assert.equal((await chat(url, next)).text, 'fine')
    const result = { type: 'function_call_output', call_id: 'call_1', output: 'ok' }
    assert.deepEqual(inputOf(1), [thinking, call, result])
    assert.equal((await chat(url, next)).text, 'fine')
    assert.deepEqual(inputOf(3), [call, result])
  })
})
