import assert from 'node:assert/strict'
import { cleanup, gateway, target } from '../helpers/gateway.ts'
import { message } from '../helpers/messages.ts'
import { type Reply, scripted } from '../helpers/upstream.ts'

describe('the tokens of a Messages request', () => {
  const opened = cleanup()

  async function count(body: unknown, path = '/v1/messages/count_tokens?beta=true') {
    const { url } = await opened(gateway(target('http://127.0.0.1:1')))
    return message(url, body, {}, path)
  }

  it('are estimated, which is told', async () => {
    const { status, headers, body } = await count({
      model: 'm',
      messages: [{ role: 'user', content: 'four' }],
      tools: [],
    })
    assert.equal(status, 200)
    assert.equal(headers['x-streamgate-estimated'], 'true')
    assert.deepEqual(JSON.parse(body), { input_tokens: 5 })
  })

  const ANTHROPIC = { provider: 'anthropic', api_key: 'sk-own', override_params: { model: 'claude-sonnet-5' } }
  const BODY = {
    model: 'm',
    messages: [{ role: 'user', content: 'four' }],
    tools: [{ type: 'web_search_20250305', name: 'web_search' }],
    thinking: { type: 'adaptive' },
  }

  it("are Anthropic's own count, where it would be asked", async () => {
    const upstream = await opened(
      scripted({ headers: { 'content-type': 'application/json' }, chunks: ['{"input_tokens":42}'] }),
    )
    const { url } = await opened(gateway({ ...ANTHROPIC, custom_host: `${upstream.url}/v1` }))
    const { headers, body } = await message(url, BODY, { 'anthropic-beta': 'a-1' }, '/v1/messages/count_tokens')
    assert.deepEqual([JSON.parse(body), headers['x-streamgate-estimated']], [{ input_tokens: 42 }, undefined])
    const [sent] = upstream.requests
    assert.equal(sent?.url, '/v1/messages/count_tokens')
    assert.deepEqual(JSON.parse(sent?.body ?? ''), { ...BODY, model: 'claude-sonnet-5' })
    assert.deepEqual([sent?.headers['anthropic-beta'], sent?.headers['x-api-key']], ['a-1', 'sk-own'])
  })

  const failures: [name: string, reply: Reply][] = [
    ['it fails', { status: 529, chunks: ['{}'] }],
    ['it says nothing', { chunks: ['{}'] }],
    ['it cannot be read', { chunks: ['<html>'] }],
    ['it breaks off', { finish: 'cut' }],
    ['it is not there', { reset: 'before' }],
  ]
  for (const [name, reply] of failures) {
    it(`are estimated where ${name}`, async () => {
      const upstream = await opened(scripted(reply))
      const { url } = await opened(gateway({ ...ANTHROPIC, custom_host: upstream.url }))
      const { status, headers } = await message(url, BODY, {}, '/v1/messages/count_tokens')
      assert.deepEqual([status, headers['x-streamgate-estimated']], [200, 'true'])
    })
  }

  it('are not counted of a wrong one', async () => {
    const { status, body, headers } = await count({ model: 'm' }, '/messages/count_tokens')
    const error = JSON.parse(body) as { error: { type: string; message: string }; request_id: string }
    assert.deepEqual([status, error.error.type], [400, 'invalid_request_error'])
    assert.match(error.error.message, /'messages'/)
    assert.equal(error.request_id, headers['request-id'])
    assert.equal((await count('{')).status, 400)
  })
})
