import assert from 'node:assert/strict'
import OpenAI from 'openai'
import { type Program, run } from '../examples/process.ts'
import { cleanup } from '../helpers/gateway.ts'
import { scripted } from '../helpers/upstream.ts'
import { SYSTEMS } from './systems/index.ts'
import { reply } from './systems/system.ts'

const MESSAGES = [{ role: 'user' as const, content: 'How is the weather in Paris?' }]
const TEXT = { text: ['It is ', 'sunny.'] }
const CALL = { calls: [{ id: 'pariS0001', name: 'get_weather', arguments: { city: 'Paris' } }] }

describe('the official openai SDK, pointed at the standalone', () => {
  const opened = cleanup()
  let program: Program
  let baseURL: string

  before(async () => {
    program = run('standalone', ['--port', '0', '--allow-request-config', '--allow-private-hosts'])
    baseURL = `${(await program.logged('listening')).url}/v1`
  })
  after(() => {
    program.child.kill()
    return program.exited
  })

  for (const [name, system] of Object.entries(SYSTEMS)) {
    const { model } = system
    const client = (url: string) =>
      new OpenAI({
        apiKey: 'sk-test',
        baseURL,
        maxRetries: 0,
        defaultHeaders: { 'x-portkey-config': JSON.stringify(system.target(url)) },
      })

    it(`streams from ${name} with .stream()`, async () => {
      const up = await opened(scripted(reply(system, TEXT)))
      const stream = client(up.url).chat.completions.stream({
        model,
        messages: MESSAGES,
        stream_options: { include_usage: true },
      })
      const pieces: string[] = []
      stream.on('content', (piece) => pieces.push(piece))
      const { choices, usage } = await stream.finalChatCompletion()
      assert.deepEqual(pieces, ['It is ', 'sunny.'])
      assert.equal(choices[0]?.message.content, 'It is sunny.')
      assert.equal(choices[0]?.finish_reason, 'stop')
      assert.deepEqual([usage?.prompt_tokens, usage?.completion_tokens, usage?.total_tokens], [5, 7, 12])
    })

    for (const stream of [true, false]) {
      it(`runs a tool of ${name} through (stream: ${stream})`, async () => {
        const up = await opened(scripted(reply(system, CALL), reply(system, TEXT)))
        const asked: unknown[] = []
        const tools = [
          {
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
          },
        ]
        const { completions } = client(up.url).chat
        const runner = stream
          ? completions.runTools({ model, messages: MESSAGES, tools, stream: true })
          : completions.runTools({ model, messages: MESSAGES, tools })
        assert.equal(await runner.finalContent(), 'It is sunny.')
        assert.deepEqual(asked, [{ city: 'Paris' }])
        assert.equal(up.requests.length, 2)
        const heard = system.hear(await up.request(1))
        assert.deepEqual(heard.turns.at(-1), {
          results: [{ name: 'get_weather', arguments: { city: 'Paris' }, result: 'sunny' }],
        })
      })
    }

    it(`reads an error of ${name} as an APIError`, async () => {
      const { status, body, message, code, raised } = system.error
      const up = await opened(scripted({ status, chunks: [JSON.stringify(body)] }))
      for (const stream of [true, false]) {
        await assert.rejects(
          Promise.resolve(client(up.url).chat.completions.create({ model, messages: MESSAGES, stream })),
          (error) => {
            assert.ok(error instanceof OpenAI.APIError)
            assert.match(error.message, message)
            assert.equal(error.code, code)
            assert.equal(error.constructor.name, raised)
            return true
          },
        )
      }
    })
  }
})
