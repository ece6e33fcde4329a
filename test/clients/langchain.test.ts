import assert from 'node:assert/strict'
import { HumanMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import OpenAI from 'openai'
import { z } from 'zod'
import { cleanup } from '../helpers/gateway.ts'
import { inTurn } from './in-turn.ts'
import { CALL, OBJECT, PROVIDERS, QUESTION, RESULT, TEXT, THOUGHT } from './standalone.ts'

/** The base URL is all that changes. */
const pointedAt = (baseURL: string, model: string) =>
  new ChatOpenAI({ model, apiKey: 'sk-client', configuration: { baseURL }, maxRetries: 0 })

/** A tool that notes what it was asked. */
function weatherTool() {
  const asked: unknown[] = []
  const get_weather = tool(
    (input) => {
      asked.push(input)
      return 'sunny'
    },
    {
      name: 'get_weather',
      description: 'Tells the weather of a city',
      schema: z.object({ city: z.string() }),
    },
  )
  return { asked, get_weather }
}

describe('LangChain’s ChatOpenAI, pointed at the standalone', () => {
  const opened = cleanup()

  for (const provider of PROVIDERS) {
    const { name, model, thinker, error: expected } = provider
    // openai, which it is made of, and portkey have the other turns.
    const itsTurn = inTurn(provider, 1, 3)

    describe(`in front of ${name}`, () => {
      itsTurn('streams, and counts tokens', async () => {
        const { baseURL } = await opened(provider.behind(provider.says(TEXT)))
        const stream = await pointedAt(baseURL, model).stream(QUESTION)
        const pieces: string[] = []
        let finish: unknown
        let usage: unknown
        for await (const { text, response_metadata, usage_metadata } of stream) {
          if (text !== '') pieces.push(text)
          finish = response_metadata.finish_reason ?? finish
          usage = usage_metadata ?? usage
        }
        assert.deepEqual(pieces, ['It is ', 'sunny.'])
        assert.equal(finish, 'stop')
        const counts = { input_tokens: 5, output_tokens: 7, total_tokens: 12 }
        assert.partialDeepStrictEqual(usage, counts)
      })

      itsTurn('gives the whole answer at once', async () => {
        const { baseURL } = await opened(provider.behind(provider.says(TEXT)))
        const answer = await pointedAt(baseURL, model).invoke(QUESTION)
        assert.equal(answer.text, 'It is sunny.')
        assert.equal(answer.response_metadata.finish_reason, 'stop')
        const counts = { input_tokens: 5, output_tokens: 7, total_tokens: 12 }
        assert.partialDeepStrictEqual(answer.usage_metadata, counts)
      })

      it('runs a tool and sends its result back', async () => {
        const { baseURL, providers } = await opened(provider.behind([provider.says(CALL), provider.says(TEXT)]))
        const { asked, get_weather } = weatherTool()
        const chat = pointedAt(baseURL, model).bindTools([get_weather])
        const question = new HumanMessage(QUESTION)
        const call = await chat.invoke([question])
        const results = await Promise.all((call.tool_calls ?? []).map((each) => get_weather.invoke(each)))
        const answer = await chat.invoke([question, call, ...results])
        assert.equal(answer.text, 'It is sunny.')
        assert.deepEqual(asked, [{ city: 'Paris' }])
        const second = await providers[0]?.request(1)
        assert.deepEqual(second && provider.hear(second).turns.at(-1), RESULT)
      })

      itsTurn('puts a streamed tool call together', async () => {
        const { baseURL } = await opened(provider.behind(provider.says(CALL)))
        const stream = await pointedAt(baseURL, model).bindTools([weatherTool().get_weather]).stream(QUESTION)
        const pieces = []
        for await (const piece of stream) pieces.push(piece)
        const { tool_calls: calls = [], invalid_tool_calls } = pieces.reduce((whole, piece) => whole.concat(piece))
        assert.deepEqual(
          calls.map(({ name, args }) => ({ name, args })),
          [{ name: 'get_weather', args: { city: 'Paris' } }],
        )
        assert.deepEqual(invalid_tool_calls, [])
      })

      itsTurn('parses a structured answer', async () => {
        const { baseURL } = await opened(provider.behind(provider.says(OBJECT)))
        const weather = z.object({ city: z.string(), sunny: z.boolean() })
        const chat = pointedAt(baseURL, model).withStructuredOutput(weather, { method: 'jsonSchema' })
        assert.deepEqual(await chat.invoke(QUESTION), { city: 'Paris', sunny: true })
      })

      if (thinker !== undefined) {
        itsTurn('shows reasoning among the additional arguments', async () => {
          const { baseURL } = await opened(provider.behind(provider.says(THOUGHT)))
          const answer = await pointedAt(baseURL, thinker).invoke(QUESTION)
          assert.equal(answer.text, 'It is sunny.')
          assert.equal(answer.additional_kwargs.reasoning_content, 'No cloud in sight.')
        })
      }

      for (const way of ['invoke', 'stream'] as const) {
        itsTurn(`raises an error before the first token by the openai SDK’s class (${way})`, async () => {
          const { baseURL } = await opened(provider.behind(provider.fails()))
          await assert.rejects(pointedAt(baseURL, model)[way](QUESTION), (error) => {
            assert.ok(error instanceof OpenAI.APIError)
            assert.equal(error.constructor.name, expected.raised)
            assert.equal(error.status, expected.seen)
            assert.equal(error.code, expected.code)
            assert.match(error.message, expected.message)
            return true
          })
        })
      }

      itsTurn('raises when the stream is cut and no target is left', async () => {
        const { baseURL } = await opened(provider.behind(provider.breaksOff(TEXT)))
        const seen: string[] = []
        await assert.rejects(
          async () => {
            for await (const { text, response_metadata } of await pointedAt(baseURL, model).stream(QUESTION)) {
              seen.push(text)
              assert.equal(response_metadata.finish_reason, undefined)
            }
          },
          (error) => error instanceof OpenAI.APIError && error.code === 'upstream_stream_truncated',
        )
        assert.equal(seen.join(''), 'It is ')
        await assert.rejects(
          pointedAt(baseURL, model).invoke(QUESTION),
          (error) => error instanceof OpenAI.InternalServerError && error.status === 502,
        )
      })

      itsTurn('sees one whole answer when a second target rescues it', async () => {
        const { baseURL, providers } = await opened(provider.behind(provider.breaksOff(TEXT), provider.says(TEXT)))
        let whole = ''
        let finish = ''
        for await (const { text, response_metadata } of await pointedAt(baseURL, model).stream(QUESTION)) {
          whole += text
          finish += response_metadata.finish_reason ?? ''
        }
        assert.deepEqual([whole, finish], ['It is sunny.', 'stop'])
        assert.deepEqual(
          providers.map(({ requests }) => requests.length),
          [1, 1],
        )
      })

      itsTurn('closes the provider’s connection when it aborts', async () => {
        const { baseURL, providers } = await opened(provider.behind(provider.stalls(TEXT)))
        const abort = new AbortController()
        await assert.rejects(async () => {
          for await (const { text } of await pointedAt(baseURL, model).stream(QUESTION, { signal: abort.signal })) {
            if (text !== '') abort.abort()
          }
        }, /abort/i)
        await (await providers[0]?.request(0))?.closed
      })

      itsTurn('closes it too when it aborts while it waits for the whole answer', async () => {
        const { baseURL, providers } = await opened(provider.behind(provider.stalls(TEXT)))
        const abort = new AbortController()
        const refused = assert.rejects(pointedAt(baseURL, model).invoke(QUESTION, { signal: abort.signal }), /abort/i)
        const request = await providers[0]?.request(0)
        abort.abort()
        await refused
        await request?.closed
      })
    })
  }
})
