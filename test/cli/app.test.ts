import assert from 'node:assert/strict'
import http from 'node:http'
import { createApp } from '../../lib/cli/app.ts'
import { streamgate } from '../../lib/index.ts'
import { chat, HELLO, serve } from '../helpers/client.ts'
import { answer, scripted } from '../helpers/upstream.ts'

describe('the app of the standalone proxy', () => {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()))
  })

  async function app(state = { stopping: false }) {
    const upstream = await scripted({ chunks: answer('hi') })
    const gate = streamgate({ provider: 'openai', api_key: 'k', custom_host: `${upstream.url}/v1` })
    const routes = { 'GET /page': (_req: unknown, res: http.ServerResponse) => void res.end('the page') }
    const server = await serve(createApp(gate, state, routes))
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

  it('refuses all when it is stopping, and closes the connection', async () => {
    const { url } = await app({ stopping: true })
    for (const path of ['/healthz', '/page', '/v1/chat/completions']) {
      const response = await fetch(url + path)
      assert.deepEqual([response.status, response.headers.get('connection')], [503, 'close'], path)
    }
  })
})
