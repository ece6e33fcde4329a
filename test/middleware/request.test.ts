import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { RequestError } from '../../lib/errors.ts'
import { parseRequest, readBody } from '../../lib/middleware/request.ts'
import { packCallId } from '../../lib/transforms/call-id.ts'
import { serve } from '../helpers/client.ts'

const MESSAGES = [{ role: 'user', content: 'hi' }]
const body = (fields: Record<string, unknown> = {}) => ({ model: 'm', messages: MESSAGES, ...fields })
const withMessage = (...messages: unknown[]) => body({ messages })

function refused(value: unknown): RequestError['api'] {
  try {
    parseRequest(value)
  } catch (error) {
    if (error instanceof RequestError) return error.api
    throw error
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(value)} was taken` })
}

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

  describe('refuses', () => {
    const part = (value: unknown) => withMessage({ role: 'user', content: [{ type: 'text', text: 'a' }, value] })
    const call = (value: unknown) => withMessage({ role: 'assistant', tool_calls: [value] })
    const tool = (value: unknown) => body({ tools: [value] })
    const parameters = (value: unknown) => tool({ type: 'function', function: { name: 'f', parameters: value } })

    const bodies: [name: string, value: unknown, param: string | null][] = [
      ['null', null, null],
      ['nothing', undefined, null],
      ['a number', 5, null],
      ['a string', '{}', null],
      ['true', true, null],
      ['an array', [], null],
      ['an empty object', {}, 'messages'],
      ['messages that are null', { messages: null }, 'messages'],
      ['messages that are a string', { messages: 'hi' }, 'messages'],
      ['messages that only look like an array', { messages: { 0: MESSAGES[0], length: 1 } }, 'messages'],
      ['no message at all', { messages: [] }, 'messages'],
      ['a message that is null', withMessage(null), 'messages[0]'],
      ['a message that is a string', withMessage(MESSAGES[0], 'hi'), 'messages[1]'],
      ['a message that is an array', withMessage([]), 'messages[0].role'],
      ['a message without a role', withMessage({ content: 'hi' }), 'messages[0].role'],
      ['a role that is null', withMessage({ role: null, content: 'hi' }), 'messages[0].role'],
      ['a role that is not known', withMessage({ role: 'robot', content: 'hi' }), 'messages[0].role'],
      ['a role that every object has', withMessage({ role: 'constructor', content: 'hi' }), 'messages[0].role'],
      ['a user without content', withMessage({ role: 'user' }), 'messages[0].content'],
      ['a user whose content is null', withMessage({ role: 'user', content: null }), 'messages[0].content'],
      ['a system whose content is a number', withMessage({ role: 'system', content: 5 }), 'messages[0].content'],
      ['content that is an object', withMessage({ role: 'user', content: {} }), 'messages[0].content'],
      ['assistant content that is a number', withMessage({ role: 'assistant', content: 5 }), 'messages[0].content'],
      ['a name that is a number', withMessage({ ...MESSAGES[0], name: 5 }), 'messages[0].name'],
      ['a part that is a string', part('hi'), 'messages[0].content[1]'],
      ['a part that is null', part(null), 'messages[0].content[1]'],
      ['a part without a type', part({ text: 'hi' }), 'messages[0].content[1].type'],
      ['a text part without text', part({ type: 'text' }), 'messages[0].content[1]'],
      ['a text part whose text is null', part({ type: 'text', text: null }), 'messages[0].content[1]'],
      ['a text part whose text is a number', part({ type: 'text', text: 5 }), 'messages[0].content[1].text'],
      ['an image part without an image', part({ type: 'image_url' }), 'messages[0].content[1]'],
      ['an image that is a string', part({ type: 'image_url', image_url: 'u' }), 'messages[0].content[1].image_url'],
      ['an image without a URL', part({ type: 'image_url', image_url: {} }), 'messages[0].content[1].image_url.url'],
      [
        'an audio without a format',
        part({ type: 'input_audio', input_audio: { data: 'AA' } }),
        'messages[0].content[1].input_audio.format',
      ],
      [
        'a file id that is a number',
        part({ type: 'file', file: { file_id: 5 } }),
        'messages[0].content[1].file.file_id',
      ],
      ['a refusal part without a refusal', part({ type: 'refusal' }), 'messages[0].content[1]'],
      ['a refusal that is a number', withMessage({ role: 'assistant', refusal: 5 }), 'messages[0].refusal'],
      [
        'reasoning that is an object',
        withMessage({ role: 'assistant', reasoning_content: {} }),
        'messages[0].reasoning_content',
      ],
      ['tool calls that are an object', withMessage({ role: 'assistant', tool_calls: {} }), 'messages[0].tool_calls'],
      ['a call that is null', call(null), 'messages[0].tool_calls[0]'],
      ['a call without an id', call({ function: { name: 'f', arguments: '' } }), 'messages[0].tool_calls[0].id'],
      ['a call of nothing', call({ id: 'a', type: 'function' }), 'messages[0].tool_calls[0]'],
      ['a call of null', call({ id: 'a', type: 'function', function: null }), 'messages[0].tool_calls[0]'],
      [
        'a call of two things',
        call({ id: 'a', function: { name: 'f', arguments: '' }, custom: { name: 'c', input: '' } }),
        'messages[0].tool_calls[0]',
      ],
      [
        'a call without a name',
        call({ id: 'a', function: { arguments: '' } }),
        'messages[0].tool_calls[0].function.name',
      ],
      [
        'arguments that are an object',
        call({ id: 'a', function: { name: 'f', arguments: {} } }),
        'messages[0].tool_calls[0].function.arguments',
      ],
      [
        'a custom call without input',
        call({ id: 'a', custom: { name: 'c' } }),
        'messages[0].tool_calls[0].custom.input',
      ],
      [
        'a legacy call whose arguments are an object',
        withMessage({ role: 'assistant', function_call: { name: 'f', arguments: {} } }),
        'messages[0].function_call.arguments',
      ],
      ['a tool result without an id', withMessage({ role: 'tool', content: 'x' }), 'messages[0].tool_call_id'],
      ['a tool result without content', withMessage({ role: 'tool', tool_call_id: 'a' }), 'messages[0].content'],
      ['a function result without a name', withMessage({ role: 'function', content: 'x' }), 'messages[0].name'],
      ['a function result of parts', withMessage({ role: 'function', name: 'f', content: [] }), 'messages[0].content'],
      ['an empty model', body({ model: '' }), 'model'],
      ['a model that is a number', body({ model: 5 }), 'model'],
      ['stream as a string', body({ stream: 'true' }), 'stream'],
      ['stream as a number', body({ stream: 1 }), 'stream'],
      ['stream options that are true', body({ stream_options: true }), 'stream_options'],
      ['include_usage as a string', body({ stream_options: { include_usage: 'yes' } }), 'stream_options.include_usage'],
      ['max_tokens as a string', body({ max_tokens: '5' }), 'max_tokens'],
      ['half a token', body({ max_completion_tokens: 1.5 }), 'max_completion_tokens'],
      ['temperature as a string', body({ temperature: '1' }), 'temperature'],
      ['top_p as an array', body({ top_p: [1] }), 'top_p'],
      ['no answer', body({ n: 0 }), 'n'],
      ['half an answer', body({ n: 1.5 }), 'n'],
      ['too many answers', body({ n: 129 }), 'n'],
      ['stop as a number', body({ stop: 5 }), 'stop'],
      ['stop with a number', body({ stop: ['a', 5] }), 'stop'],
      ['a bias that is a string', body({ logit_bias: { 50256: '5' } }), 'logit_bias.50256'],
      ['logprobs as a number', body({ logprobs: 5 }), 'logprobs'],
      ['tools that are an object', body({ tools: {} }), 'tools'],
      ['a tool that is null', tool(null), 'tools[0]'],
      ['a tool without a type', tool({ function: { name: 'f' } }), 'tools[0].type'],
      ['a tool of a type that is not known', tool({ type: 'web_search' }), 'tools[0].type'],
      ['a tool without a function', tool({ type: 'function' }), 'tools[0].function'],
      ['a function without a name', tool({ type: 'function', function: {} }), 'tools[0].function.name'],
      ['parameters that are a string', parameters('{}'), 'tools[0].function.parameters'],
      ['parameters that are an array', parameters([]), 'tools[0].function.parameters'],
      ['a custom tool without a name', tool({ type: 'custom', custom: {} }), 'tools[0].custom.name'],
      ['a tool choice that is not known', body({ tool_choice: 'any' }), 'tool_choice'],
      ['a tool choice without a name', body({ tool_choice: { type: 'function', function: {} } }), 'tool_choice'],
      ['functions without a name', body({ functions: [{ name: 'f' }, {}] }), 'functions[1].name'],
      ['a function_call without a name', body({ function_call: {} }), 'function_call'],
      ['a function_call that is not known', body({ function_call: 'required' }), 'function_call'],
      ['a response format that is not known', body({ response_format: { type: 'xml' } }), 'response_format.type'],
      [
        'a response format without a schema’s name',
        body({ response_format: { type: 'json_schema', json_schema: {} } }),
        'response_format.json_schema.name',
      ],
      [
        'a schema that is an array',
        body({ response_format: { type: 'json_schema', json_schema: { name: 's', schema: [] } } }),
        'response_format.json_schema.schema',
      ],
      ['modalities with a number', body({ modalities: ['text', 5] }), 'modalities[1]'],
      ['metadata with a number', body({ metadata: { a: 5 } }), 'metadata.a'],
      ['a user that is an object', body({ user: {} }), 'user'],
      ['messages that only a prototype has', JSON.parse('{"__proto__":{"messages":[{}]}}'), 'messages'],
      [
        'a role that only a prototype has',
        JSON.parse('{"messages":[{"__proto__":{"role":"user"}}]}'),
        'messages[0].role',
      ],
    ]
    for (const [name, value, param] of bodies) {
      it(`${name}, and says where`, () => {
        const { status, type, param: told, message } = refused(value)
        assert.deepEqual([status, type, told], [400, 'invalid_request_error', param])
        if (param !== null) assert.ok(message.includes(`'${param}'`), message)
      })
    }

    it('what is missing with OpenAI’s code for it', () => {
      const { message, code } = refused({ model: 'm' })
      assert.deepEqual([message, code], ["Missing required parameter: 'messages'.", 'missing_required_parameter'])
      assert.equal(refused(withMessage({ role: 'user' })).code, 'missing_required_parameter')
    })

    it('what is wrong with another', () => {
      assert.equal(refused({ messages: null }).code, 'invalid_value')
    })
  })

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

describe('readBody', () => {
  interface Sent {
    headers?: Record<string, string>
    /** What stands before streamgate. */
    before?: (req: http.IncomingMessage & { body?: unknown }) => Promise<void> | void
    limit?: number
    /** Written, and then the client leaves. */
    leave?: boolean
  }

  /** Posts a body to a server that reads it: the value, or what was thrown, and the status that the client saw. */
  async function post(pieces: readonly (string | Buffer)[], { headers = {}, before, limit = 1000, leave }: Sent = {}) {
    let report = (_result: { value?: unknown; error?: unknown }) => {}
    const result = new Promise<{ value?: unknown; error?: unknown }>((resolve) => {
      report = resolve
    })
    const server = await serve(async (req, res) => {
      try {
        await before?.(req)
        report({ value: await readBody(req, limit) })
      } catch (error) {
        report({ error })
      }
      if (!res.destroyed) res.writeHead(200, { connection: 'close' }).end('answered')
    })
    try {
      const request = http.request(server.url, { method: 'POST', agent: false, headers })
      const answered = leave ? undefined : once(request, 'response')
      request.on('error', () => {})
      for (const piece of pieces) await new Promise((resolve) => request.write(piece, resolve))
      if (leave) request.destroy()
      else request.end()
      const response = (await answered)?.[0] as http.IncomingMessage | undefined
      response?.resume()
      return { ...(await result), status: response?.statusCode }
    } finally {
      await server.close()
    }
  }

  async function drain(req: http.IncomingMessage): Promise<string> {
    return (await req.setEncoding('utf8').toArray()).join('')
  }

  const values: Record<string, [pieces: (string | Buffer)[], sent: Sent, value: unknown]> = {
    'that comes whole': [['{"a":1}'], {}, { a: 1 }],
    'that comes in pieces, cut inside a character': [
      [Buffer.from('{"a":"é'), ...Array.from(Buffer.from('🦢'), (byte) => Buffer.of(byte)), '"}'].map((piece) =>
        Buffer.from(piece),
      ),
      {},
      { a: 'é🦢' },
    ],
    'that is any JSON': [['[null]'], {}, [null]],
    'said to be as it is': [['{}'], { headers: { 'content-encoding': ' Identity' } }, {}],
    'of exactly the limit': [['{"a":12}'], { limit: 8 }, { a: 12 }],
    'that a parser has read': [
      ['{"a":1}'],
      {
        before: async (req) => {
          req.body = JSON.parse(await drain(req))
        },
      },
      { a: 1 },
    ],
    'that a parser has read as text': [
      ['{"a":1}'],
      {
        before: async (req) => {
          req.body = await drain(req)
        },
      },
      { a: 1 },
    ],
    'that a parser has read as bytes': [
      ['{"a":1}'],
      {
        before: async (req) => {
          req.body = Buffer.from(await drain(req))
        },
      },
      { a: 1 },
    ],
    'that a parser has decompressed': [
      ['?'],
      {
        headers: { 'content-encoding': 'gzip' },
        before: async (req) => {
          await drain(req)
          req.body = { a: 1 }
        },
      },
      { a: 1 },
    ],
    'that a parser left unread, with an empty body as Express 4 does': [
      ['{"a":1}'],
      {
        before: (req) => {
          req.body = {}
        },
      },
      { a: 1 },
    ],
  }
  for (const [name, [pieces, sent, value]] of Object.entries(values)) {
    it(`reads a body ${name}`, async () => {
      const result = await post(pieces, sent)
      assert.deepEqual([result.error, result.value], [undefined, value])
    })
  }

  const errors: Record<string, [pieces: string[], sent: Sent, status: number, code: string | null, message: RegExp]> = {
    'that is not JSON': [['{"a":'], {}, 400, null, /could not parse the JSON/],
    'that is empty': [[], {}, 400, null, /could not parse the JSON/],
    'over the limit': [['{"a":', '123}'], { limit: 8 }, 413, 'request_too_large', /larger than 8 bytes/],
    'that is compressed': [['x'], { headers: { 'content-encoding': 'gzip' } }, 415, null, /'gzip'/],
    'that was read and is lost': [
      ['{"a":1}'],
      {
        before: async (req) => {
          await drain(req)
        },
      },
      400,
      null,
      /left no req\.body/,
    ],
    'that a parser has read as text that is not JSON': [
      ['x'],
      {
        before: async (req) => {
          req.body = await drain(req)
        },
      },
      400,
      null,
      /could not parse the JSON/,
    ],
  }
  for (const [name, [pieces, sent, status, code, message]] of Object.entries(errors)) {
    it(`refuses a body ${name}, and the client can still be answered`, async () => {
      const result = await post(pieces, sent)
      assert.ok(result.error instanceof RequestError)
      assert.deepEqual([result.error.api.status, result.error.api.code], [status, code])
      assert.match(result.error.message, message)
      assert.equal(result.status, 200)
    })
  }

  it('does not wait for the rest of what is too large, and leaves the connection for the answer', async () => {
    const server = await serve(async (req, res) => {
      await assert.rejects(readBody(req, 8), RequestError)
      res.writeHead(413, { connection: 'close' }).end()
    })
    try {
      const request = http.request(server.url, { method: 'POST', agent: false, headers: { 'content-length': 1000 } })
      request.on('error', () => {})
      request.write('{"a":123}')
      const [response] = (await once(request, 'response')) as [http.IncomingMessage]
      assert.equal(response.statusCode, 413)
      request.destroy()
    } finally {
      await server.close()
    }
  })

  it('rejects with the connection’s error when the client leaves', async () => {
    const { error } = await post(['{"a":'], { leave: true })
    assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET')
  })
})
