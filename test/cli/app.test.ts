import assert from 'node:assert/strict'
import http from 'node:http'
import { createApp } from '../../lib/cli/app.ts'
import type { Shutdown } from '../../lib/cli/shutdown.ts'
import type { Tokens } from '../../lib/cli/tokens.ts'
import { type Limits, streamgate } from '../../lib/index.ts'
import { chat, HELLO, serve } from '../helpers/client.ts'
import { answer, scripted } from '../helpers/upstream.ts'

describe('the app of the standalone proxy', () => {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()))
  })

  async function app(
    state: Pick<Shutdown, 'phase'> = { phase: 'serving' },
    limits: Partial<Limits> = {},
    tokens?: Tokens,
  ) {
    const upstream = await scripted({ chunks: answer('hi') })
    const gate = streamgate({ provider: 'openai', api_key: 'k', custom_host: `${upstream.url}/v1` }, { limits })
    const routes = { 'GET /page': (_req: unknown, res: http.ServerResponse) => void res.end('the page') }
    const server = await serve(createApp(gate, state, routes, tokens))
    closing.push(upstream.close, server.close)
    return { ...server, upstream }
  }

  for (const [method, path, status] of [
    ['GET', '/page', 200],
    ['GET', '/page?a=b', 200],
    ['HEAD', '/page', 200],
    ['POST', '/page', 404],
    ['GET', '/page/', 404],
    ['GET', '//page', 404],
    ['HEAD', '/healthz', 200],
    ['HEAD', '/api/hello', 200],
    ['GET', '/v1/chat/completions', 404],
    ['POST', '/chat/completions', 404],
    ['POST', '/v1', 404],
    ['POST', '/v1/constructor', 404],
    ['OPTIONS', '*', 404],
  ] as const) {
    it(`answers ${method} ${path} with ${status}`, async () => {
      const { url } = await app()
      const headers = { 'content-type': 'application/json' }
      const request = http.request(url, { method, path, headers, agent: false }).end()
      const response = await new Promise<http.IncomingMessage>((resolve) => request.on('response', resolve))
      response.resume()
      assert.equal(response.statusCode, status)
    })
  }

  for (const [type, status] of [
    ['application/json', 200],
    ['Application/JSON; charset=utf-8', 200],
    ['application/jsonp', 415],
    ['text/plain;application/json', 415],
    ['multipart/form-data', 415],
    ['', 415],
  ] as const) {
    it(`answers a chat of type ${type || 'none'} with ${status}`, async () => {
      const { url, upstream } = await app()
      const answered = await chat(url, HELLO, { 'content-type': type })
      assert.equal(answered.status, status)
      assert.equal(upstream.requests.length, status === 200 ? 1 : 0)
    })
  }

  describe('refuses in the words of the path', () => {
    const JSON_TYPE = { 'content-type': 'application/json' }
    for (const [what, method, path, headers, status, type] of [
      ['a wrong method', 'GET', '/v1/messages', {}, 404, 'not_found_error'],
      ['a path without /v1', 'POST', '/messages', JSON_TYPE, 404, 'not_found_error'],
      ['a path below Messages', 'POST', '/v1/messages/batches', JSON_TYPE, 404, 'not_found_error'],
      ['another type', 'POST', '/v1/messages?beta=true', {}, 415, 'invalid_request_error'],
      ['another type of a count', 'POST', '/v1/messages/count_tokens', {}, 415, 'invalid_request_error'],
      ['a body too large', 'POST', '/v1/messages', { ...JSON_TYPE, 'x-large': '1' }, 413, 'request_too_large'],
      ['a page of Anthropic’s own', 'GET', '/v1/files', { 'anthropic-version': '2023-06-01' }, 404, 'not_found_error'],
      ['another dialect’s path', 'GET', '/v1/responses', { 'anthropic-version': '1' }, 404, undefined],
      ['a chat', 'POST', '/v1/chat/completions', {}, 415, undefined],
      ['threads', 'POST', '/v1/threads/t/messages/m', JSON_TYPE, 404, undefined],
    ] as const) {
      it(what, async () => {
        const { url } = await app({ phase: 'serving' }, { maxRequestBytes: 10 })
        const large = 'x-large' in headers
        const response = await fetch(url + path, { method, headers, ...(large && { body: '{"model":"m"}' }) })
        const body = (await response.json()) as { type?: string; error: Record<string, unknown>; request_id?: string }
        assert.equal(response.status, status)
        if (type === undefined) assert.deepEqual(Object.keys(body.error), ['message', 'type', 'param', 'code'])
        else {
          assert.deepEqual([body.type, body.error.type], ['error', type])
          assert.ok(body.request_id)
          assert.equal(response.headers.get('request-id'), body.request_id)
        }
      })
    }

    it('strangers, and all while it stops', async () => {
      const { url } = await app({ phase: 'serving' }, {}, [])
      const stranger = await fetch(`${url}/v1/messages`, { method: 'POST', headers: JSON_TYPE, body: '{}' })
      assert.deepEqual([stranger.status, await errorType(stranger)], [401, 'authentication_error'])
      const { url: stopping } = await app({ phase: 'stopping' })
      const late = await fetch(`${stopping}/v1/messages`, { method: 'POST', headers: JSON_TYPE, body: '{}' })
      assert.deepEqual([late.status, await errorType(late)], [503, 'overloaded_error'])
    })

    async function errorType(response: Response): Promise<string> {
      return ((await response.json()) as { error: { type: string } }).error.type
    }
  })

  it('is not ready when it is leaving, and takes all else', async () => {
    const { url } = await app({ phase: 'leaving' })
    assert.deepEqual([(await fetch(`${url}/healthz`)).status, (await fetch(`${url}/page`)).status], [503, 200])
  })

  it('refuses all when it is stopping, and closes the connection', async () => {
    const { url } = await app({ phase: 'stopping' })
    for (const path of ['/healthz', '/page', '/v1/chat/completions']) {
      const response = await fetch(url + path)
      assert.deepEqual([response.status, response.headers.get('connection')], [503, 'close'], path)
    }
  })
})
