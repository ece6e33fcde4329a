import assert from 'node:assert/strict'
import { openai } from '@llamaindex/openai'
import { type ChatMessage, type ToolCallLLMMessageOptions, tool } from 'llamaindex'
import { z } from 'zod'
import { cleanup } from '../helpers/gateway.ts'
import { CALL, OBJECT, PROVIDERS, QUESTION, RESULT, TEXT, THOUGHT } from './standalone.ts'

/** The base URL is all that changes. Unless told, it retries ten times. */
const pointedAt = (baseURL: string, model: string) => openai({ model, apiKey: 'sk-client', baseURL, maxRetries: 0 })

const messages = [{ role: 'user' as const, content: QUESTION }]

/** A tool that notes what it was asked. */
function weatherTool() {
  const asked: unknown[] = []
  const get_weather = tool({
    name: 'get_weather',
    description: 'Tells the weather of a city',
    parameters: z.object({ city: z.string() }),
    execute: (input) => {
      asked.push(input)
      return 'sunny'
    },
  })
  return { asked, get_weather }
}

describe('LlamaIndex, pointed at the standalone', () => {
  const opened = cleanup()

  for (const provider of PROVIDERS) {
    const { name, model, thinker, error: expected } = provider

    describe(`in front of ${name}`, () => {
      it('streams', async () => {
        const { baseURL } = await opened(provider.behind(provider.says(TEXT)))
        const pieces: string[] = []
        for await (const { delta } of await pointedAt(baseURL, model).chat({ messages, stream: true })) {
          if (delta !== '') pieces.push(delta)
        }
        assert.deepEqual(pieces, ['It is ', 'sunny.'])
      })

      it('counts tokens of a stream when asked to', async () => {
        const { baseURL } = await opened(provider.behind(provider.says(TEXT)))
        const additionalChatOptions = { stream_options: { include_usage: true } }
        const stream = await pointedAt(baseURL, model).chat({ messages, stream: true, additionalChatOptions })
        let last: object | null = null
        for await (const { raw } of stream) last = raw
        const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 }
        assert.partialDeepStrictEqual(last, { usage })
      })

      it('gives the whole answer at once', async () => {
        const { baseURL } = await opened(provider.behind(provider.says(TEXT)))
        const { message, raw } = await pointedAt(baseURL, model).chat({ messages })
        assert.equal(message.content, 'It is sunny.')
        const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 }
        assert.partialDeepStrictEqual(raw, { usage })
      })

      it('runs a tool and sends its result back', async () => {
        const { baseURL, providers } = await opened(provider.behind([provider.says(CALL), provider.says(TEXT)]))
        const { asked, get_weather } = weatherTool()
        const llm = pointedAt(baseURL, model)
        const turns: ChatMessage<ToolCallLLMMessageOptions>[] = [...messages]
        for (let calling = true; calling; ) {
          const { newMessages, toolCalls } = await llm.exec({ messages: turns, tools: [get_weather] })
          turns.push(...newMessages)
          calling = toolCalls.length > 0
        }
        assert.equal(turns.at(-1)?.content, 'It is sunny.')
        assert.deepEqual(asked, [{ city: 'Paris' }])
        const second = await providers[0]?.request(1)
        assert.deepEqual(second && provider.hear(second).turns.at(-1), RESULT)
      })

      it('runs a streamed tool call', async () => {
        const { baseURL } = await opened(provider.behind(provider.says(CALL)))
        const { asked, get_weather } = weatherTool()
        const { stream } = await pointedAt(baseURL, model).exec({ messages, tools: [get_weather], stream: true })
        for await (const _ of stream);
        assert.deepEqual(asked, [{ city: 'Paris' }])
      })

      it('asks for a structured answer', async () => {
        const { baseURL, providers } = await opened(provider.behind(provider.says(OBJECT)))
        const responseFormat = z.object({ city: z.string(), sunny: z.boolean() })
        const { message } = await pointedAt(baseURL, model).chat({ messages, responseFormat })
        assert.deepEqual(JSON.parse(String(message.content)), { city: 'Paris', sunny: true })
        const request = await providers[0]?.request(0)
        assert.notEqual(request && provider.hear(request).schema, undefined)
      })

      if (thinker !== undefined) {
        it('shows reasoning in the raw answer only', async () => {
          const { baseURL } = await opened(provider.behind(provider.says(THOUGHT)))
          const { message, raw } = await pointedAt(baseURL, thinker).chat({ messages })
          assert.equal(message.content, 'It is sunny.')
          assert.partialDeepStrictEqual(raw, { choices: [{ message: { reasoning_content: 'No cloud in sight.' } }] })
        })
      }

      it('raises an error before the first token by the class of the openai SDK inside it', async () => {
        const { baseURL } = await opened(provider.behind(provider.fails()))
        const raised = (error: unknown) => {
          assert.ok(error instanceof Error && 'status' in error && 'code' in error)
          assert.equal(error.constructor.name, expected.raised)
          assert.deepEqual([error.status, error.code], [expected.seen, expected.code])
          assert.match(error.message, expected.message)
          return true
        }
        await assert.rejects(pointedAt(baseURL, model).chat({ messages }), raised)
        const stream = await pointedAt(baseURL, model).chat({ messages, stream: true })
        await assert.rejects(async () => {
          for await (const _ of stream);
        }, raised)
      })

      it('raises when the stream is cut and no target is left', async () => {
        const { baseURL } = await opened(provider.behind(provider.breaksOff(TEXT)))
        let seen = ''
        await assert.rejects(
          async () => {
            for await (const { delta } of await pointedAt(baseURL, model).chat({ messages, stream: true }))
              seen += delta
          },
          { code: 'upstream_stream_truncated' },
        )
        assert.equal(seen, 'It is ')
        await assert.rejects(pointedAt(baseURL, model).chat({ messages }), { status: 502 })
      })

      it('never runs a tool whose call was cut', async () => {
        const { baseURL } = await opened(provider.behind(provider.tellsHalf(CALL)))
        const { asked, get_weather } = weatherTool()
        await assert.rejects(
          async () => {
            const { stream } = await pointedAt(baseURL, model).exec({ messages, tools: [get_weather], stream: true })
            for await (const _ of stream);
          },
          { code: 'upstream_stream_truncated' },
        )
        assert.deepEqual(asked, [])
      })

      it('sees one whole answer when a second target rescues it', async () => {
        const { baseURL, providers } = await opened(provider.behind(provider.breaksOff(TEXT), provider.says(TEXT)))
        let whole = ''
        for await (const { delta } of await pointedAt(baseURL, model).chat({ messages, stream: true })) whole += delta
        assert.equal(whole, 'It is sunny.')
        assert.deepEqual(
          providers.map(({ requests }) => requests.length),
          [1, 1],
        )
      })

      // It has no way of its own to abort, and to leave its loop does not close the connection.
      it('closes the provider’s connection when the fetch that it was given aborts', async () => {
        const { baseURL, providers } = await opened(provider.behind(provider.stalls(TEXT)))
        const abort = new AbortController()
        const abortable: typeof fetch = (url, init) => fetch(url, { ...init, signal: abort.signal })
        const llm = openai({ model, apiKey: 'sk-client', baseURL, additionalSessionOptions: { fetch: abortable } })
        for await (const { delta } of await llm.chat({ messages, stream: true })) {
          if (delta !== '') abort.abort()
        }
        await (await providers[0]?.request(0))?.closed
      })
    })
  }
})
