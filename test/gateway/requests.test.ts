import assert from 'node:assert/strict'
import http from 'node:http'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, describeMounts, gateway, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'

const BAD: Record<string, [body: unknown, param: string | null]> = {
  'is no JSON': ['{"model":', null],
  'is empty': ['', null],
  'is an array': ['[]', null],
  'is a string': ['"hi"', null],
  'is null': ['null', null],
  'has no messages': [{ model: 'm' }, 'messages'],
  'has empty messages': [{ model: 'm', messages: [] }, 'messages'],
  'has messages that are no array': [{ model: 'm', messages: {} }, 'messages'],
  'has a message that is a string': [{ model: 'm', messages: ['hi'] }, 'messages[0]'],
  'has an unknown role': [{ model: 'm', messages: [{ role: 'robot', content: '' }] }, 'messages[0].role'],
  'has a number as content': [{ model: 'm', messages: [{ role: 'user', content: 1 }] }, 'messages[0].content'],
  'has no model': [{ messages: HELLO.messages }, 'model'],
  'has a number as model': [{ ...HELLO, model: 1 }, 'model'],
  'has a string as stream': [{ ...HELLO, stream: 'yes' }, 'stream'],
  'has a string as temperature': [{ ...HELLO, temperature: 'hot' }, 'temperature'],
  'has tools that are no array': [{ ...HELLO, tools: {} }, 'tools'],
  'has a tool without a function': [{ ...HELLO, tools: [{ type: 'function' }] }, 'tools[0].function'],
  'has a tool result without an id': [
    { model: 'm', messages: [{ role: 'tool', content: 'x' }] },
    'messages[0].tool_call_id',
  ],
}

describeMounts('a request that', (gateway) => {
  const opened = cleanup()

  for (const [name, [body, param]] of Object.entries(BAD)) {
    it(`${name} is a 400 in OpenAI's envelope, and no provider is asked`, async () => {
      const up = await opened(scripted({ chunks: answer('no') }))
      const gate = await opened(gateway(target(up.url)))
      const result = await chat(gate.url, body)
      assert.equal(result.status, 400)
      const { error } = JSON.parse(result.body)
      assert.equal(error.type, 'invalid_request_error')
      assert.equal(error.param, param)
      assert.equal(up.requests.length, 0)
      await gate.finished()
    })
  }

  it('has no model is served by a target that has one', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const azure = { provider: 'azure-openai', custom_host: `${up.url}/openai`, api_key: 'k', api_version: 'v' }
    const { model: _, ...modelless } = HELLO
    for (const [config, name] of [
      [target(up.url, { override_params: { model: 'configured' } }), 'configured'],
      [{ ...azure, deployment_id: 'deployed' }, 'deployed'],
    ] as const) {
      const gate = await opened(gateway(config))
      assert.equal((await chat(gate.url, modelless)).text, 'fine')
      assert.ok(JSON.stringify(up.requests.at(-1)).includes(name))
    }
  })

  it('carries __proto__ keys pollutes nothing and is served', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const gate = await opened(gateway(target(up.url, { override_params: { temperature: 0 } })))
    const evil =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"model":"m","stream":true,"messages":[{"role":"user","content":"hi","__proto__":{"polluted":1}}]}'
    const result = await chat(gate.url, evil)
    assert.equal(result.text, 'fine')
    assert.equal(({} as { polluted?: number }).polluted, undefined)
  })

  it('is compressed is a 415 that says so', async () => {
    const gate = await opened(gateway(target('http://127.0.0.1:9')))
    const result = await chat(gate.url, Buffer.from([31, 139]), { 'content-encoding': 'gzip' })
    assert.equal(result.status, 415)
  })
})

describe('a request to a server that', () => {
  const opened = cleanup()

  it('goes elsewhere is left to next, or a 404 where there is none', async () => {
    const up = await opened(scripted({ chunks: answer('no') }))
    const gate = await opened(gateway(target(up.url)))
    for (const [method, path] of [
      ['GET', '/v1/chat/completions'],
      ['POST', '/v1/moderations'],
      ['POST', '/v1/chat/completions/x'],
    ]) {
      const response = await fetch(`${gate.url}${path}`, { method: method as string })
      assert.equal(response.status, 404)
      assert.equal(((await response.json()) as { error: { type: string } }).error.type, 'invalid_request_error')
    }
  })

  it('has a query is answered', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const gate = await opened(gateway(target(up.url)))
    const request = http.request(`${gate.url}/chat/completions?trace=1`, { method: 'POST', agent: false })
    request.end(JSON.stringify({ ...HELLO, stream: false }))
    const status = await new Promise((resolve) => request.on('response', (res) => resolve(res.resume().statusCode)))
    assert.equal(status, 200)
  })
})
