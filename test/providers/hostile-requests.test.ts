import assert from 'node:assert/strict'
import { parseRequest } from '../../lib/dialects/chat-completions/request.ts'
import { RequestError } from '../../lib/errors.ts'
import { providers } from '../../lib/providers/index.ts'
import { packCallId } from '../../lib/transforms/call-id.ts'
import type { Endpoint, Provider } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const ENDPOINT: Endpoint = {
  apiKey: 'key',
  customHost: 'http://127.0.0.1:1',
  fields: {},
  strict: true,
  fetchMedia: noMedia,
}
const MODELS = {
  openai: 'gpt-5',
  anthropic: 'claude-sonnet-4-5',
  google: 'gemini-2.5-pro',
  'vertex-ai': 'gemini-2.5-pro',
  bedrock: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  cohere: 'command-a-03-2025',
  'mistral-ai': 'mistral-large-latest',
}
const ASKED = { role: 'user', content: 'a' }

/** What a provider would be sent for a client's body. */
async function sent(provider: string, body: Record<string, unknown>): Promise<string> {
  const { request } = parseRequest({ messages: [ASKED], ...body })
  return (await (providers[provider] as Provider).encode(request, ENDPOINT)).body
}

function schema(value: unknown): Record<string, unknown> {
  return { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: value } } }
}

/** Each would take minutes if the work grew with the square of its size: the test's own timeout is what fails. */
describe('a request made to keep us busy does not', () => {
  it('by millions of mistakes, of which the first is told', function () {
    this.timeout(2000)
    assert.throws(
      () => parseRequest({ model: 'm', messages: Array(3_000_000).fill(0) }),
      (error) => error instanceof RequestError && error.api.param === 'messages[0]',
    )
  })

  it('by a long name of a model', () => {
    assert.throws(() => parseRequest({ model: 'm'.repeat(2049), messages: [ASKED] }), /at most 2048 characters/)
  })

  it('by a URL of many endings', async () => {
    const url = `gs://host/${'.a?'.repeat(200_000)}\n.png`
    const messages = [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }]
    await assert.rejects(sent('vertex-ai', { model: 'gemini-3-pro', messages }), /media type/)
  })

  it('by many documents of one name', async () => {
    const file = { file_data: 'data:text/plain;base64,YQ==', filename: 'a.txt' }
    const messages = [{ role: 'user', content: Array(40_000).fill({ type: 'file', file }) }]
    const body = await sent('bedrock', { model: 'anthropic.claude-sonnet-5', messages })
    assert.equal(new Set(body.match(/"name":"a[^"]*"/g)).size, 40_000)
  })

  it('by many names for one part of a schema', async () => {
    const names = Array.from({ length: 10_000 }, (_, n) => {
      return [`p${n}`, { $ref: `#${'/'.repeat(1 + (n % 100))}$defs${'/'.repeat(1 + Math.floor(n / 100))}a` }]
    })
    const $defs = { a: { enum: Array(500_000).fill(0) } }
    await sent('anthropic', {
      model: 'claude-sonnet-5',
      ...schema({ type: 'object', $defs, properties: Object.fromEntries(names) }),
    })
  })

  it('by a long text that many parts of a schema refer to', async () => {
    const properties = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`p${n}`, { $ref: '#/$defs/a' }]))
    const $defs = { a: { type: 'string', description: 'a'.repeat(40_000) } }
    const body = { model: 'gemini-1.5-pro', ...schema({ type: 'object', $defs, properties }) }
    await assert.rejects(sent('google', body), /schema of the request is too large/)
  })

  const odd = (count: number) =>
    Array.from({ length: count }, (_, n) => String.fromCharCode(0x4e00 + (n % 20_000), 0x4e00 + n / 20_000))
  const parameters: Record<string, () => object> = {
    'many parts that all hold': () => ({
      type: 'object',
      allOf: Array.from({ length: 9000 }, (_, n) => ({ properties: { [`p${n}`]: {}, a: { title: `${n}` } } })),
    }),
    'many parts of which one holds': () => ({
      anyOf: Array.from({ length: 9000 }, (_, n) => ({ properties: { a: { title: `${n}` } }, required: ['a'] })),
    }),
    'parts that double each other': () => ({
      anyOf: [{ $ref: '#/$defs/d0' }],
      $defs: Object.fromEntries(
        Array.from({ length: 19 }, (_, n) => [`d${n}`, { anyOf: Array(2).fill({ $ref: `#/$defs/d${n + 1}` }) }]),
      ),
    }),
    'many names that are one without their odd letters': () => ({
      type: 'object',
      properties: Object.fromEntries(odd(30_000).map((name) => [name, {}])),
    }),
    'many parts of one name, far from each other': () => ({
      type: 'object',
      properties: Object.fromEntries(
        Array.from({ length: 9000 }, (_, n) => [
          `p${n}`,
          n % 2 ? { items: { type: 'string' } } : { $ref: `#/properties/p${n + 1}/items` },
        ]),
      ),
    }),
  }
  for (const [name, make] of Object.entries(parameters)) {
    it(`by a schema of ${name}`, async function () {
      this.timeout(10_000)
      const tools = [{ type: 'function', function: { name: 'f', parameters: make() } }]
      for (const [provider, model] of Object.entries(MODELS)) {
        await sent(provider, { model, tools }).catch((error: unknown) => assert.ok(error instanceof RequestError))
      }
    })
  }

  it('by many calls whose names begin alike', async function () {
    this.timeout(10_000)
    const tool_calls = Array.from({ length: 9000 }, (_, n) => ({
      id: `c${n}`,
      function: { name: `${'f'.repeat(60)}${n}!`, arguments: '{}' },
    }))
    for (const [provider, model] of Object.entries(MODELS)) {
      await sent(provider, { model, messages: [ASKED, { role: 'assistant', tool_calls }] })
    }
  })

  it('by the state of a call, cut into steps of one character', async () => {
    const id = packCallId('a', JSON.stringify(Array(500_000).fill(1)))
    const call = { id, function: { name: 'f', arguments: '{}' } }
    const messages = [
      ASKED,
      { role: 'assistant', content: `${' '.repeat(500_000)}a`, tool_calls: [call] },
      { role: 'tool', tool_call_id: id, content: 'b' },
    ]
    await sent('anthropic', { model: 'claude-sonnet-5', messages })
  })

  it('by hundreds of thousands of states', () => {
    const call = { id: packCallId('a', 'b'), function: { name: 'f', arguments: '{}' } }
    const { request } = parseRequest({
      model: 'm',
      messages: [{ role: 'assistant', tool_calls: Array(10_000).fill(call) }],
    })
    const [message] = request.messages
    const calls = (message?.role === 'assistant' && message.tool_calls) || []
    assert.deepEqual([calls.at(0)?.state, calls.at(-1)?.state], ['b', undefined])
    assert.equal(calls.at(-1)?.id, 'a')
  })
})

it('an error of nothing but white space does not keep us busy', () => {
  const message = `${' '.repeat(200_000)}a`
  assert.equal(providers.bedrock?.error(400, JSON.stringify({ message })).message, message)
  assert.equal(providers.bedrock?.error(403, JSON.stringify({ message: 'a \n The Canonical String b' })).message, 'a')
})
