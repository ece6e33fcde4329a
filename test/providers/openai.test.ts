import assert from 'node:assert/strict'
import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionCreateParamsStreaming,
} from 'openai/resources/chat/completions'
import { type OpenAIAssistantMessage, type OpenAIToolCall, openaiBody } from '../../lib/providers/openai/request.ts'
import { openai, openaiCompatible } from '../../lib/providers/openai.ts'
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

  it('keep the role developer, and drop from assistant messages what OpenAI refuses', () => {
    const request = ask({
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
      { role: 'assistant', content: 'Fine' },
    ])
  })

  it('shorten long call ids alike in the call and in its result', () => {
    const id = 'x'.repeat(41)
    const { messages } = send(
      openai,
      ask({
        messages: [
          { role: 'assistant', tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '{}' } }] },
          { role: 'tool', tool_call_id: id, content: 'ok' },
          { role: 'tool', tool_call_id: 'y'.repeat(40), content: 'ok' },
        ],
      }),
    ).body as { messages: [{ tool_calls: [{ id: string }] }, { tool_call_id: string }, { tool_call_id: string }] }
    assert.match(messages[0].tool_calls[0].id, /^call_[A-Za-z\d]{32}$/)
    assert.equal(messages[1].tool_call_id, messages[0].tool_calls[0].id)
    assert.equal(messages[2].tool_call_id, 'y'.repeat(40))
  })
})

describe('openai: the official SDK', () => {
  it('agrees, at compile time, with all that is ours in a body', () => {
    const { model, stream, stream_options } = openaiBody(ask())
    const params: Pick<ChatCompletionCreateParamsStreaming, 'model' | 'stream' | 'stream_options'> = {
      model,
      stream,
      stream_options,
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
