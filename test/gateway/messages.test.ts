import assert from 'node:assert/strict'
import { cleanup, gateway, target } from '../helpers/gateway.ts'
import { assertWholeMessageStream, HELLO, message } from '../helpers/messages.ts'
import { answer, type Reply, scripted } from '../helpers/upstream.ts'

describe('POST /messages', () => {
  const opened = cleanup()

  async function serve(
    reply: Reply = { chunks: answer('Hello', ' you') },
    config = (url: string): unknown => target(url),
  ) {
    const upstream = await opened(scripted(reply))
    return { upstream, ...(await opened(gateway(config(upstream.url)))) }
  }

  for (const path of ['/messages', '/v1/messages', '/v1/messages?beta=true', '/v1/messages/']) {
    it(`is answered at ${path}`, async () => {
      const { url } = await serve()
      const streamed = await message(url, HELLO, {}, path)
      assert.match(String(streamed.headers['content-type']), /^text\/event-stream/)
      assertWholeMessageStream(streamed)
    })
  }

  it('names its request, in a header of its own', async () => {
    const { url } = await serve()
    const { headers } = await message(url)
    assert.equal(headers['request-id'], headers['x-request-id'])
  })

  it("gives a target without a key the client's, in whatever header it came", async () => {
    const { url, upstream } = await serve(undefined, (host) => ({ provider: 'openai', custom_host: host }))
    await message(url, HELLO, { 'x-api-key': 'sk-client' })
    await message(url, HELLO, { authorization: 'Bearer sk-other', 'x-api-key': 'sk-client' })
    assert.deepEqual(
      upstream.requests.map(({ headers }) => headers.authorization),
      ['Bearer sk-client', 'Bearer sk-other'],
    )
    assert.ok(upstream.requests.every(({ headers }) => headers['x-api-key'] === undefined))
  })

  it('names what the target got nothing of', async () => {
    const { url } = await serve()
    const { headers } = await message(url, { ...HELLO, context_management: { edits: [] }, top_k: 5 })
    assert.match(String(headers['x-streamgate-dropped-params']), /\bcontext_management\b/)
  })

  it('refuses a wrong request in its own words', async () => {
    const { url, outcomes } = await serve()
    const { status, body, headers } = await message(url, { model: 'm', messages: [] })
    const { type, error, request_id } = JSON.parse(body)
    assert.deepEqual([status, type, error.type], [400, 'error', 'invalid_request_error'])
    assert.equal(request_id, headers['request-id'])
    assert.equal(outcomes[0]?.outcome, 'rejected')
  })

  const failures: [status: number, body: unknown, expected: number, type: string][] = [
    [401, { error: { message: 'no', type: 'invalid_request_error' } }, 401, 'authentication_error'],
    [429, { error: { message: 'slow' } }, 429, 'rate_limit_error'],
    [503, { error: { message: 'busy' } }, 529, 'overloaded_error'],
    [500, { error: { message: 'oh' } }, 500, 'api_error'],
  ]
  for (const [status, error, expected, type] of failures) {
    it(`tells a failure of ${status} as ${expected}`, async () => {
      const { url } = await serve({ status, chunks: [JSON.stringify(error)] })
      for (const stream of [true, false]) {
        const answered = await message(url, { ...HELLO, stream })
        assert.equal(answered.status, expected)
        const { error: told } = JSON.parse(answered.body)
        assert.equal(told.type, type)
      }
    })
  }

  it('says that a retry is of no use, where it is', async () => {
    const { url } = await serve({ status: 401, chunks: ['{"error":{"message":"no"}}'] })
    assert.equal((await message(url)).headers['x-should-retry'], 'false')
  })
})
