import assert from 'node:assert/strict'
import { chat, HELLO, open } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, DONE, openaiChunk, ROLE, STOP, scripted, text } from '../helpers/upstream.ts'

const call = (args: string) =>
  openaiChunk({ tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'f', arguments: args } }] })
const CALLS = openaiChunk({}, 'tool_calls')
const JSON_MODE = { ...HELLO, response_format: { type: 'json_object' } }

describe('an answer that comes whole and cannot be used', () => {
  const opened = cleanup()
  const BAD: Record<string, [chunks: string[], request?: Record<string, unknown>]> = {
    'is empty': [[ROLE, STOP, DONE]],
    'says that it calls a tool, and has no call': [[ROLE, CALLS, DONE]],
    'calls with half of the arguments': [[ROLE, call('{"x":'), CALLS, DONE]],
    'is prose where JSON was asked for': [[ROLE, text('Sure! Here'), STOP, DONE], { ...JSON_MODE, stream: false }],
  }
  for (const [name, [chunks, request]] of Object.entries(BAD)) {
    it(`since it ${name}, is not seen where another target answers`, async () => {
      const bad = await opened(scripted({ chunks }))
      const good = await opened(scripted({ chunks: answer('{"a":1}') }))
      const gate = await opened(gateway(fallback(target(bad.url), target(good.url))))
      const result = await chat(gate.url, request)
      const whole = request?.stream === false ? JSON.parse(result.body).choices[0].message.content : result.text
      assert.equal(whole, '{"a":1}')
      assert.equal(gate.outcomes[0]?.attempts, 2)
    })
  }

  it('is an error in JSON mode once the client has a part of it, and never mixed with another one', async () => {
    const bad = await opened(scripted({ chunks: [ROLE, text('Sure! Here'), STOP, DONE] }))
    const gate = await opened(gateway(target(bad.url)))
    const result = await chat(gate.url, JSON_MODE)
    assert.deepEqual([result.text, result.finish, result.done], ['Sure! Here', [], false])
    assert.equal(result.frames.at(-1)?.error?.code, 'upstream_answer_unusable')
  })
})

describe('an answer that breaks its schema', () => {
  const opened = cleanup()
  const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] }
  const asked = {
    ...HELLO,
    stream: false,
    response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
  }

  for (const [failOn, expected] of [
    [['invalid_schema'], '{"a":1}'],
    [[], '{"a":"one"}'],
  ] as const) {
    it(`is ${failOn.length > 0 ? 'a failed attempt' : 'left alone'} with fail_on ${JSON.stringify(failOn)}`, async () => {
      const bad = await opened(scripted({ chunks: answer('{"a":"one"}') }))
      const good = await opened(scripted({ chunks: answer('{"a":1}') }))
      const gate = await opened(gateway({ ...fallback(target(bad.url), target(good.url)), fail_on: failOn }))
      const { body } = await chat(gate.url, asked)
      assert.equal(JSON.parse(body).choices[0].message.content, expected)
    })
  }
})

describe('a call that is held', () => {
  const opened = cleanup()

  it('sends the head and the role at its first fragment', async () => {
    const up = await opened(scripted({ chunks: [ROLE, call('{"x":')], finish: 'hang' }))
    const gate = await opened(gateway(target(up.url)))
    const response = await open(gate.url, HELLO)
    assert.equal(response.statusCode, 200)
    let body = ''
    for await (const piece of response) {
      body += piece
      if (body.endsWith('\n\n')) break
    }
    assert.match(body, /^data: [^\n]*"delta":\{"role":"assistant","content":"","refusal":null\}[^\n]*\n\n$/)
  })

  it('keeps its connection alive from then on', async () => {
    const up = await opened(scripted({ chunks: [ROLE, call('{"x":')], finish: 'hang' }))
    const gate = await opened(gateway({ ...target(up.url), keep_alive: 10 }))
    const response = await open(gate.url, HELLO)
    let body = ''
    for await (const piece of response) {
      body += piece
      if (body.includes(': keep-alive')) break
    }
  })
})
