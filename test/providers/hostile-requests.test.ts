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
