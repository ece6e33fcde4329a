import assert from 'node:assert/strict'
import { LLMock } from '@copilotkit/aimock'
import { ollama } from '../../examples/ollama.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, type Reply, scripted } from '../helpers/upstream.ts'

const line = (value: unknown) => `${JSON.stringify(value)}\n`
const part = (message: object) =>
  line({
    model: 'm',
    created_at: '2026-11-01T00:00:00Z',
    message: { role: 'assistant', content: '', ...message },
    done: false,
  })
const says = (content: string) => part({ content })
const calls = (...called: object[]) => part({ tool_calls: called.map((each) => ({ function: each })) })
const done = (more: object = {}) =>
  line({ message: { content: '' }, done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 2, ...more })
const lines = (...chunks: string[]): Reply => ({ headers: { 'content-type': 'application/x-ndjson' }, chunks })

const f = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }
const image = (url: string) => ({ type: 'image_url', image_url: { url } })

describe('the example of a tenth provider', () => {
  const opened = cleanup()

  async function start(...replies: Reply[]) {
    const up = await opened(scripted(...replies))
    const config = { provider: 'ollama', custom_host: up.url, retry: { attempts: replies.length - 1 } }
    const options = { providers: { ollama }, requestConfig: { allowPrivateHosts: true } }
    const gate = await opened(gateway(config, options))
    return { up, gate, sent: () => JSON.parse(up.requests.at(-1)?.body ?? '') }
  }

  it('streams text, with the reason for its end and the usage', async () => {
    const { gate, up } = await start(lines(says('Hel'), says('lo'), done()))
    const {
      text,
      finish,
      frames,
      done: whole,
    } = await chat(gate.url, { ...HELLO, stream_options: { include_usage: true } })
    assert.deepEqual({ text, finish, whole }, { text: 'Hello', finish: ['stop'], whole: true })
    assert.deepEqual(frames.at(-1)?.usage, { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 })
    assert.equal(up.requests[0]?.url, '/api/chat')
  })

  it('streams thoughts before the text', async () => {
    const { gate } = await start(lines(part({ thinking: 'hm' }), says('yes'), done()))
    const { text, frames } = await chat(gate.url)
    assert.equal(frames.map(({ choices }) => choices[0]?.delta.reasoning_content ?? '').join(''), 'hm')
    assert.equal(text, 'yes')
  })

  it('tells tool calls with ids and arguments as text', async () => {
    const { gate } = await start(
      lines(calls({ name: 'f', arguments: { a: [1] } }, { name: 'g' }), calls({ name: 'f', arguments: {} }), done()),
    )
    const { frames, finish } = await chat(gate.url, { ...HELLO, tools: [f] })
    const told = frames.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    assert.deepEqual(
      told.map(({ index, type, function: called }) => [index, type, called?.name, called?.arguments]),
      [
        [0, 'function', 'f', '{"a":[1]}'],
        [1, 'function', 'g', '{}'],
        [2, 'function', 'f', '{}'],
      ],
    )
    assert.equal(new Set(told.map(({ id }) => id)).size, 3)
    assert.deepEqual(finish, ['tool_calls'])
  })

  for (const [reason, expected] of [
    ['length', 'length'],
    ['load', 'stop'],
    ['of its own', 'stop'],
    [undefined, 'stop'],
  ] as const) {
    it(`calls the end '${reason}' ${expected}`, async () => {
      const { gate } = await start(lines(says('Hel'), done({ done_reason: reason })))
      assert.deepEqual((await chat(gate.url)).finish, [expected])
    })
  }

  for (const [title, broken] of [
    ['ends without its last line', lines(says('Hel'))],
    ['is cut inside a line', { ...lines(says('Hel'), '{"message":{"con'), finish: 'cut' }],
    ['ends in an error', lines(says('Hel'), line({ error: 'out of memory' }))],
    ['begins with an error', lines(line({ error: 'no such runner' }))],
    ['is no JSON', lines(says('Hel'), 'oops\n')],
    ['is a status', { status: 503, chunks: ['{"error":"busy"}'] }],
  ] as [string, Reply][]) {
    it(`tries again when an answer ${title}`, async () => {
      const { gate } = await start(broken, lines(says('Hel'), says('lo'), done()))
      const { text, done: whole } = await chat(gate.url)
      assert.deepEqual({ text, whole }, { text: 'Hello', whole: true })
      assert.equal(gate.attempts.length, 2)
    })
  }

  it('never lets a broken answer look finished', async () => {
    const { gate } = await start(lines(says('Hel'), line({ error: 'out of memory' })))
    const { text, finish, frames, done: whole } = await chat(gate.url)
    assert.deepEqual({ text, finish, whole }, { text: 'Hel', finish: [], whole: false })
    assert.equal(frames.at(-1)?.error?.message, 'out of memory')
  })

  for (const odd of [
    'null',
    '7',
    '{"message":null}',
    '{"message":{"content":7,"tool_calls":{}}}',
    '{"message":{"tool_calls":[]}}',
  ]) {
    it(`takes ${odd} for a line without harm`, async () => {
      const { gate } = await start(lines(says('Hello'), `${odd}\n`, done({ eval_count: 'two' })))
      const { text, done: whole } = await chat(gate.url)
      assert.deepEqual({ text, whole }, { text: 'Hello', whole: true })
    })
  }

  it('passes on what the server says of an error', async () => {
    for (const [body, message] of [
      ['{"error":"model \'m\' not found"}', "model 'm' not found"],
      ['<html>', 'ollama answered with status 404.'],
    ] as const) {
      const { gate } = await start({ status: 404, chunks: [body] })
      const result = await chat(gate.url)
      assert.deepEqual([result.status, JSON.parse(result.body).error.message], [404, message])
    }
  })

  it('asks in Ollama’s own words', async () => {
    const { gate, sent } = await start(lines(says('ok'), done()))
    const call = (id: string, name: string, args: string) => ({
      id,
      type: 'function',
      function: { name, arguments: args },
    })
    const { headers } = await chat(gate.url, {
      ...HELLO,
      messages: [
        { role: 'developer', content: 'Be brief' },
        { role: 'user', content: [{ type: 'text', text: 'See' }, image('data:image/png;base64,AAAA')] },
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'hm',
          tool_calls: [call('a', 'f', '{"x":1}'), call('b', 'g', '')],
        },
        { role: 'tool', tool_call_id: 'b', content: 'B' },
        { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'A' }] },
      ],
      tools: [f],
      max_completion_tokens: 9,
      temperature: 0,
      stop: 'END',
      seed: 7,
      reasoning_effort: 'low',
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } },
      user: 'u',
      logit_bias: { 1: 1 },
      think: true,
    })
    assert.deepEqual(sent(), {
      model: 'm',
      stream: true,
      messages: [
        { role: 'system', content: 'Be brief' },
        { role: 'user', content: 'See', images: ['AAAA'] },
        {
          role: 'assistant',
          content: '',
          thinking: 'hm',
          tool_calls: [{ function: { name: 'f', arguments: { x: 1 } } }, { function: { name: 'g', arguments: {} } }],
        },
        { role: 'tool', content: 'B', tool_name: 'g' },
        { role: 'tool', content: 'A', tool_name: 'f' },
      ],
      tools: [f],
      format: { type: 'object' },
      think: true,
      options: { num_predict: 9, stop: ['END'], temperature: 0, seed: 7 },
    })
    assert.equal(headers['x-streamgate-dropped-params'], 'logit_bias, user')
  })

  for (const [model, effort, expected] of [
    ['gpt-oss:20b', 'low', 'low'],
    ['gpt-oss:20b', 'xhigh', true],
    ['qwen3', 'low', true],
    ['qwen3', 'none', false],
    ['qwen3', undefined, undefined],
  ] as const) {
    it(`makes ${model} think ${effort} by ${expected}`, async () => {
      const { gate, sent } = await start(lines(says('ok'), done()))
      await chat(gate.url, { ...HELLO, model, reasoning_effort: effort })
      assert.equal(sent().think, expected)
    })
  }

  it('sends what URLs of images lead to', async () => {
    const media = await opened(scripted({ headers: { 'content-type': 'image/png' }, chunks: ['abc'] }))
    const { gate, sent } = await start(lines(says('ok'), done()))
    await chat(gate.url, { ...HELLO, messages: [{ role: 'user', content: [image(media.url)] }] })
    assert.deepEqual(sent().messages[0].images, [Buffer.from('abc').toString('base64')])
  })

  for (const [what, more, param] of [
    ['several answers', { n: 2 }, 'n'],
    ['custom tools', { tools: [{ type: 'custom', custom: { name: 'c' } }] }, 'tools'],
    ['a forced call', { tools: [f], tool_choice: 'required' }, 'tool_choice'],
    [
      'audio',
      {
        messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } }] }],
      },
      'messages',
    ],
  ] as const) {
    it(`goes on to the next target with ${what}`, async () => {
      const up = await opened(scripted(lines(done())))
      const other = await opened(scripted({ chunks: answer('fine') }))
      const config = fallback({ provider: 'ollama', custom_host: up.url }, target(other.url))
      const gate = await opened(gateway(config, { providers: { ollama } }))
      assert.equal((await chat(gate.url, { ...HELLO, ...more })).text, 'fine')
      const alone = await opened(gateway({ provider: 'ollama', custom_host: up.url }, { providers: { ollama } }))
      const { status, body } = await chat(alone.url, { ...HELLO, ...more })
      assert.deepEqual([status, JSON.parse(body).error.param], [400, param])
      assert.equal(up.requests.length, 0)
    })
  }

  it("understands the emulator's form of that format", async () => {
    const mock = new LLMock({ port: 0, chunkSize: 4 })
    mock.onMessage(/./, { content: 'an emulated answer' })
    const custom_host = await mock.start()
    await opened(Promise.resolve({ close: () => mock.stop() }))
    const gate = await opened(gateway({ provider: 'ollama', custom_host }, { providers: { ollama } }))
    const { text, done: whole } = await chat(gate.url)
    assert.deepEqual({ text, whole }, { text: 'an emulated answer', whole: true })
  })
})
