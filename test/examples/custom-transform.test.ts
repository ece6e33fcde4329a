import assert from 'node:assert/strict'
import { createApp } from '../../examples/custom-transform.ts'
import { chat, HELLO, serve } from '../helpers/client.ts'
import { answer, DONE, openaiChunk, type Reply, ROLE, STOP, scripted, text } from '../helpers/upstream.ts'

const WORDS = ['Voldemort', 'Tom Riddle']

describe('the example of custom transforms', () => {
  const close: (() => Promise<void>)[] = []
  afterEach(async () => {
    await Promise.all(close.splice(0).map((each) => each()))
  })

  async function start(...replies: Reply[]) {
    const upstream = await scripted(...replies)
    const told: unknown[] = []
    const retry = { attempts: replies.length - 1 }
    const app = createApp(
      { provider: 'openai', custom_host: `${upstream.url}/v1`, retry },
      WORDS,
      ({ attempt }, chunks, characters) => told.push({ attempt, chunks, characters }),
    )
    const { url, close: stop } = await serve(app)
    close.push(stop, upstream.close)
    return { url, told }
  }

  for (const [pieces, expected] of [
    [['I am Voldemort.'], 'I am [redacted].'],
    [['I am Vol', 'demort.'], 'I am [redacted].'],
    [[...'I am Voldemort, Tom Riddle'], 'I am [redacted], [redacted]'],
    [['Voldemort'], '[redacted]'],
    [['Vol', 'vo'], 'Volvo'],
    [['a Tom', ' Rid', 'er'], 'a Tom Rider'],
    [['It ends with a Vol'], 'It ends with a Vol'],
    [['VVoldemort'], 'V[redacted]'],
    [['V', 'Vol', 'demort'], 'V[redacted]'],
  ] as const) {
    it(`makes "${expected}" of ${JSON.stringify(pieces)}`, async () => {
      const { url } = await start({ chunks: answer(...pieces) })
      const streamed = await chat(url)
      assert.equal(streamed.text, expected)
      assert.deepEqual(streamed.finish, ['stop'])
      assert.ok(streamed.done)
      const { body } = await chat(url, { ...HELLO, stream: false })
      assert.equal(JSON.parse(body).choices[0].message.content, expected)
    })
  }

  it('hides words in the reasoning, and log probabilities with them', async () => {
    const logprobs = { content: [{ token: 'Voldemort', logprob: -1, bytes: null, top_logprobs: [] }], refusal: null }
    const withLogprobs = JSON.parse(text('Voldemort').slice(6))
    withLogprobs.choices[0].logprobs = logprobs
    const { url } = await start({
      chunks: [
        ROLE,
        openaiChunk({ reasoning_content: 'Volde' }),
        openaiChunk({ reasoning_content: 'mort' }),
        `data: ${JSON.stringify(withLogprobs)}\n\n`,
        STOP,
        DONE,
      ],
    })
    const { body, frames } = await chat(url)
    assert.doesNotMatch(body, /Volde/)
    assert.equal(frames.map(({ choices }) => choices[0]?.delta.reasoning_content ?? '').join(''), '[redacted]')
  })

  it('passes tool calls on', async () => {
    const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }
    const chunks = [ROLE, text('Tom'), openaiChunk({ tool_calls: [call] }), openaiChunk({}, 'tool_calls'), DONE]
    const { url } = await start({ chunks })
    const { text: said, finish, body } = await chat(url)
    assert.deepEqual({ said, finish }, { said: 'Tom', finish: ['tool_calls'] })
    assert.match(body, /"arguments":"\{\\"a\\":1\}"/)
  })

  it('counts whole answers only, and starts anew with each attempt', async () => {
    const { url, told } = await start({ chunks: [ROLE, text('Vol')], finish: 'cut' }, { chunks: answer('Vol', 'vo') })
    const { text: said, done } = await chat(url)
    assert.deepEqual({ said, done }, { said: 'Volvo', done: true })
    assert.deepEqual(told, [{ attempt: 2, chunks: 4, characters: 5 }])
  })
})
