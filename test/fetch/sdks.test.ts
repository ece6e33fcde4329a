import assert from 'node:assert/strict'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { ChatOpenAI } from '@langchain/openai'
import { generateText, streamText } from 'ai'
import OpenAI from 'openai'
import { createFetch, type FetchOptions } from '../../lib/index.ts'
import { cleanup, fallback, target } from '../helpers/gateway.ts'
import { answer, openaiChunk, type Reply, ROLE, scripted, text } from '../helpers/upstream.ts'

const MESSAGES = [{ role: 'user' as const, content: 'hi' }]
const ASKED = { model: 'm', messages: MESSAGES }
/** Nothing answers there: what arrives came by the `fetch`. */
const NOWHERE = 'http://nowhere.test/v1'

describe('SDKs in the same process, with no socket to streamgate', () => {
  const opened = cleanup()

  async function asked(replies: Reply[], options: FetchOptions = {}) {
    const up = await opened(scripted(...replies))
    const fetch = createFetch(target(up.url), options)
    await opened(Promise.resolve({ close: async () => fetch.close() }))
    return { up, fetch }
  }

  /** A first provider that breaks off in mid-answer, and a second one. */
  async function rescued() {
    const [bad, good] = [
      await opened(scripted({ chunks: [ROLE, text('The quick ')], finish: 'reset' })),
      await opened(scripted({ chunks: answer('The quick ', 'brown fox') })),
    ]
    const fetch = createFetch(fallback(target(bad.url), target(good.url)))
    await opened(Promise.resolve({ close: async () => fetch.close() }))
    return fetch
  }

  const broken: Reply = { chunks: [ROLE, text('The quick ')], finish: 'reset' }
  const refused: Reply = { status: 401, chunks: ['{"error":{"message":"No such key"}}'] }

  describe('openai', () => {
    const client = (fetch: ReturnType<typeof createFetch>) => new OpenAI({ apiKey: 'unused', baseURL: NOWHERE, fetch })

    it('streams, and a provider that breaks off is not noticed', async () => {
      const stream = client(await rescued()).chat.completions.stream(ASKED)
      const { choices } = await stream.finalChatCompletion()
      assert.equal(choices[0]?.message.content, 'The quick brown fox')
    })

    it('gets whole answers', async () => {
      const { fetch } = await asked([{ chunks: answer('fine') }])
      const { choices, usage } = await client(fetch).chat.completions.create(ASKED)
      assert.deepEqual([choices[0]?.message.content, usage?.total_tokens], ['fine', 5])
    })

    it('runs tools', async () => {
      const call = {
        index: 0,
        id: 'call_1',
        type: 'function',
        function: { name: 'weather', arguments: '{"city":"Oslo"}' },
      }
      const { fetch, up } = await asked([
        { chunks: [ROLE, openaiChunk({ tool_calls: [call] }), openaiChunk({}, 'tool_calls'), 'data: [DONE]\n\n'] },
        { chunks: answer('Sunny.') },
      ])
      const runner = client(fetch).chat.completions.runTools({
        ...ASKED,
        stream: true,
        tools: [
          {
            type: 'function',
            function: {
              name: 'weather',
              description: 'Tells the weather of a city',
              parameters: { type: 'object', properties: { city: { type: 'string' } } },
              parse: JSON.parse,
              function: ({ city }: { city: string }) => `sunny in ${city}`,
            },
          },
        ],
      })
      assert.equal(await runner.finalContent(), 'Sunny.')
      assert.match(up.requests[1]?.body ?? '', /sunny in Oslo/)
    })

    it('raises the error of an answer that is lost in mid-stream', async () => {
      const { fetch, up } = await asked([broken])
      const stream = await client(fetch).chat.completions.create({ ...ASKED, stream: true })
      const read = async () => {
        for await (const _ of stream);
      }
      await assert.rejects(read(), OpenAI.APIError)
      assert.equal(up.requests.length, 1)
    })

    it('raises an error before the answer with its class, and asks once for what no retry helps', async () => {
      const { fetch, up } = await asked([refused])
      await assert.rejects(client(fetch).chat.completions.create(ASKED), OpenAI.AuthenticationError)
      assert.equal(up.requests.length, 1)
    })

    for (const way of ['abort()', 'break'] as const) {
      it(`stops the provider by ${way}`, async () => {
        const { fetch, up } = await asked([{ chunks: [ROLE, text('Hel')], finish: 'hang' }])
        const stream = await client(fetch).chat.completions.create({ ...ASKED, stream: true })
        for await (const { choices } of stream) {
          if (!choices[0]?.delta.content) continue
          if (way === 'break') break
          stream.controller.abort()
        }
        await up.requests[0]?.closed
      })
    }

    it('stops the provider by its own timeout', async () => {
      const { fetch, up } = await asked([{ chunks: [ROLE], finish: 'hang' }])
      const impatient = client(fetch).withOptions({ timeout: 50, maxRetries: 0 })
      await assert.rejects(impatient.chat.completions.create(ASKED), OpenAI.APIConnectionTimeoutError)
      await up.requests[0]?.closed
    })

    it('names a target of its own in its headers, where that is allowed', async () => {
      const [own, { fetch, up }] = [
        await opened(scripted({ chunks: answer('mine') })),
        await asked([{ chunks: answer('theirs') }], { requestConfig: { allowPrivateHosts: true } }),
      ]
      const config = JSON.stringify(target(own.url))
      const mine = client(fetch).withOptions({ defaultHeaders: { 'x-portkey-config': config } })
      const { choices } = await mine.chat.completions.create(ASKED)
      assert.deepEqual([choices[0]?.message.content, up.requests.length], ['mine', 0])
    })

    it('asks others for its moderations by `next`', async () => {
      const { fetch } = await asked([{ chunks: answer('fine') }], {
        next: async (url) => Response.json({ id: String(url), model: 'm', results: [] }),
      })
      const { id } = await client(fetch).moderations.create({ input: 'x' })
      assert.equal(id, `${NOWHERE}/moderations`)
    })
  })

  describe('ai', () => {
    const model = (fetch: ReturnType<typeof createFetch>) =>
      createOpenAICompatible({ name: 'streamgate', baseURL: NOWHERE, fetch }).chatModel('m')

    it('streams, and a provider that breaks off is not noticed', async () => {
      const { textStream, finishReason } = streamText({ model: model(await rescued()), messages: MESSAGES })
      let said = ''
      for await (const piece of textStream) said += piece
      assert.deepEqual([said, await finishReason], ['The quick brown fox', 'stop'])
    })

    it('gets whole answers', async () => {
      const { fetch } = await asked([{ chunks: answer('fine') }])
      const { text: said, usage } = await generateText({ model: model(fetch), messages: MESSAGES })
      assert.deepEqual([said, usage.totalTokens], ['fine', 5])
    })

    it('tells of an answer that is lost in mid-stream', async () => {
      const { fetch } = await asked([broken])
      const errors: unknown[] = []
      const onError = ({ error }: { error: unknown }) => void errors.push(error)
      const { fullStream } = streamText({ model: model(fetch), messages: MESSAGES, onError })
      for await (const _ of fullStream);
      assert.equal(errors.length, 1)
    })

    it('raises an error before the answer', async () => {
      const { fetch, up } = await asked([refused])
      await assert.rejects(generateText({ model: model(fetch), messages: MESSAGES }), /No such key/)
      assert.equal(up.requests.length, 1)
    })

    it('stops the provider by its signal', async () => {
      const { fetch, up } = await asked([{ chunks: [ROLE, text('Hel')], finish: 'hang' }])
      const left = new AbortController()
      const { textStream } = streamText({ model: model(fetch), messages: MESSAGES, abortSignal: left.signal })
      for await (const _ of textStream) left.abort()
      await up.requests[0]?.closed
    })
  })

  describe('LangChain', () => {
    const model = (fetch: ReturnType<typeof createFetch>) =>
      new ChatOpenAI({ model: 'm', apiKey: 'unused', maxRetries: 0, configuration: { baseURL: NOWHERE, fetch } })

    it('streams, and a provider that breaks off is not noticed', async () => {
      let said = ''
      for await (const piece of await model(await rescued()).stream('hi')) said += piece.text
      assert.equal(said, 'The quick brown fox')
    })

    it('gets whole answers', async () => {
      const { fetch } = await asked([{ chunks: answer('fine') }])
      assert.equal((await model(fetch).invoke('hi')).text, 'fine')
    })

    it('raises the error of an answer that is lost in mid-stream', async () => {
      const { fetch } = await asked([broken])
      const read = async () => {
        for await (const _ of await model(fetch).stream('hi'));
      }
      await assert.rejects(read())
    })
  })
})
