import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { isChatCompletionBody, LLMock } from '@copilotkit/aimock'
import OpenAI from 'openai'
import { cleanup, gateway } from '../helpers/gateway.ts'
import { SYSTEMS } from './systems/index.ts'
import type { System } from './systems/system.ts'

const MESSAGES = [
  { role: 'system' as const, content: 'Be brief.' },
  { role: 'user' as const, content: 'How is the weather in Paris?' },
]

/** aimock has no v1 of Cohere's. */
const { 'cohere v1': _, ...KNOWN } = SYSTEMS

/** They count unasked, but aimock takes them for OpenAI, which does not. */
const UNCOUNTED = ['groq', 'mistral-ai']

/** An emulator that was not made by us, which speaks the providers' formats and remembers what it took from whom. */
describe('aimock, behind streamgate, through the official openai SDK', () => {
  const opened = cleanup()
  let mock: LLMock
  let vertex: http.Server

  before(async () => {
    mock = new LLMock({ port: 0, strict: true })
    mock.on({ hasToolResult: true, toolResultContains: 'sunny' }, { content: 'Take your sunglasses.' })
    mock.on(
      { userMessage: /weather/, predicate: ({ tools }) => tools?.length === 1 },
      { toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] },
    )
    mock.on({ userMessage: /weather/, systemMessage: 'Be brief.' }, { content: 'Sunny, they say.' })
    await mock.start()
    vertex = atV1()
    await once(vertex.listen(0, '127.0.0.1'), 'listening')
  })
  after(async () => {
    vertex.close()
    await mock.stop()
  })
  afterEach(() => mock.clearRequests())

  /** aimock knows Vertex's API by an older version than ours. */
  function atV1(): http.Server {
    return http.createServer((req, res) => {
      const { method, headers } = req
      const url = `${mock.url}${req.url?.replace('/v1beta1/', '/v1/')}`
      req.pipe(
        http.request(url, { method, headers, agent: false }, (answer) => {
          res.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(res)
        }),
      )
    })
  }

  async function clientFor(system: System): Promise<OpenAI> {
    const url =
      system === SYSTEMS['vertex-ai'] ? `http://127.0.0.1:${(vertex.address() as AddressInfo).port}` : mock.url
    const gate = await opened(gateway({ ...system.target(url), api_key: 'sk-test' }))
    return new OpenAI({ apiKey: 'sk-client', baseURL: `${gate.url}/v1`, maxRetries: 0 })
  }

  /** What aimock took; all of it served from what was prepared. */
  function taken() {
    return mock.getRequests().map(({ body, response }) => {
      assert.equal(response.status, 200)
      assert(response.fixture)
      assert(isChatCompletionBody(body))
      return body
    })
  }

  for (const [name, system] of Object.entries(KNOWN)) {
    const body = { model: system.model, messages: MESSAGES }

    for (const stream of [true, false]) {
      it(`${name}: text (stream: ${stream})`, async () => {
        const { completions } = (await clientFor(system)).chat
        const { choices, usage } = stream
          ? await completions.stream({ ...body, stream_options: { include_usage: true } }).finalChatCompletion()
          : await completions.create(body)
        assert.equal(choices[0]?.message.content, 'Sunny, they say.')
        assert.equal(choices[0]?.finish_reason, 'stop')
        assert.equal(usage != null, !UNCOUNTED.includes(name))

        const [request, ...others] = taken()
        assert.deepEqual(others, [])
        assert.equal(request?.stream, true)
        assert.deepEqual(
          request?.messages.map(({ role, content }) => [role, content]),
          MESSAGES.map(({ role, content }) => [role, content]),
        )
      })

      it(`${name}: a tool run through (stream: ${stream})`, async () => {
        const asked: unknown[] = []
        const tool = {
          type: 'function' as const,
          function: {
            name: 'get_weather',
            description: 'Tells the weather of a city',
            parameters: { type: 'object' as const, properties: { city: { type: 'string' } } },
            parse: JSON.parse,
            function: (args: unknown) => {
              asked.push(args)
              return 'sunny'
            },
          },
        }
        const { completions } = (await clientFor(system)).chat
        const runner = stream
          ? completions.runTools({ ...body, tools: [tool], stream: true })
          : completions.runTools({ ...body, tools: [tool] })
        assert.equal(await runner.finalContent(), 'Take your sunglasses.')
        assert.deepEqual(asked, [{ city: 'Paris' }])

        const [first, second, ...others] = taken()
        assert.deepEqual(others, [])
        assert.deepEqual(
          first?.tools?.map(({ function: { name, description } }) => ({ name, description })),
          [{ name: 'get_weather', description: 'Tells the weather of a city' }],
        )
        const result = second?.messages.at(-1)
        const call = second?.messages.at(-2)?.tool_calls?.[0]
        assert.equal(result?.role, 'tool')
        assert.match(String(result?.content), /sunny/)
        assert.equal(result?.tool_call_id, call?.id)
        assert.equal(call?.function.name, 'get_weather')
        assert.deepEqual(JSON.parse(call?.function.arguments ?? ''), { city: 'Paris' })
      })
    }
  }
})
