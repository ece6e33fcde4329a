import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import { groq } from '../../lib/providers/groq.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import { ask, send } from '../helpers/openai-family.ts'
import { describeRecordings } from '../helpers/openai-recordings.ts'

const user = { role: 'user' as const, content: 'Hi' }
const base = { model: 'llama-3.3-70b-versatile', messages: [user], stream: true }
const f = { type: 'function' as const, function: { name: 'f', parameters: {} } }
const g = { type: 'function' as const, function: { name: 'g' } }
const custom = { type: 'custom' as const, custom: { name: 'c' } }

describe('groq: requests', () => {
  it('go to the chat completions', () => {
    assert.equal(send(groq, ask()).url, 'https://api.groq.com/openai/v1/chat/completions')
  })

  const cases: [string, Partial<ChatRequest>, Record<string, unknown>][] = [
    ['ask for a stream', {}, {}],
    ['have one name for the limit', { max_tokens: 5 }, { max_completion_tokens: 5 }],
    ['prefer the newer name', { max_tokens: 5, max_completion_tokens: 6 }, { max_completion_tokens: 6 }],
    [
      'keep what Groq knows, and its own fields',
      {
        temperature: 0.5,
        top_p: 0.9,
        stop: ['x'],
        seed: 1,
        user: 'u',
        n: 1,
        response_format: { type: 'json_object' },
        search_settings: {},
      },
      {
        temperature: 0.5,
        top_p: 0.9,
        stop: ['x'],
        seed: 1,
        user: 'u',
        n: 1,
        response_format: { type: 'json_object' },
        search_settings: {},
      },
    ],
    [
      'drop what it does not',
      {
        ...{
          presence_penalty: 1,
          frequency_penalty: 1,
          logit_bias: {},
          logprobs: true,
          top_logprobs: 1,
          top_k: 1,
          store: true,
        },
        ...{
          metadata: {},
          stream_options: { include_usage: true },
          prediction: {},
          modalities: [],
          audio: {},
          verbosity: 'low',
        },
        ...{ web_search_options: {}, prompt_cache_key: 'k', safety_identifier: 's', moderation: {}, temperature: null },
      },
      {},
    ],
    [
      'send tools and their choice',
      { tools: [f], tool_choice: 'required', parallel_tool_calls: false },
      { tools: [f], tool_choice: 'required', parallel_tool_calls: false },
    ],
    [
      'send the allowed tools only',
      {
        tools: [f, g],
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'g' } }] },
        },
      },
      { tools: [g], tool_choice: 'required' },
    ],
    ['have no choice without tools', { tool_choice: 'auto', tools: [] }, {}],
    ['map service tiers', { service_tier: 'priority' }, { service_tier: 'performance' }],
    ['drop tiers that have no like', { service_tier: 'scale' }, {}],
    ['tell unknown models no effort', { reasoning_effort: 'high' }, {}],
  ]
  for (const [name, fields, expected] of cases) {
    it(name, () => assert.deepEqual(send(groq, ask({ model: base.model, ...fields })).body, { ...base, ...expected }))
  }

  const efforts: [string, string, string | undefined][] = [
    ['openai/gpt-oss-120b', 'none', 'low'],
    ['openai/gpt-oss-120b', 'minimal', 'low'],
    ['openai/gpt-oss-120b', 'medium', 'medium'],
    ['openai/gpt-oss-120b', 'max', 'high'],
    ['qwen/qwen3-32b', 'none', 'none'],
    ['qwen/qwen3-32b', 'high', 'default'],
    ['qwen/qwen3.8-27b', 'minimal', 'low'],
    ['qwen/qwen3.8-27b', 'none', 'none'],
  ]
  for (const [model, effort, expected] of efforts) {
    it(`tell ${model} ${expected} for the effort ${effort}`, () => {
      assert.equal(send(groq, ask({ model, reasoning_effort: effort })).body.reasoning_effort, expected)
    })
  }

  it('pass tools of Groq’s own to models that have them', () => {
    const tools = [{ type: 'browser_search' }]
    const { body } = send(groq, ask({ model: 'openai/gpt-oss-20b', tools, tool_choice: 'required' }))
    assert.deepEqual([body.tools, body.tool_choice], [tools, 'required'])
    assert.throws(() => send(groq, ask({ model: 'llama-3.3-70b-versatile', tools })), RequestError)
  })

  it('leave out JSON mode beside tools, and never a schema', () => {
    const schema = { type: 'json_schema' as const, json_schema: { name: 'x' } }
    const format = (response_format: ChatRequest['response_format'] & object) =>
      send(groq, ask({ tools: [f], response_format })).body.response_format
    assert.equal(format({ type: 'json_object' }), undefined)
    assert.deepEqual(format(schema), schema)
  })

  it('ask models that think aloud to tell thoughts apart', () => {
    const format = (fields: Partial<ChatRequest>) => send(groq, ask(fields)).body.reasoning_format
    assert.equal(format({ model: 'qwen/qwen3-32b' }), 'parsed')
    assert.equal(format({ model: 'qwen/qwen3-32b', reasoning_format: 'hidden' }), 'hidden')
    assert.equal(format({ model: 'qwen/qwen3-32b', include_reasoning: false }), undefined)
    assert.equal(format({ model: 'openai/gpt-oss-20b' }), undefined)
  })

  it("have messages in Groq's form", () => {
    const call = { id: 'a', type: 'function' as const, function: { name: 'f', arguments: '' }, state: 's' }
    const messages: ChatRequest['messages'] = [
      { role: 'developer', content: 'Be brief' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See', prompt_cache_breakpoint: { mode: 'explicit' } },
          { type: 'image_url', image_url: { url: 'https://a', detail: 'low' } },
        ],
      },
      { role: 'assistant', content: null, reasoning_content: 'hm', refusal: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'a', content: 'ok' },
    ]
    assert.deepEqual(send(groq, ask({ model: 'openai/gpt-oss-20b', messages })).body.messages, [
      { role: 'system', content: 'Be brief' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See' },
          { type: 'image_url', image_url: { url: 'https://a', detail: 'low' } },
        ],
      },
      {
        role: 'assistant',
        content: '',
        reasoning: 'hm',
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: 'ok' },
    ])
  })

  const refused: [string, Partial<ChatRequest>, string][] = [
    ['several answers', { n: 2 }, 'n'],
    ['custom tools', { tools: [custom] }, 'tools'],
    ['the choice of a custom tool', { tools: [f], tool_choice: { type: 'custom', custom: { name: 'c' } } }, 'tools'],
    [
      'custom calls',
      {
        messages: [{ role: 'assistant', tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'c', input: '' } }] }],
      },
      'messages',
    ],
    ['files', { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'x' } }] }] }, 'messages'],
    [
      'audio',
      { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: '', format: 'wav' } }] }] },
      'messages',
    ],
  ]
  for (const [name, fields, param] of refused) {
    it(`are refused with ${name}`, () => {
      assert.throws(
        () => send(groq, ask(fields)),
        (error) => error instanceof RequestError && error.api.param === param,
      )
    })
  }
})

describeRecordings(groq, 'groq')
