import assert from 'node:assert/strict'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, gateway } from '../helpers/gateway.ts'
import { DONE, openaiChunk, type Reply, ROLE, scripted, text } from '../helpers/upstream.ts'

const event = (type: string, more: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-5', content: [], usage: {} }
const block = (content_block: object, delta: object) => [
  event('content_block_start', { index: 0, content_block }),
  event('content_block_delta', { index: 0, delta }),
  event('content_block_stop', { index: 0 }),
]
const claude = (stop_reason: string, content: string[]): Reply => ({
  chunks: [
    event('message_start', { message }),
    ...content,
    event('message_delta', { delta: { stop_reason }, usage: { output_tokens: 1 } }),
    event('message_stop', {}),
  ],
})
const HI = claude('end_turn', block({ type: 'text', text: '' }, { type: 'text_delta', text: 'Hello from Claude' }))
const CALL = claude(
  'tool_use',
  block(
    { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} },
    { type: 'input_json_delta', partial_json: '{"city":"Paris"}' },
  ),
)
const ASKED = { ...HELLO, model: 'gpt-4o' }
const WEATHER = { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }

describe('a config of three providers that names no model', () => {
  const opened = cleanup()

  /** The providers' own hosts lead to scripted ones. */
  async function mounted(first: Reply, second: Reply, more: object = {}) {
    const [openai, anthropic] = [await opened(scripted(first)), await opened(scripted(second))]
    const hosts: Record<string, string> = { 'api.openai.com': openai.url, 'api.anthropic.com': anthropic.url }
    const agent = new https.Agent()
    agent.createConnection = ({ host }) => net.connect(Number(new URL(hosts[host ?? ''] ?? '').port), '127.0.0.1')
    const targets = ['openai', 'anthropic', 'google'].map((provider) => ({ provider, api_key: 'key' }))
    const gate = await opened(gateway({ targets, ...more }, { agents: { http: new http.Agent(), https: agent } }))
    return { gate, anthropic }
  }

  const FAILURES: Record<string, [first: Reply, more?: object]> = {
    'is down': [{ reset: 'before' }],
    'says 429': [{ status: 429, chunks: ['{"error":{"message":"slow down"}}'] }],
    'is cut before its first word': [{ chunks: [ROLE], finish: 'cut' }],
    'is silent': [{ chunks: [ROLE], finish: 'hang' }, { first_chunk_timeout: 50 }],
  }
  for (const [name, [first, more]] of Object.entries(FAILURES)) {
    it(`survives a first one that ${name}`, async () => {
      const { gate, anthropic } = await mounted(first, HI, more)
      const result = await chat(gate.url, ASKED)
      assert.deepEqual([result.text, result.done], ['Hello from Claude', true])
      assert.equal(result.headers['x-streamgate-model'], 'claude-sonnet-5')
      assert.equal(JSON.parse(anthropic.requests[0]?.body ?? '').model, 'claude-sonnet-5')
    })
  }

  it('survives a first one that is cut in its answer', async () => {
    const rest = block({ type: 'text', text: '' }, { type: 'text_delta', text: 'Hello, how are you today?' })
    const { gate } = await mounted(
      { chunks: [ROLE, text('Hello, how are')], finish: 'reset' },
      claude('end_turn', rest),
    )
    const result = await chat(gate.url, ASKED)
    assert.deepEqual([result.text, result.comments, result.done], ['Hello, how are you today?', [], true])
  })

  for (const [name, given] of [
    ['tools', { tools: [{ type: 'function', function: WEATHER }] }],
    ['functions of old', { functions: [WEATHER] }],
  ] as const) {
    it(`prints the call of its example with ${name}`, async () => {
      const half = openaiChunk({
        tool_calls: [{ index: 0, id: 'a', function: { name: 'get_weather', arguments: '{"ci' } }],
      })
      const { gate } = await mounted({ chunks: [ROLE, half], finish: 'reset' }, CALL)
      const result = await chat(gate.url, { ...ASKED, ...given })
      const deltas = result.frames.map(({ choices }) => choices[0]?.delta)
      const calls = deltas.flatMap((delta) => delta?.function_call ?? delta?.tool_calls?.[0]?.function ?? [])
      assert.deepEqual(calls, [{ name: 'get_weather', arguments: '{"city":"Paris"}' }])
      assert.equal(result.body.includes(DONE), true)
    })
  }
})
