import assert from 'node:assert/strict'
import { openai } from '../../lib/providers/openai.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, frame, scripted } from '../helpers/upstream.ts'

const HEADER = 'x-streamgate-dropped-params'
const GOOD = { chunks: answer('fine') }
const SONNET = { override_params: { model: 'claude-sonnet-4-5' } }
const MESSAGES = [
  { type: 'message_start', message: { id: 'm', model: 'c', usage: { input_tokens: 1, output_tokens: 0 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'fine' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
  { type: 'message_stop' },
].map(frame)

describe('the header of dropped parameters', () => {
  const opened = cleanup()
  const anthropic = (url: string) => ({ provider: 'anthropic', api_key: 'k', custom_host: url, ...SONNET })

  for (const stream of [true, false]) {
    describe(`with stream: ${stream}`, () => {
      const ask = { ...HELLO, stream, seed: 7, temperature: 0.5, reasoning_effort: 'low', logit_bias: { 1: 2 } }

      it('names them in order', async () => {
        const up = await opened(scripted({ chunks: MESSAGES }))
        const gate = await opened(gateway(anthropic(up.url)))
        const { status, headers } = await chat(gate.url, ask)
        assert.equal(status, 200)
        assert.equal(headers[HEADER], 'logit_bias, seed, temperature')
      })

      it('is not sent where all went out', async () => {
        const up = await opened(scripted(GOOD))
        const gate = await opened(gateway(target(up.url)))
        assert.equal((await chat(gate.url, ask)).headers[HEADER], undefined)
      })

      it('tells of the attempt that answered', async () => {
        const busy = await opened(scripted({ status: 503 }))
        const [up, claude] = [await opened(scripted(GOOD)), await opened(scripted({ chunks: MESSAGES }))]
        const first = await opened(gateway(fallback(anthropic(busy.url), target(up.url))))
        assert.equal((await chat(first.url, ask)).headers[HEADER], undefined)
        const second = await opened(gateway(fallback(target(busy.url), anthropic(claude.url))))
        assert.equal((await chat(second.url, ask)).headers[HEADER], 'logit_bias, seed, temperature')
      })

      it('is not sent with an error', async () => {
        const up = await opened(scripted({ status: 400, chunks: ['{}'] }))
        const gate = await opened(gateway(anthropic(up.url)))
        const { status, headers } = await chat(gate.url, ask)
        assert.deepEqual([status, headers[HEADER]], [400, undefined])
      })
    })
  }

  it('has kin that names what was changed in the conversation', async () => {
    const up = await opened(scripted({ chunks: MESSAGES }))
    const gate = await opened(gateway(anthropic(up.url)))
    const called = {
      role: 'assistant',
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
    }
    const { headers } = await chat(gate.url, { ...HELLO, messages: [called, ...HELLO.messages] })
    assert.equal(headers['x-streamgate-adjusted'], 'first-turn, history-tools, missing-results')
  })

  it('holds no name that could break out of it', async () => {
    const up = await opened(scripted({ chunks: MESSAGES }))
    const gate = await opened(gateway(anthropic(up.url)))
    const names = { 'x\r\nset-cookie: a=b': 1, 'a, b': 1, é: 1, ['x'.repeat(65)]: 1, '': 1, 'x-mine.1_a': 1 }
    const { status, headers } = await chat(gate.url, { ...HELLO, ...names })
    assert.deepEqual([status, headers[HEADER], headers['set-cookie']], [200, 'x-mine.1_a', undefined])
  })

  it('holds 20 names at most', async () => {
    const up = await opened(scripted({ chunks: MESSAGES }))
    const gate = await opened(gateway(anthropic(up.url)))
    const names = Object.fromEntries([...Array(99).keys()].map((n) => [`p${n + 100}`, 1]))
    const { headers } = await chat(gate.url, { ...HELLO, ...names })
    const told = String(headers[HEADER]).split(', ')
    assert.deepEqual([told.length, told[0], told.at(-1)], [20, 'p100', 'p119'])
  })

  it('does not name what a client of the old format never asked for', async () => {
    const up = await opened(
      scripted({ chunks: [frame({ candidates: [{ content: { parts: [{ text: 'a' }] }, finishReason: 'STOP' }] })] }),
    )
    const gate = await opened(gateway({ provider: 'google', api_key: 'k', custom_host: up.url }))
    const { status, headers } = await chat(gate.url, { ...HELLO, functions: [{ name: 'f' }], user: 'u' })
    assert.deepEqual([status, headers[HEADER]], [200, 'user'])
  })

  it('tells what a provider of one’s own says it dropped', async () => {
    const up = await opened(scripted(GOOD))
    const own = {
      ...openai,
      async encode(...given: Parameters<typeof openai.encode>) {
        return { ...(await openai.encode(...given)), dropped: ['b', 'a', 'b', 'c\n'] }
      },
    }
    const gate = await opened(gateway({ provider: 'own', custom_host: up.url }, { providers: { own } }))
    assert.equal((await chat(gate.url)).headers[HEADER], 'a, b')
  })
})
