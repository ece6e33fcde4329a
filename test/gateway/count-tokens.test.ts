import assert from 'node:assert/strict'
import { cleanup, gateway, target } from '../helpers/gateway.ts'
import { message } from '../helpers/messages.ts'

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

  it('are not counted of a wrong one', async () => {
    const { status, body, headers } = await count({ model: 'm' }, '/messages/count_tokens')
    const error = JSON.parse(body) as { error: { type: string; message: string }; request_id: string }
    assert.deepEqual([status, error.error.type], [400, 'invalid_request_error'])
    assert.match(error.error.message, /'messages'/)
    assert.equal(error.request_id, headers['request-id'])
    assert.equal((await count('{')).status, 400)
  })
})
