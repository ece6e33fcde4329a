import assert from 'node:assert/strict'
import { parseRequest } from '../../../lib/dialects/chat-completions/request.ts'
import { packCallId } from '../../../lib/transforms/call-id.ts'

const MESSAGES = [{ role: 'user', content: 'hi' }]
const body = (fields: Record<string, unknown> = {}) => ({ model: 'm', messages: MESSAGES, ...fields })
const withMessage = (...messages: unknown[]) => body({ messages })

describe('parseRequest', () => {
  it('takes the smallest request', () => {
    const { request, legacy, stream, includeUsage } = parseRequest(body())
    assert.deepEqual(request, body())
    assert.deepEqual([legacy, stream, includeUsage], [false, false, false])
  })

  it('keeps every field, known or not', () => {
    const full = body({
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      max_tokens: 1,
      max_completion_tokens: 2,
      temperature: 0.5,
      top_p: 1,
      top_k: 40,
      n: 128,
      stop: ['a', 'b'],
      seed: -1,
      presence_penalty: -2,
      frequency_penalty: 2,
      logit_bias: { 50256: -100 },
      logprobs: true,
      top_logprobs: 20,
      tools: [
        { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } },
        { type: 'custom', custom: { name: 'c', format: { type: 'text' } } },
      ],
      tool_choice: 'required',
      parallel_tool_calls: true,
      response_format: { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' }, strict: true } },
      reasoning_effort: 'xhigh',
      verbosity: 'low',
      modalities: ['text', 'audio'],
      service_tier: 'flex',
      user: 'u',
      safety_identifier: 's',
      metadata: { a: 'b' },
      prediction: { type: 'content', content: 'x' },
      unheard_of: [{ deep: null }],
    })
    const { request, stream, includeUsage } = parseRequest(full)
    assert.deepEqual(request, full)
    assert.deepEqual([stream, includeUsage], [true, true])
  })

  const choices: unknown[] = [
    ...['none', 'auto', 'required'],
    { type: 'function', function: { name: 'f' } },
    { type: 'custom', custom: { name: 'c' } },
    { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] } },
  ]
  for (const tool_choice of choices) {
    it(`takes tool_choice ${JSON.stringify(tool_choice)}`, () => {
      assert.deepEqual(parseRequest(body({ tool_choice })).request.tool_choice, tool_choice)
    })
  }

  it('takes allowed tools with their names beside their types', () => {
    const choice = (...tools: unknown[]) => ({ type: 'allowed_tools', allowed_tools: { mode: 'auto', tools } })
    const { request } = parseRequest(
      body({ tool_choice: choice({ type: 'function', name: 'f' }, { type: 'custom', custom: { name: 'c' } }) }),
    )
    assert.deepEqual(
      request.tool_choice,
      choice({ type: 'function', function: { name: 'f' } }, { type: 'custom', custom: { name: 'c' } }),
    )
  })

  const messages: unknown[] = [
    { role: 'system', content: 's' },
    { role: 'developer', content: [{ type: 'text', text: 's' }] },
    { role: 'user', content: '', name: 'n' },
    { role: 'user', content: [] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 't', prompt_cache_breakpoint: { mode: 'explicit' } },
        { type: 'image_url', image_url: { url: 'https://a.test/b.png', detail: 'low' } },
        { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
        { type: 'file', file: { file_data: 'data:application/pdf;base64,AA', filename: 'f.pdf' } },
        { type: 'file', file: { file_id: 'file-1' } },
        { type: 'unheard_of', x: 1 },
      ],
    },
    { role: 'assistant', content: 'a' },
    { role: 'assistant' },
    { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] },
    { role: 'assistant', content: 'a', refusal: 'no', audio: { id: 'x' }, reasoning_content: 'r', name: 'n' },
    { role: 'tool', content: 'r', tool_call_id: 'a' },
    { role: 'tool', content: [{ type: 'text', text: 'r' }], tool_call_id: 'a' },
  ]
  for (const message of messages) {
    it(`takes the message ${JSON.stringify(message)} as it is`, () => {
      assert.deepEqual(parseRequest(withMessage(message)).request.messages, [message])
    })
  }

  describe('takes null for "not given"', () => {
    it('in the request', () => {
      const names = ['stream', 'stream_options', 'tools', 'tool_choice', 'n', 'stop', 'functions', 'function_call']
      const others = ['response_format', 'metadata', 'logit_bias', 'user', 'parallel_tool_calls', 'unheard_of']
      const nulls = Object.fromEntries([...names, ...others].map((name) => [name, null]))
      const { request, legacy, stream, includeUsage } = parseRequest(body(nulls))
      assert.deepEqual(request, body())
      assert.deepEqual([legacy, stream, includeUsage], [false, false, false])
    })

    it('of the model, which a target may give', () => {
      for (const model of [null, undefined]) assert.equal(parseRequest(body({ model })).request.model, '')
    })

    it('in messages and parts', () => {
      const { request } = parseRequest(
        withMessage(
          { role: 'user', name: null, content: [{ type: 'text', text: 'a', image_url: null }] },
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'u', detail: null } }] },
          { role: 'user', content: [{ type: 'file', file: { file_id: 'f', file_data: null, filename: null } }] },
          { role: 'assistant', content: null, refusal: null, tool_calls: null, function_call: null, audio: null },
        ),
      )
      assert.deepEqual(request.messages, [
        { role: 'user', content: [{ type: 'text', text: 'a' }] },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'u' } }] },
        { role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] },
        { role: 'assistant' },
      ])
    })

    it('in tools and formats, but not within a JSON schema, where it is a value', () => {
      const schema = { type: 'object', default: null, properties: { a: { enum: [null, 1] } } }
      const named = { name: 'f', description: null, strict: null }
      const { request } = parseRequest(
        body({
          tools: [
            { type: 'function', function: { ...named, parameters: schema } },
            { type: 'function', function: { ...named, parameters: null } },
          ],
          response_format: { type: 'json_schema', json_schema: { name: 's', schema, strict: null } },
        }),
      )
      assert.deepEqual(request.tools, [
        { type: 'function', function: { name: 'f', parameters: schema } },
        { type: 'function', function: { name: 'f' } },
      ])
      assert.deepEqual(request.response_format, { type: 'json_schema', json_schema: { name: 's', schema } })
      const { request: legacy } = parseRequest(body({ functions: [{ ...named, parameters: schema }] }))
      assert.deepEqual(legacy.tools, [{ type: 'function', function: { name: 'f', parameters: schema } }])
    })
  })

  describe('rewrites the deprecated forms', () => {
    it('of functions, and allows one call only', () => {
      const { request, legacy } = parseRequest(body({ functions: [{ name: 'f', parameters: {} }, { name: 'g' }] }))
      assert.equal(legacy, true)
      assert.deepEqual(request, {
        ...body(),
        tools: [
          { type: 'function', function: { name: 'f', parameters: {} } },
          { type: 'function', function: { name: 'g' } },
        ],
        parallel_tool_calls: false,
      })
    })

    const choices: [unknown, unknown][] = [
      ['none', 'none'],
      ['auto', 'auto'],
      [{ name: 'f' }, { type: 'function', function: { name: 'f' } }],
    ]
    for (const [function_call, tool_choice] of choices) {
      it(`of function_call ${JSON.stringify(function_call)}`, () => {
        const { request, legacy } = parseRequest(body({ functions: [{ name: 'f' }], function_call }))
        assert.deepEqual([legacy, request.tool_choice], [true, tool_choice])
        assert.equal('function_call' in request || 'functions' in request, false)
      })
    }

    it('of an empty list of functions, which is no tool at all', () => {
      const { request, legacy } = parseRequest(body({ functions: [] }))
      assert.deepEqual([legacy, 'tools' in request], [true, false])
    })

    it('of calls and results, each with the id of the call before it', () => {
      const called = (name: string) => ({ role: 'assistant', content: null, function_call: { name, arguments: '{}' } })
      const { request, legacy } = parseRequest(
        withMessage(called('f'), { role: 'function', name: 'f', content: 'one' }, called('g'), {
          role: 'function',
          name: 'g',
          content: null,
        }),
      )
      const rewritten = (id: string, name: string) => ({
        role: 'assistant',
        tool_calls: [{ id, type: 'function', function: { name, arguments: '{}' } }],
      })
      assert.deepEqual(request.messages, [
        rewritten('call_legacy_1', 'f'),
        { role: 'tool', tool_call_id: 'call_legacy_1', content: 'one' },
        rewritten('call_legacy_2', 'g'),
        { role: 'tool', tool_call_id: 'call_legacy_2', content: '' },
      ])
      assert.equal(legacy, false)
    })
  })

  describe('reads tool calls', () => {
    const called = { name: 'f', arguments: '{}' }
    const calls = (...tool_calls: unknown[]) => {
      const [message] = parseRequest(withMessage({ role: 'assistant', tool_calls })).request.messages
      return message?.role === 'assistant' ? message.tool_calls : undefined
    }

    it('of functions and custom tools, whatever type they tell', () => {
      const custom = { name: 'c', input: 'x' }
      assert.deepEqual(
        calls(
          { id: 'a', function: called },
          { id: 'b', type: null, function: called, custom: null, index: 0 },
          { id: 'c', custom },
          { id: 'd', type: 'function', function: called },
        ),
        [
          { id: 'a', type: 'function', function: called },
          { id: 'b', type: 'function', function: called },
          { id: 'c', type: 'custom', custom },
          { id: 'd', type: 'function', function: called },
        ],
      )
    })

    it('of none as none', () => assert.equal(calls(), undefined))

    it('with the state that their id carries, and results with the provider’s own id', () => {
      const id = packCallId('call_1', 'thought')
      const { request } = parseRequest(
        withMessage(
          { role: 'assistant', tool_calls: [{ id, type: 'function', function: called }] },
          { role: 'tool', tool_call_id: id, content: 'r' },
        ),
      )
      assert.deepEqual(request.messages, [
        { role: 'assistant', tool_calls: [{ id: 'call_1', type: 'function', function: called, state: 'thought' }] },
        { role: 'tool', tool_call_id: 'call_1', content: 'r' },
      ])
    })

    it('without a state that the client made up itself', () => {
      assert.deepEqual(calls({ id: 'a', function: called, state: { evil: 1 } }), [
        { id: 'a', type: 'function', function: called },
      ])
    })

    it('without a state that cannot be read', () => {
      assert.deepEqual(calls({ id: 'a~sg1.????', function: called }), [{ id: 'a', type: 'function', function: called }])
    })

    it('without states that together inflate beyond all measure', () => {
      const bomb = packCallId('a', 'x'.repeat(40 * 1024 * 1024))
      const [first, second, third] = calls(
        { id: bomb, function: called },
        { id: bomb, function: called },
        { id: packCallId('b', 'small'), function: called },
      ) as { state?: string }[]
      assert.equal(first?.state?.length, 40 * 1024 * 1024)
      assert.deepEqual([second?.state, third?.state], [undefined, undefined])
    })
  })

  it('gives a frozen request, and leaves the body as it was', () => {
    const given = withMessage(
      { role: 'user', content: [{ type: 'text', text: 'a', x: null }] },
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '' } },
    )
    const before = structuredClone(given)
    const { request } = parseRequest(given)
    assert.ok(Object.isFrozen(request) && Object.isFrozen(request.messages))
    assert.deepEqual(given, before)
  })

  it('is not polluted by __proto__ keys at any level', () => {
    const evil = '"__proto__":{"polluted":1,"stream":true,"n":2}'
    const text = `{${evil},"constructor":{"prototype":{"polluted":1}},"messages":[{${evil},"role":"user","content":[{${evil},"type":"text","text":"a"}]},
      {${evil},"role":"assistant","tool_calls":[{${evil},"id":"a","function":{${evil},"name":"f","arguments":""}}]}],
      "tools":[{${evil},"type":"function","function":{${evil},"name":"f","parameters":{${evil}}}}],
      "metadata":{"__proto__":"x"},"logit_bias":{"__proto__":5},"stream_options":{${evil}}}`
    const { request, stream } = parseRequest(JSON.parse(text))
    assert.equal(stream, false)
    assert.equal(request.n, undefined)
    assert.equal(request.polluted, undefined)
    assert.equal(Object.getPrototypeOf(request), Object.prototype)
    for (const message of request.messages) assert.equal(Object.getPrototypeOf(message), Object.prototype)
    assert.equal(({} as { polluted?: number }).polluted, undefined)
  })
})
