import assert from 'node:assert/strict'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, generateText, isStepCount, Output, StreamProviderError, streamText, tool } from 'ai'
import { z } from 'zod'
import { cleanup } from '../helpers/gateway.ts'
import { inTurn } from './in-turn.ts'
import { CALL, OBJECT, PROVIDERS, QUESTION, RESULT, TEXT, THOUGHT } from './standalone.ts'

/** The base URL is all that changes; `includeUsage` and `supportsStructuredOutputs` are off unless one asks. */
const compatible = (baseURL: string) =>
  createOpenAICompatible({
    name: 'streamgate',
    apiKey: 'sk-client',
    baseURL,
    includeUsage: true,
    supportsStructuredOutputs: true,
  })

/** `.chat` makes it speak chat completions; alone it would speak the Responses API. */
const official = (baseURL: string) => createOpenAI({ apiKey: 'sk-client', baseURL }).chat

const CLIENTS = { '@ai-sdk/openai-compatible': compatible, '@ai-sdk/openai in chat mode': official }

/** A tool that notes what it was asked. */
function weatherTool() {
  const asked: unknown[] = []
  const get_weather = tool({
    description: 'Tells the weather of a city',
    inputSchema: z.object({ city: z.string() }),
    execute: (input) => {
      asked.push(input)
      return 'sunny'
    },
  })
  return { asked, tools: { get_weather }, stopWhen: isStepCount(2) }
}

async function all(stream: AsyncIterable<string>): Promise<string[]> {
  const pieces: string[] = []
  for await (const piece of stream) pieces.push(piece)
  return pieces
}

for (const [place, [client, pointedAt]] of Object.entries(CLIENTS).entries()) {
  describe(`the AI SDK with ${client}, pointed at the standalone`, () => {
    const opened = cleanup()

    for (const provider of PROVIDERS) {
      const { name, model, thinker, error: expected } = provider
      const itsTurn = inTurn(provider, place, 2)
      const asking = (baseURL: string) => ({ model: pointedAt(baseURL)(model), prompt: QUESTION, maxRetries: 0 })

      describe(`in front of ${name}`, () => {
        itsTurn('streams, and counts tokens', async () => {
          const { baseURL } = await opened(provider.behind(provider.says(TEXT)))
          const result = streamText(asking(baseURL))
          const pieces = await all(result.textStream)
          assert.deepEqual(pieces, ['It is ', 'sunny.'])
          assert.equal(await result.finishReason, 'stop')
          const { inputTokens, outputTokens, totalTokens } = await result.usage
          assert.deepEqual([inputTokens, outputTokens, totalTokens], [5, 7, 12])
        })

        itsTurn('gives the whole answer at once', async () => {
          const { baseURL } = await opened(provider.behind(provider.says(TEXT)))
          const { text, finishReason, usage } = await generateText(asking(baseURL))
          assert.equal(text, 'It is sunny.')
          assert.equal(finishReason, 'stop')
          assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.totalTokens], [5, 7, 12])
        })

        for (const stream of [true, false]) {
          it(`runs a tool and sends its result back (stream: ${stream})`, async () => {
            const { baseURL, providers } = await opened(provider.behind([provider.says(CALL), provider.says(TEXT)]))
            const { asked, ...loop } = weatherTool()
            const { text } = await (stream ? streamText : generateText)({ ...asking(baseURL), ...loop })
            assert.equal(await text, 'It is sunny.')
            assert.deepEqual(asked, [{ city: 'Paris' }])
            const second = await providers[0]?.request(1)
            assert.deepEqual(second && provider.hear(second).turns.at(-1), RESULT)
          })
        }

        itsTurn('parses a structured answer', async () => {
          const { baseURL } = await opened(provider.behind(provider.says(OBJECT)))
          const output = Output.object({ schema: z.object({ city: z.string(), sunny: z.boolean() }) })
          const streamed = streamText({ ...asking(baseURL), output })
          const whole = await generateText({ ...asking(baseURL), output })
          assert.deepEqual(await streamed.output, { city: 'Paris', sunny: true })
          assert.deepEqual(whole.output, { city: 'Paris', sunny: true })
        })

        // The other one does not read it: OpenAI itself keeps it to itself.
        if (pointedAt === compatible && thinker !== undefined) {
          it('asks for reasoning and shows it', async () => {
            const { baseURL, providers } = await opened(provider.behind(provider.says(THOUGHT)))
            const model = pointedAt(baseURL)(thinker)
            const { text, finalStep } = streamText({ ...asking(baseURL), model, reasoning: 'high' })
            assert.equal(await text, 'It is sunny.')
            assert.equal((await finalStep).reasoningText, 'No cloud in sight.')
            const request = await providers[0]?.request(0)
            assert.equal(request && provider.hear(request).thinks, true)
          })
        }

        itsTurn('raises an error before the first token as an APICallError', async () => {
          const { baseURL } = await opened(provider.behind(provider.fails()))
          await assert.rejects(generateText(asking(baseURL)), (error) => {
            assert.ok(APICallError.isInstance(error))
            assert.equal(error.statusCode, expected.seen)
            assert.match(error.message, expected.message)
            return true
          })
        })

        itsTurn('gives an error before the first token to onError', async () => {
          const { baseURL } = await opened(provider.behind(provider.fails()))
          const errors: unknown[] = []
          const result = streamText({ ...asking(baseURL), onError: ({ error }) => void errors.push(error) })
          await result.consumeStream()
          assert.ok(APICallError.isInstance(errors[0]))
          assert.equal(errors[0].statusCode, expected.seen)
          assert.match(errors[0].message, expected.message)
        })

        itsTurn('reports a cut with no target left as an error part, and never finishes', async () => {
          const { baseURL } = await opened(provider.behind(provider.breaksOff(TEXT)))
          const errors: unknown[] = []
          const result = streamText({ ...asking(baseURL), onError: ({ error }) => void errors.push(error) })
          assert.deepEqual(await all(result.textStream), ['It is '])
          assert.equal(await result.finishReason, 'error')
          assert.ok(StreamProviderError.isInstance(errors[0]))
          assert.equal(errors[0].code, 'upstream_stream_truncated')
          assert.equal(errors.length, 1)
          await assert.rejects(Promise.resolve(generateText(asking(baseURL))), (error) => {
            return APICallError.isInstance(error) && error.statusCode === 502
          })
        })

        itsTurn('never runs a tool whose call was cut', async () => {
          const { baseURL } = await opened(provider.behind(provider.tellsHalf(CALL)))
          const { asked, ...loop } = weatherTool()
          const errors: unknown[] = []
          const result = streamText({ ...asking(baseURL), ...loop, onError: ({ error }) => void errors.push(error) })
          await result.consumeStream()
          assert.equal(errors.length, 1)
          assert.deepEqual(asked, [])
        })

        itsTurn('sees one whole answer when a second target rescues it', async () => {
          const { baseURL, providers } = await opened(provider.behind(provider.breaksOff(TEXT), provider.says(TEXT)))
          const result = streamText(asking(baseURL))
          assert.equal(await result.text, 'It is sunny.')
          assert.equal(await result.finishReason, 'stop')
          assert.deepEqual(
            providers.map(({ requests }) => requests.length),
            [1, 1],
          )
        })

        itsTurn('runs a tool once when a second target rescues its call', async () => {
          const { baseURL } = await opened(
            provider.behind(provider.tellsHalf(CALL), [provider.says(CALL), provider.says(TEXT)]),
          )
          const { asked, ...loop } = weatherTool()
          assert.equal(await streamText({ ...asking(baseURL), ...loop }).text, 'It is sunny.')
          assert.deepEqual(asked, [{ city: 'Paris' }])
        })

        itsTurn('closes the provider’s connection when it aborts', async () => {
          const { baseURL, providers } = await opened(provider.behind(provider.stalls(TEXT)))
          const abort = new AbortController()
          const { stream } = streamText({ ...asking(baseURL), abortSignal: abort.signal })
          const types: string[] = []
          for await (const { type } of stream) {
            types.push(type)
            if (type === 'text-delta') abort.abort()
          }
          assert.equal(types.at(-1), 'abort')
          await (await providers[0]?.request(0))?.closed
        })

        itsTurn('closes it too when it aborts while it waits for the whole answer', async () => {
          const { baseURL, providers } = await opened(provider.behind(provider.stalls(TEXT)))
          const abort = new AbortController()
          const answer = generateText({ ...asking(baseURL), abortSignal: abort.signal })
          const refused = assert.rejects(Promise.resolve(answer), { name: 'AbortError' })
          const request = await providers[0]?.request(0)
          abort.abort()
          await refused
          await request?.closed
        })
      })
    }
  })
}
