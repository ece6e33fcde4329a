import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import http from 'node:http'
import { type StreamgateConfig, streamgate } from '../../lib/index.ts'
import type { Limits } from '../../lib/options.ts'
import { chat, HELLO, serve } from '../helpers/client.ts'
import { cleanup, gateway, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'
import { usedMemory } from '../helpers/used-memory.ts'

const user = (content: unknown) => ({ role: 'user', content })
const text = { type: 'text', text: 'a' }
const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
const tool = { type: 'function', function: { name: 'f' } }
const image = (url: string) => user([{ type: 'image_url', image_url: { url } }])
const DATA = `data:image/png;base64,${'A'.repeat(900)}`
const DEEP = `${'['.repeat(50_000)}${']'.repeat(50_000)}`

const PROVIDERS = {
  openai: { api_key: 'k' },
  anthropic: { api_key: 'k' },
  google: { api_key: 'k' },
  cohere: { api_key: 'k' },
  bedrock: { aws_access_key_id: 'a', aws_secret_access_key: 'b', aws_region: 'us-east-1' },
}

interface Case {
  limits?: Partial<Limits>
  body: object
  /** The error; undefined: the answer comes. */
  error?: { status: number; param: string | null; code: string | null; message: RegExp }
}

const tooLong = (param: string, message: RegExp) => ({ status: 400, param, code: 'array_above_max_length', message })
const tooLarge = { status: 413, param: null, code: 'request_too_large', message: /at most 500 are taken/ }

const CASES: Record<string, Case> = {
  'as many messages as are taken': { limits: { maxMessages: 3 }, body: { messages: Array(3).fill(user('a')) } },
  'more messages': {
    limits: { maxMessages: 3, maxTools: 1 },
    body: { messages: Array(4).fill(user('a')) },
    error: tooLong('messages', /^Invalid 'messages': array too long. Expected at most 3 items, but got 4.$/),
  },
  'messages of more parts': {
    limits: { maxMessages: 3 },
    body: { messages: [user([text, text, text])] },
    error: tooLong('messages', /at most 3 messages, parts and tool calls, but got 4/),
  },
  'messages of more calls': {
    limits: { maxMessages: 3 },
    body: { messages: [user('a'), { role: 'assistant', tool_calls: [call, call] }] },
    error: tooLong('messages', /at most 3 messages, parts and tool calls, but got 4/),
  },
  'more tools': {
    limits: { maxTools: 1 },
    body: { tools: [tool, tool] },
    error: tooLong('tools', /at most 1 tools, but got 2/),
  },
  'more functions, as they were called': {
    limits: { maxTools: 1 },
    body: { functions: [{ name: 'f' }, { name: 'g' }] },
    error: tooLong('tools', /at most 1 tools, but got 2/),
  },
  'more text': { limits: { maxTextBytes: 500 }, body: { messages: [user('a'.repeat(501))] }, error: tooLarge },
  'more text in what is no message': {
    limits: { maxTextBytes: 500 },
    body: { user: 'a'.repeat(501) },
    error: tooLarge,
  },
  'an image of more than the text may have': { limits: { maxTextBytes: 500 }, body: { messages: [image(DATA)] } },
  'a sound of more than the text may have': {
    limits: { maxTextBytes: 500 },
    body: { messages: [user([{ type: 'input_audio', input_audio: { data: 'A'.repeat(900), format: 'wav' } }])] },
  },
  'a file of more than the text may have': {
    limits: { maxTextBytes: 500 },
    body: { messages: [user([{ type: 'file', file: { file_data: DATA } }])] },
  },
  'an address of an image as long as a text': {
    limits: { maxTextBytes: 500 },
    body: { messages: [image(`https://example.com/${'a'.repeat(900)}`)] },
    error: tooLarge,
  },
  'more values': {
    limits: { maxRequestValues: 50 },
    body: { logit_bias: Object.fromEntries(Array.from({ length: 60 }, (_, n) => [n, 1])) },
    error: { status: 400, param: null, code: null, message: /more than 50 values/ },
  },
}

describe('a request', () => {
  const opened = cleanup()

  for (const [name, { limits = {}, body, error }] of Object.entries(CASES)) {
    it(`with ${name} is ${error ? `a ${error.status} that says so` : 'answered'}`, async () => {
      const up = await opened(scripted({ chunks: answer('fine') }))
      const gate = await opened(gateway(target(up.url), { limits }))
      const result = await chat(gate.url, { ...HELLO, ...body })
      if (error === undefined) return assert.equal(result.text, 'fine', result.body)
      const { message, param, code } = JSON.parse(result.body).error
      assert.deepEqual(
        { status: result.status, param, code },
        { status: error.status, param: error.param, code: error.code },
      )
      assert.match(message, error.message)
      assert.equal(up.requests.length, 0)
    })
  }

  it('of 50,000 levels is a 400 that says so', async () => {
    const up = await opened(scripted({ chunks: answer('no') }))
    const gate = await opened(gateway(target(up.url)))
    const result = await chat(gate.url, `{"model":"m","messages":[],"x":${DEEP}}`)
    assert.equal(result.status, 400)
    assert.match(JSON.parse(result.body).error.message, /nested too deep, at most 500 levels/)
  })

  for (const [provider, fields] of Object.entries(PROVIDERS)) {
    it(`of 50,000 levels that another parser has read is a 400, too: ${provider}`, async () => {
      const up = await opened(scripted({ chunks: answer('no') }))
      const handler = streamgate({ ...fields, provider, custom_host: up.url } as StreamgateConfig)
      const parameters = JSON.parse(`${'{"properties":{"a":'.repeat(50_000)}{}${'}}'.repeat(50_000)}`) as object
      const body = { ...HELLO, tools: [{ type: 'function', function: { name: 'f', parameters } }] }
      const server = await opened(
        serve((req, res) => {
          req.resume().once('end', () => handler(Object.assign(req, { body }), res))
        }),
      )
      const result = await chat(server.url)
      handler.close()
      assert.equal(result.status, 400, result.body)
      assert.match(JSON.parse(result.body).error.message, /nested too deep/)
      assert.equal(up.requests.length, 0)
    })
  }

  it('takes less than 2.5 times its body of memory while its provider thinks', async function () {
    this.timeout(20_000)
    let arrived = 0
    const arrivals = new EventEmitter()
    const thinking = await opened(
      serve((req) => {
        req.resume().once('end', () => {
          arrived += 1
          arrivals.emit('one')
        })
      }),
    )
    const gate = await opened(gateway(target(thinking.url)))
    const body = Buffer.from(JSON.stringify({ ...HELLO, messages: [user('abcdefgh '.repeat(850_000))] }))
    const headers = { 'content-type': 'application/json' }
    const ask = async (count: number) => {
      const requests = Array.from({ length: count }, () =>
        http
          .request(`${gate.url}/v1/chat/completions`, { method: 'POST', agent: false, headers })
          .on('error', () => {}),
      )
      const all = arrived + count
      for (const request of requests) request.end(body)
      while (arrived < all) await once(arrivals, 'one')
      return requests
    }
    const first = await ask(1)
    const before = await usedMemory()
    const others = await ask(5)
    const each = ((await usedMemory()) - before) / 5
    for (const request of [...first, ...others]) request.destroy()
    assert.ok(each < 2.5 * body.length, `${(each / body.length).toFixed(2)} times`)
  })
})
