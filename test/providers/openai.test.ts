import assert from 'node:assert/strict'
import type { ChatCompletionAssistantMessageParam, ChatCompletionCreateParams } from 'openai/resources/chat/completions'
import { azureOpenai } from '../../lib/providers/azure-openai.ts'
import { type OpenAIAssistantMessage, type OpenAIToolCall, openaiBody } from '../../lib/providers/openai/request.ts'
import { openai, openaiCompatible } from '../../lib/providers/openai.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { HttpRequest } from '../../lib/types/provider.ts'
import { ask, chunk, decode, endpoint, events, send, told } from '../helpers/openai-family.ts'
import { describeRecordings } from '../helpers/openai-recordings.ts'

describe('openai: requests', () => {
  it('go to the chat completions with the key as bearer token', () => {
    const { url, headers } = send(openai, ask())
    assert.equal(url, 'https://api.openai.com/v1/chat/completions')
    assert.deepEqual(headers, {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: 'Bearer secret',
    })
  })

  it('go to a custom host, whose query stays, without a key if there is none', () => {
    const { url, headers } = send(
      openai,
      ask(),
      endpoint({ apiKey: undefined, customHost: 'http://gpu:8000/v1?pool=a' }),
    )
    assert.equal(url, 'http://gpu:8000/v1/chat/completions?pool=a')
    assert(!('authorization' in headers))
  })

  it('name organization and project', () => {
    const fields = { openai_organization: 'org-1', openai_project: 'proj-1' }
    const { headers } = send(openai, ask(), endpoint({ fields }))
    assert.equal(headers['openai-organization'], 'org-1')
    assert.equal(headers['openai-project'], 'proj-1')
  })

  it('pass on every field, known or not, and ask for a stream with usage', () => {
    const request = ask({
      temperature: 0.3,
      future_field: { a: 1 },
      stream: false,
      stream_options: { include_usage: false, include_obfuscation: false },
    })
    assert.deepEqual(send(openai, request).body, {
      model: 'some-model',
      messages: [{ role: 'user', content: 'Hi' }],
      temperature: 0.3,
      future_field: { a: 1 },
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
    })
  })

  it('have no empty list of tools, and no choice among none', () => {
    const { body } = send(openai, ask({ tools: [], tool_choice: 'auto', parallel_tool_calls: true }))
    assert.deepEqual(Object.keys(body).sort(), ['messages', 'model', 'stream', 'stream_options'])
    assert.equal('tool_choice' in send(openai, ask({ tool_choice: 'none' })).body, false)
  })

  it('keep the role developer, and drop from assistant messages what OpenAI refuses', () => {
    const request = ask({
      model: 'gpt-4o',
      messages: [
        { role: 'developer', content: 'Be brief' },
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'hm',
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' }, state: 'secret' },
            { id: 'call_2', type: 'custom', custom: { name: 'c', input: 'x' }, state: 'secret' },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'ok' },
        { role: 'tool', tool_call_id: 'call_2', content: 'ok' },
        { role: 'assistant', content: 'Fine', tool_calls: [] },
      ],
    })
    assert.deepEqual(send(openai, request).body.messages, [
      { role: 'developer', content: 'Be brief' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } },
          { id: 'call_2', type: 'custom', custom: { name: 'c', input: 'x' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'ok' },
      { role: 'tool', tool_call_id: 'call_2', content: 'ok' },
      { role: 'assistant', content: 'Fine' },
    ])
  })

  it('shorten long call ids alike in the call and in its result', () => {
    const id = 'x'.repeat(41)
    const short = 'y'.repeat(40)
    const call = { type: 'function' as const, function: { name: 'f', arguments: '{}' } }
    const { messages } = send(
      openai,
      ask({
        messages: [
          {
            role: 'assistant',
            tool_calls: [
              { ...call, id },
              { ...call, id: short },
            ],
          },
          { role: 'tool', tool_call_id: id, content: 'ok' },
          { role: 'tool', tool_call_id: short, content: 'ok' },
        ],
      }),
    ).body as { messages: [{ tool_calls: [{ id: string }] }, { tool_call_id: string }, { tool_call_id: string }] }
    assert.match(messages[0].tool_calls[0].id, /^call_[A-Za-z\d]{32}$/)
    assert.equal(messages[1].tool_call_id, messages[0].tool_calls[0].id)
    assert.equal(messages[2].tool_call_id, short)
  })
})

describe('openai: conversations', () => {
  const call = (id: string) => ({ id, type: 'function' as const, function: { name: 'f', arguments: '{}' } })
  const result = (id: string, content = 'ok') => ({ role: 'tool' as const, tool_call_id: id, content })
  const sent = (messages: ChatRequest['messages'], model = 'gpt-4o') => {
    const { body, adjusted } = openai.encode(ask({ model, messages }), endpoint()) as HttpRequest
    return { messages: (JSON.parse(body) as { messages: Record<string, unknown>[] }).messages, adjusted }
  }

  it('that are in order go out as they came', () => {
    const messages: ChatRequest['messages'] = [
      { role: 'assistant', content: '' },
      { role: 'user', content: 'a', name: 'x' },
      { role: 'assistant', tool_calls: [call('c')] },
      result('c'),
      { role: 'system', content: 'b' },
    ]
    assert.deepEqual(sent(messages), { messages, adjusted: [] })
  })

  it('have each call followed by its one result', () => {
    const { messages, adjusted } = sent([
      { role: 'assistant', tool_calls: [call('a'), call('b')] },
      { role: 'user', content: 'wait' },
      result('a'),
      result('x', 'lost'),
    ])
    assert.deepEqual(
      messages.map(({ role, content }) => [role, content]),
      [
        ['assistant', undefined],
        ['tool', 'ok'],
        ['tool', '(no result)'],
        ['user', 'wait'],
        ['user', 'Result of the tool call x:\nlost'],
      ],
    )
    assert.deepEqual(adjusted, ['missing-results', 'moved-results', 'unknown-results'])
  })

  it('have images of results in the user’s next turn', () => {
    const image = { type: 'image_url' as const, image_url: { url: 'https://a' } }
    const { messages } = sent([
      { role: 'assistant', tool_calls: [call('a')] },
      { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'see' }, image] },
    ])
    assert.deepEqual(messages[1], result('a', 'see'))
    const [, , next] = messages as { content: unknown[] }[]
    assert.deepEqual(next?.content.at(-1), image)
  })

  it('keep thoughts for models of other makers alone', () => {
    const messages: ChatRequest['messages'] = [
      { role: 'assistant', content: 'a', reasoning_content: 'because' },
      { role: 'assistant', reasoning_content: 'a thought that was cut off' },
    ]
    assert.deepEqual(sent(messages, 'deepseek-v4-pro').messages, messages)
    for (const model of ['gpt-5', 'o3', 'ft:gpt-4.1:x', 'chatgpt-4o-latest']) {
      // A turn of thoughts alone would be empty.
      assert.deepEqual(sent(messages, model).messages, [{ role: 'assistant', content: 'a' }])
    }
  })

  const mark = { cache_control: { type: 'ephemeral' as const } }
  const marked: Partial<ChatRequest> = {
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'a', ...mark }] },
      { role: 'system', content: 'b', ...mark } as never,
    ],
    tools: [
      { type: 'function', function: { name: 'f', ...mark } as never, ...mark },
      { type: 'web_search', ...mark },
    ],
  }

  it('have no cache marks of other providers, and the client hears of it', () => {
    for (const [provider, model] of [
      [openai, 'gpt-5'],
      [azureOpenai, 'gpt-5'],
    ] as const) {
      const { body, dropped } = provider.encode(
        ask({ ...marked, model }),
        endpoint({ fields: { resource_name: 'r' } }),
      ) as HttpRequest
      assert.equal(body.includes('cache_control'), false)
      assert.deepEqual(dropped, ['cache_control'])
    }
  })

  it('keep them where a custom host serves another maker’s model', () => {
    const { body, dropped } = openai.encode(ask({ ...marked, model: 'anthropic/claude' }), endpoint()) as HttpRequest
    assert.equal(body.match(/cache_control/g)?.length, 5)
    assert.deepEqual(dropped, [])
  })

  it('have an object at the root of each function’s arguments', () => {
    const tool = (parameters?: Record<string, unknown>) => ({
      type: 'function' as const,
      function: { name: `f${JSON.stringify(parameters)?.length ?? 0}`, ...(parameters && { parameters }) },
    })
    const plain = { type: 'object', properties: { a: { type: 'string' } } }
    const tools = [tool(), tool(plain), tool({ properties: {} }), tool({ anyOf: [plain] })]
    const { body, adjusted } = openai.encode(ask({ tools }), endpoint()) as HttpRequest
    const sent = JSON.parse(body) as { tools: { function: { parameters?: Record<string, unknown> } }[] }
    assert.deepEqual(
      sent.tools.map(({ function: { parameters } }) => [parameters?.type, parameters?.anyOf]),
      [[undefined, undefined], ...[1, 2, 3].map(() => ['object', undefined])],
    )
    assert.deepEqual(adjusted, ['schemas'])
  })

  it('have names of tools that OpenAI takes, and the client gets its own back', () => {
    const request = ask({ tools: [{ type: 'function', function: { name: 'read file', parameters: {} } }] })
    const { tools } = send(openai, request).body as { tools: [{ function: { name: string } }] }
    assert.equal(tools[0].function.name, 'read_file')
    const delta = {
      tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'read_file', arguments: '{}' } }],
    }
    assert.equal(told(decode(openai, events(chunk(delta)), { request })).calls[0]?.name, 'read file')
  })
})

describe('openai: speech', () => {
  const sent = (format: string) =>
    send(openai, ask({ modalities: ['text', 'audio'], audio: { voice: 'alloy', format } })).body

  it('is streamed as raw samples, and else asked for whole', () => {
    assert.deepEqual([sent('pcm16').stream, sent('pcm16').stream_options], [true, { include_usage: true }])
    assert.deepEqual([sent('wav').stream, sent('wav').stream_options], [false, undefined])
  })

  it('does not matter where text alone is asked for', () => {
    assert.equal(send(openai, ask({ audio: { format: 'mp3' } })).body.stream, true)
  })
})

describe('openai: the official SDK', () => {
  it('agrees, at compile time, with all that is ours in a body', () => {
    const { model, stream, stream_options } = openaiBody(ask())
    const params: Pick<ChatCompletionCreateParams, 'model' | 'stream' | 'stream_options'> = {
      model,
      stream,
      ...(stream_options && { stream_options }),
    }
    const tool_calls: OpenAIToolCall[] = [{ id: 'a', type: 'custom', custom: { name: 'c', input: '' } }]
    const assistant: Omit<OpenAIAssistantMessage, 'content'> = { role: 'assistant', tool_calls, refusal: null }
    const message: Omit<ChatCompletionAssistantMessageParam, 'content'> = assistant
    assert.deepEqual([params.stream, message.role], [true, 'assistant'])
  })
})

describe('openaiCompatible', () => {
  const local = openaiCompatible({ name: 'local', baseUrl: 'http://localhost:1234/v1' })

  it('makes a provider of a name and an address', () => {
    const { url, headers, body } = send(
      local,
      ask({ messages: [{ role: 'developer', content: 'Be brief' }], top_k: 5 }),
    )
    assert.equal(local.name, 'local')
    assert.equal(url, 'http://localhost:1234/v1/chat/completions')
    assert.equal(headers.authorization, 'Bearer secret')
    assert.deepEqual(body.messages, [{ role: 'system', content: 'Be brief' }])
    assert.equal(body.top_k, 5)
    assert.equal(local.framing({}, ask(), endpoint()), 'sse')
    assert.equal(told(decode(local, events(chunk({ content: 'a' })))).content, 'a')
    assert.equal(local.error(500, '').status, 500)
  })

  it('takes what differs', () => {
    const custom = openaiCompatible({
      name: 'custom',
      baseUrl: 'https://x.example',
      path: '/chat',
      headers: ({ apiKey }) => ({ 'x-key': `${apiKey}` }),
      body: ({ model }) => ({ m: model }),
      error: (status) => ({ ...local.error(status, ''), code: 'mine' }),
    })
    const { url, headers, body } = send(custom, ask())
    assert.equal(url, 'https://x.example/chat')
    assert.equal(headers['x-key'], 'secret')
    assert(!('authorization' in headers))
    assert.deepEqual(body, { m: 'some-model' })
    assert.equal(custom.error(500, '').code, 'mine')
  })
})

describeRecordings(openai, 'openai')
