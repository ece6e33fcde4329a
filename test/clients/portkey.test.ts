import assert from 'node:assert/strict'
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod'
import { Portkey } from 'portkey-ai'
import { z } from 'zod'
import { createApp } from '../../lib/cli/app.ts'
import { streamgate } from '../../lib/index.ts'
import { serve } from '../helpers/client.ts'
import { cleanup, fallback } from '../helpers/gateway.ts'
import { type Reply, scripted } from '../helpers/upstream.ts'
import { inTurn } from './in-turn.ts'
import { CALL, named, OBJECT, PROVIDERS, type Provider, QUESTION, RESULT, TEXT, THOUGHT } from './standalone.ts'

type Settings = ConstructorParameters<typeof Portkey>[0]

/**
 * streamgate must be started with --allow-request-config. Without a base URL and an API key of Portkey's own the SDK goes to
 * http://localhost:8787/v1, where streamgate listens unless told otherwise.
 */
const pointedAt = (baseURL: string, settings: Settings) => new Portkey({ baseURL, ...settings })

const openai = named('openai')
const messages = [{ role: 'user', content: QUESTION }]

/** What a target needs beside its provider, host and key, under the SDK's names. */
const FIELDS: Readonly<Record<string, Settings>> = {
  'azure-openai': { azureDeploymentId: 'my-gpt', azureApiVersion: '2024-10-21' },
  'vertex-ai': { vertexProjectId: 'my-project', vertexRegion: 'europe-west4' },
  bedrock: { awsAccessKeyId: 'AKIDEXAMPLE', awsSecretAccessKey: 'secret', awsRegion: 'us-east-1' },
}

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

describe('the portkey-ai SDK, pointed at the standalone', function () {
  this.timeout(20_000)
  const opened = cleanup()
  let baseURL: string

  // As --allow-request-config and --allow-private-hosts have it.
  const gate = streamgate(fallback(openai.target('https://none.invalid')), {
    requestConfig: { allowPrivateHosts: true },
  })
  let server: Awaited<ReturnType<typeof serve>>

  before(async () => {
    server = await serve(createApp(gate, { phase: 'serving' }))
    baseURL = `${server.url}/v1`
  })
  after(async () => {
    await server.close()
    gate.close()
  })

  /** A config with a target for each double, as Portkey's own are written. */
  async function configured(provider: Provider, ...doubles: (Reply | Reply[])[]) {
    const upstreams = await Promise.all(doubles.map((replies) => opened(scripted(...[replies].flat()))))
    const targets = upstreams.map(({ url }) => provider.target(url))
    const config = { strategy: { mode: 'fallback' }, targets }
    return { upstreams, portkey: pointedAt(baseURL, { config, Authorization: 'sk-provider' }) }
  }

  for (const provider of PROVIDERS) {
    const { name, model, thinker, error: expected } = provider
    // openai, which it is made of, and langchain have the other turns.
    const itsTurn = inTurn(provider, 2, 3)

    describe(`in front of ${name}`, () => {
      itsTurn('streams, and counts tokens', async () => {
        const { portkey } = await configured(provider, provider.says(TEXT))
        const stream = await portkey.chat.completions.create({
          model,
          messages,
          stream: true,
          stream_options: { include_usage: true },
        })
        const pieces: string[] = []
        let finish: string | undefined
        let counts: unknown
        for await (const { choices, usage } of stream) {
          const [choice] = choices
          if (choice?.delta?.content) pieces.push(String(choice.delta.content))
          finish = choice?.finish_reason ?? finish
          counts = usage ?? counts
        }
        assert.deepEqual(pieces, ['It is ', 'sunny.'])
        assert.equal(finish, 'stop')
        assert.partialDeepStrictEqual(counts, { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 })
      })

      itsTurn('gives the whole answer at once', async () => {
        const { portkey } = await configured(provider, provider.says(TEXT))
        const { choices, usage } = await portkey.chat.completions.create({ model, messages })
        assert.equal(choices[0]?.message?.content, 'It is sunny.')
        assert.equal(choices[0]?.finish_reason, 'stop')
        assert.partialDeepStrictEqual(usage, { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 })
      })

      it('runs a tool and sends its result back', async () => {
        const { portkey, upstreams } = await configured(provider, [provider.says(CALL), provider.says(TEXT)])
        const { asked, tool } = weatherTool()
        const runner = portkey.chat.completions.runTools({ model, messages, tools: [tool], stream: true })
        assert.equal(await runner.finalContent(), 'It is sunny.')
        assert.deepEqual(asked, [{ city: 'Paris' }])
        const second = await upstreams[0]?.request(1)
        assert.deepEqual(second && provider.hear(second).turns.at(-1), RESULT)
      })

      itsTurn('parses a structured answer', async () => {
        const { portkey } = await configured(provider, provider.says(OBJECT))
        const weather = z.object({ city: z.string(), sunny: z.boolean() })
        const response_format = zodResponseFormat(weather, 'weather')
        const { choices } = await portkey.chat.completions.parse({ model, messages, response_format })
        assert.deepEqual(choices[0].message.parsed, { city: 'Paris', sunny: true })
      })

      if (thinker !== undefined) {
        itsTurn('shows reasoning, as a field that its types do not know', async () => {
          const { portkey } = await configured(provider, provider.says(THOUGHT))
          const { choices } = await portkey.chat.completions.create({ model: thinker, messages })
          assert.equal(choices[0]?.message?.reasoning_content, 'No cloud in sight.')
        })
      }

      for (const stream of [true, false]) {
        itsTurn(`raises an error before the first token by its class (stream: ${stream})`, async () => {
          const { portkey } = await configured(provider, provider.fails())
          const asking = async () =>
            await portkey.chat.completions.create(stream ? { model, messages, stream } : { model, messages })
          await assert.rejects(asking, (error) => {
            assert.ok(error instanceof Error && 'status' in error)
            assert.equal(error.constructor.name, expected.raised)
            assert.equal(error.status, expected.seen)
            assert.match(error.message, expected.message)
            return true
          })
        })
      }

      itsTurn('raises in its stream helper when the stream is cut and no target is left', async () => {
        const { portkey } = await configured(provider, provider.breaksOff(TEXT))
        const stream = await portkey.chat.completions.stream({ model, messages })
        const pieces: string[] = []
        stream.on('content', (piece: string) => pieces.push(piece))
        await assert.rejects(stream.finalChatCompletion(), { code: 'upstream_stream_truncated' })
        assert.deepEqual(pieces, ['It is '])
        await assert.rejects(async () => await portkey.chat.completions.create({ model, messages }), { status: 502 })
      })

      itsTurn(
        'hands the error on as a chunk in its plain stream, which raises for no frame of OpenAI’s form',
        async () => {
          const { portkey } = await configured(provider, provider.breaksOff(TEXT))
          const stream = await portkey.chat.completions.create({ model, messages, stream: true })
          const chunks: Record<string, unknown>[] = []
          for await (const chunk of stream) chunks.push(chunk)
          assert.partialDeepStrictEqual(chunks.at(-1), { error: { code: 'upstream_stream_truncated' } })
          assert.equal(chunks.at(-1)?.choices, undefined)
        },
      )

      itsTurn('sees one whole answer when a second target rescues it', async () => {
        const { portkey, upstreams } = await configured(provider, provider.breaksOff(TEXT), provider.says(TEXT))
        const stream = await portkey.chat.completions.stream({ model, messages })
        const { choices } = await stream.finalChatCompletion()
        assert.equal(choices[0].message.content, 'It is sunny.')
        assert.equal(choices[0].finish_reason, 'stop')
        assert.deepEqual(
          upstreams.map(({ requests }) => requests.length),
          [1, 1],
        )
      })

      itsTurn('closes the provider’s connection when it stops reading', async () => {
        const { portkey, upstreams } = await configured(provider, provider.stalls(TEXT))
        const stream = await portkey.chat.completions.create({ model, messages, stream: true })
        for await (const { choices } of stream) {
          if (choices[0]?.delta?.content) break
        }
        await (await upstreams[0]?.request(0))?.closed
      })
    })
  }

  describe('with a single target in options of its own', () => {
    for (const provider of PROVIDERS.filter(({ name }) => !/ (v1|invoke)$/.test(name))) {
      const { name, model } = provider

      it(`${name}: provider, Authorization, customHost and the provider’s fields`, async () => {
        const up = await opened(scripted(provider.says(TEXT)))
        const customHost = String(provider.target(up.url).custom_host)
        const portkey = pointedAt(baseURL, {
          provider: name,
          Authorization: 'sk-provider',
          customHost,
          ...FIELDS[name],
        })
        const { choices } = await portkey.chat.completions.create({ model, messages })
        assert.equal(choices[0]?.message?.content, 'It is sunny.')
        const request = await up.request(0)
        assert.deepEqual(provider.hear(request).turns, [{ user: QUESTION }])
        const sent = JSON.stringify([request.url, request.headers])
        assert.ok(sent.includes(name === 'bedrock' ? 'Credential=AKIDEXAMPLE' : 'sk-provider'))
        assert.ok(!sent.includes('x-portkey'))
      })
    }
  })

  describe('with its other options', () => {
    const { model } = openai

    async function single(...replies: Reply[]) {
      const up = await opened(scripted(...replies))
      const settings = { provider: 'openai', Authorization: 'sk-provider', customHost: `${up.url}/v1` }
      return { up, settings }
    }

    it('takes what changes nothing in an answer: trace id, debug', async () => {
      const { settings } = await single(openai.says(TEXT))
      const portkey = pointedAt(baseURL, { ...settings, traceID: 'trace-1', debug: true })
      const { choices } = await portkey.chat.completions.create({ model, messages })
      assert.equal(choices[0]?.message?.content, 'It is sunny.')
    })

    it('gives up after the request timeout, for all requests or for one', async () => {
      const { settings } = await single({ finish: 'hang' })
      const late = { status: 504, message: /request_timeout/ }
      const always = pointedAt(baseURL, { ...settings, requestTimeout: 50 })
      await assert.rejects(async () => await always.chat.completions.create({ model, messages }), late)
      const once = pointedAt(baseURL, settings)
      await assert.rejects(
        async () => await once.chat.completions.create({ model, messages }, { requestTimeout: 50 }),
        late,
      )
    })

    it('routes by metadata, which no provider sees', async () => {
      const [free, pro] = [await opened(scripted(openai.says(TEXT))), await opened(scripted(openai.says(TEXT)))]
      // As `then: 'pro'` the linter takes it for a promise.
      const then = 'pro'
      const config = {
        strategy: {
          mode: 'conditional',
          conditions: [{ query: { 'metadata.plan': { $eq: 'pro' } }, then }],
          default: 'free',
        },
        targets: [
          { name: 'free', ...openai.target(free.url) },
          { name: 'pro', ...openai.target(pro.url) },
        ],
      }
      const metadata = { plan: 'pro', _user: 'ada' }
      const portkey = pointedAt(baseURL, { config, metadata, Authorization: 'sk-provider' })
      await portkey.chat.completions.create({ model, messages })
      assert.deepEqual([free.requests.length, pro.requests.length], [0, 1])
      const { headers, body } = await pro.request(0)
      assert.ok(!JSON.stringify([headers, body]).includes('ada'))
    })

    it('takes another config for one request', async () => {
      const [usual, other] = [await opened(scripted(openai.says(TEXT))), await opened(scripted(openai.says(TEXT)))]
      const portkey = pointedAt(baseURL, { config: openai.target(usual.url), Authorization: 'sk-provider' })
      await portkey.chat.completions.create({ model, messages }, { config: openai.target(other.url) })
      assert.deepEqual([usual.requests.length, other.requests.length], [0, 1])
    })

    it('retries as the config says', async () => {
      const up = await opened(scripted(openai.fails(), openai.says(TEXT)))
      const config = { retry: { attempts: 1, on_status_codes: [429] }, ...openai.target(up.url) }
      const portkey = pointedAt(baseURL, { config, Authorization: 'sk-provider' })
      const { choices } = await portkey.chat.completions.create({ model, messages })
      assert.equal(choices[0]?.message?.content, 'It is sunny.')
      assert.equal(up.requests.length, 2)
    })

    it('reads from the headers who answered, and after how many retries', async () => {
      const up = await opened(scripted(openai.fails(), openai.says(TEXT)))
      const config = { retry: { attempts: 1 }, ...openai.target(up.url) }
      const portkey = pointedAt(baseURL, { config, Authorization: 'sk-provider', traceID: 'trace-1' })
      const answer = await portkey.chat.completions.create({ model, messages })
      assert.partialDeepStrictEqual(answer.getHeaders(), {
        provider: 'openai',
        'last-used-option-index': 'config',
        'retry-attempt-count': '1',
        'trace-id': 'trace-1',
      })
    })

    it('does not ask again for what streamgate has given up', async () => {
      const { up, settings } = await single({ status: 503 })
      const portkey = pointedAt(baseURL, settings)
      await assert.rejects(async () => await portkey.chat.completions.create({ model, messages }), { status: 503 })
      assert.equal(up.requests.length, 1)
    })

    it('forwards the headers that it names', async () => {
      const { up, settings } = await single(openai.says(TEXT))
      const portkey = pointedAt(baseURL, { ...settings, forwardHeaders: ['x-tenant'], 'x-tenant': 'acme' })
      await portkey.chat.completions.create({ model, messages })
      assert.equal((await up.request(0)).headers['x-tenant'], 'acme')
    })

    for (const [option, message] of Object.entries({
      virtualKey: /virtual-key: streamgate has no such feature, send x-portkey-provider and the key as Authorization/,
      cacheForceRefresh: /cache-force-refresh: streamgate has no such feature/,
      config: /x-portkey-config: .*streamgate keeps no saved ones/,
    })) {
      it(`says what Portkey’s own service has and streamgate has not: ${option}`, async () => {
        const portkey = pointedAt(baseURL, { Authorization: 'sk-provider', [option]: 'pc-saved-1' })
        await assert.rejects(async () => await portkey.chat.completions.create({ model, messages }), {
          status: 400,
          message,
        })
      })
    }
  })
})
