import assert from 'node:assert/strict'
import OpenAI from 'openai'
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import { cleanup } from '../helpers/gateway.ts'
import { CALL, OBJECT, PROVIDERS, QUESTION, RESULT, TEXT, THOUGHT } from './standalone.ts'

/** The base URL is all that changes. The key is looked at only where the gateway's config has none. */
const pointedAt = (baseURL: string) => new OpenAI({ apiKey: 'sk-client', baseURL, maxRetries: 0 })

const messages = [{ role: 'user' as const, content: QUESTION }]

/** A tool that notes what it was asked. */
function weatherTool() {
  const asked: unknown[] = []
  const tool = zodFunction({
    name: 'get_weather',
    description: 'Tells the weather of a city',
    parameters: z.object({ city: z.string() }),
    function: (args) => {
      asked.push(args)
      return 'sunny'
    },
  })
  return { asked, tool }
}

describe('the openai SDK, pointed at the standalone', () => {
  const opened = cleanup()

  for (const provider of PROVIDERS) {
    const { name, model, thinker, error: expected } = provider

    describe(`in front of ${name}`, () => {
      it('streams', async () => {
        const { baseURL } = await opened(provider.behind(provider.says(TEXT)))
        const stream = await pointedAt(baseURL).chat.completions.create({ model, messages, stream: true })
        const pieces: string[] = []
        let finish: string | null | undefined
        for await (const { choices } of stream) {
          if (choices[0]?.delta.content) pieces.push(choices[0].delta.content)
          finish = choices[0]?.finish_reason
        }
        assert.deepEqual(pieces, ['It is ', 'sunny.'])
        assert.equal(finish, 'stop')
      })

      it('streams with the helper, and counts tokens', async () => {
        const { baseURL } = await opened(provider.behind(provider.says(TEXT)))
        const stream = pointedAt(baseURL).chat.completions.stream({
          model,
          messages,
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

      it('gives the whole answer at once', async () => {
        const { baseURL } = await opened(provider.behind(provider.says(TEXT)))
        const { choices, usage } = await pointedAt(baseURL).chat.completions.create({ model, messages })
        assert.equal(choices[0]?.message.content, 'It is sunny.')
        assert.equal(choices[0]?.finish_reason, 'stop')
        assert.deepEqual([usage?.prompt_tokens, usage?.completion_tokens, usage?.total_tokens], [5, 7, 12])
      })

      for (const stream of [true, false]) {
        it(`runs a tool and sends its result back (stream: ${stream})`, async () => {
          const { baseURL, providers } = await opened(provider.behind([provider.says(CALL), provider.says(TEXT)]))
          const { asked, tool } = weatherTool()
          const { completions } = pointedAt(baseURL).chat
          const runner = stream
            ? completions.runTools({ model, messages, tools: [tool], stream: true })
            : completions.runTools({ model, messages, tools: [tool] })
          assert.equal(await runner.finalContent(), 'It is sunny.')
          assert.deepEqual(asked, [{ city: 'Paris' }])
          const second = await providers[0]?.request(1)
          assert.deepEqual(second && provider.hear(second).turns.at(-1), RESULT)
        })
      }

      it('parses a structured answer', async () => {
        const { baseURL } = await opened(provider.behind(provider.says(OBJECT)))
        const weather = z.object({ city: z.string(), sunny: z.boolean() })
        const body = { model, messages, response_format: zodResponseFormat(weather, 'weather') }
        const { completions } = pointedAt(baseURL).chat
        const streamed = await completions.stream(body).finalChatCompletion()
        const whole = await completions.parse(body)
        for (const { choices } of [streamed, whole]) {
          assert.deepEqual(choices[0]?.message.parsed, { city: 'Paris', sunny: true })
        }
      })

      it('parses the arguments of a call', async () => {
        const { baseURL } = await opened(provider.behind(provider.says(CALL)))
        const body = { model, messages, tools: [weatherTool().tool] }
        const { completions } = pointedAt(baseURL).chat
        const stream = completions.stream(body)
        const done: unknown[] = []
        stream.on('tool_calls.function.arguments.done', (call) => done.push(call.parsed_arguments))
        const streamed = await stream.finalChatCompletion()
        const whole = await completions.parse(body)
        for (const { choices } of [streamed, whole]) {
          const [call] = choices[0]?.message.tool_calls ?? []
          assert.deepEqual(call?.type === 'function' && call.function.parsed_arguments, { city: 'Paris' })
        }
        assert.deepEqual(done, [{ city: 'Paris' }])
      })

      if (thinker !== undefined) {
        it('shows reasoning, as a field that its types do not know', async () => {
          const { baseURL } = await opened(provider.behind(provider.says(THOUGHT)))
          const stream = pointedAt(baseURL).chat.completions.stream({
            model: thinker,
            messages,
            reasoning_effort: 'high',
          })
          let reasoning = ''
          stream.on('chunk', ({ choices }) => {
            const delta: object = choices[0]?.delta ?? {}
            if ('reasoning_content' in delta) reasoning += delta.reasoning_content
          })
          assert.equal(await stream.finalContent(), 'It is sunny.')
          assert.equal(reasoning, 'No cloud in sight.')
        })
      }

      for (const stream of [true, false]) {
        it(`raises an error before the first token by its class (stream: ${stream})`, async () => {
          const { baseURL } = await opened(provider.behind(provider.fails()))
          const { completions } = pointedAt(baseURL).chat
          await assert.rejects(Promise.resolve(completions.create({ model, messages, stream })), (error) => {
            assert.ok(error instanceof OpenAI.APIError)
            assert.equal(error.constructor.name, expected.raised)
            assert.equal(error.status, expected.seen)
            assert.equal(error.code, expected.code)
            assert.match(error.message, expected.message)
            return true
          })
        })
      }

      it('raises when the stream is cut and no target is left', async () => {
        const { baseURL } = await opened(provider.behind(provider.breaksOff(TEXT)))
        const { completions } = pointedAt(baseURL).chat
        const seen: string[] = []
        await assert.rejects(async () => {
          for await (const { choices } of await completions.create({ model, messages, stream: true })) {
            seen.push(choices[0]?.delta.content ?? '')
            assert.equal(choices[0]?.finish_reason, null)
          }
        }, isTruncated)
        assert.equal(seen.join(''), 'It is ')
        await assert.rejects(completions.stream({ model, messages }).finalChatCompletion(), isTruncated)
        await assert.rejects(
          completions.create({ model, messages }),
          (error) => error instanceof OpenAI.InternalServerError && error.status === 502,
        )
      })

      it('never runs a tool whose call was cut', async () => {
        const { baseURL } = await opened(provider.behind(provider.tellsHalf(CALL)))
        const { asked, tool } = weatherTool()
        const runner = pointedAt(baseURL).chat.completions.runTools({ model, messages, tools: [tool], stream: true })
        await assert.rejects(runner.done(), OpenAI.APIError)
        assert.deepEqual(asked, [])
      })

      it('sees one whole answer when a second target rescues it', async () => {
        const { baseURL, providers } = await opened(provider.behind(provider.breaksOff(TEXT), provider.says(TEXT)))
        const stream = pointedAt(baseURL).chat.completions.stream({ model, messages })
        const { choices } = await stream.finalChatCompletion()
        assert.equal(choices[0]?.message.content, 'It is sunny.')
        assert.equal(choices[0]?.finish_reason, 'stop')
        assert.deepEqual(
          providers.map(({ requests }) => requests.length),
          [1, 1],
        )
      })

      it('runs a tool once when a second target rescues its call', async () => {
        const { baseURL } = await opened(
          provider.behind(provider.tellsHalf(CALL), [provider.says(CALL), provider.says(TEXT)]),
        )
        const { asked, tool } = weatherTool()
        const runner = pointedAt(baseURL).chat.completions.runTools({ model, messages, tools: [tool], stream: true })
        assert.equal(await runner.finalContent(), 'It is sunny.')
        assert.deepEqual(asked, [{ city: 'Paris' }])
      })

      it('closes the provider’s connection when it aborts', async () => {
        const { baseURL, providers } = await opened(provider.behind(provider.stalls(TEXT)))
        const stream = pointedAt(baseURL).chat.completions.stream({ model, messages })
        stream.on('content', () => stream.abort())
        await assert.rejects(stream.done(), OpenAI.APIUserAbortError)
        await (await providers[0]?.request(0))?.closed
      })

      it('closes it too when it aborts while it waits for the whole answer', async () => {
        const { baseURL, providers } = await opened(provider.behind(provider.stalls(TEXT)))
        const abort = new AbortController()
        const answer = pointedAt(baseURL).chat.completions.create({ model, messages }, { signal: abort.signal })
        const refused = assert.rejects(answer, OpenAI.APIUserAbortError)
        const request = await providers[0]?.request(0)
        abort.abort()
        await refused
        await request?.closed
      })
    })
  }
})

function isTruncated(error: unknown): boolean {
  return error instanceof OpenAI.APIError && error.code === 'upstream_stream_truncated'
}
