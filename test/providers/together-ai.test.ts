import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import { togetherAi } from '../../lib/providers/together-ai.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import { ask, endpoint, send } from '../helpers/openai-family.ts'
import { describeRecordings } from '../helpers/openai-recordings.ts'

const base = {
  model: 'some-model',
  messages: [{ role: 'user', content: 'Hi' }],
  stream: true,
  stream_options: { include_usage: true },
}

describe('together-ai: requests', () => {
  it('go to the chat completions, of a custom host too', () => {
    assert.equal(send(togetherAi, ask()).url, 'https://api.together.ai/v1/chat/completions')
    const to = endpoint({ customHost: 'https://api.together.xyz' })
    assert.equal(send(togetherAi, ask(), to).url, 'https://api.together.xyz/v1/chat/completions')
  })

  const cases: [string, Partial<ChatRequest>, Record<string, unknown>][] = [
    ['ask for a stream with usage', { stream_options: { include_obfuscation: true } }, {}],
    ['have one name for the limit', { max_completion_tokens: 5 }, { max_tokens: 5 }],
    ['list stops', { stop: 'x' }, { stop: ['x'] }],
    ['count log probabilities', { logprobs: true, top_logprobs: 3 }, { logprobs: 3 }],
    ['count one if no number is given', { logprobs: true }, { logprobs: 1 }],
    ['count none', { logprobs: false, top_logprobs: 3 }, {}],
    ['map efforts', { reasoning_effort: 'xhigh' }, { reasoning_effort: 'high' }],
    ['switch reasoning off', { reasoning_effort: 'none' }, { reasoning: { enabled: false } }],
    [
      'keep what Together knows, and its own fields',
      {
        temperature: 1.5,
        top_p: 0.9,
        top_k: 4,
        n: 2,
        seed: 1,
        presence_penalty: 1,
        frequency_penalty: 1,
        logit_bias: { 1: 1 },
        repetition_penalty: 1.1,
        response_format: { type: 'json_object' },
      },
      {
        temperature: 1.5,
        top_p: 0.9,
        top_k: 4,
        n: 2,
        seed: 1,
        presence_penalty: 1,
        frequency_penalty: 1,
        logit_bias: { 1: 1 },
        repetition_penalty: 1.1,
        response_format: { type: 'json_object' },
      },
    ],
    [
      'drop what it does not',
      {
        ...{
          user: 'u',
          metadata: {},
          store: true,
          service_tier: 'auto',
          prediction: {},
          modalities: [],
          audio: {},
          verbosity: 'low',
        },
        ...{
          web_search_options: {},
          prompt_cache_key: 'k',
          safety_identifier: 's',
          parallel_tool_calls: true,
          temperature: null,
        },
      },
      {},
    ],
    [
      'send functions without strict',
      {
        tools: [{ type: 'function', function: { name: 'f', parameters: {}, strict: true } }],
        tool_choice: 'auto',
        parallel_tool_calls: true,
      },
      { tools: [{ type: 'function', function: { name: 'f', parameters: {} } }], tool_choice: 'auto' },
    ],
    [
      'send the allowed tools only',
      {
        tools: [
          { type: 'function', function: { name: 'f' } },
          { type: 'function', function: { name: 'g' } },
        ],
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: { mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
        },
      },
      { tools: [{ type: 'function', function: { name: 'f' } }], tool_choice: 'auto' },
    ],
  ]
  for (const [name, fields, expected] of cases) {
    it(name, () => assert.deepEqual(send(togetherAi, ask(fields)).body, { ...base, ...expected }))
  }

  it("have messages in Together's form", () => {
    const call = (id: string) => ({ id, type: 'function' as const, function: { name: 'f', arguments: '{}' } })
    const messages: ChatRequest['messages'] = [
      {
        role: 'developer',
        content: [
          { type: 'text', text: 'Be ' },
          { type: 'text', text: 'brief' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See' },
          { type: 'image_url', image_url: { url: 'https://a', detail: 'low' } },
          { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
        ],
      },
      {
        role: 'assistant',
        content: [{ type: 'refusal', refusal: 'No' }],
        reasoning_content: 'hm',
        tool_calls: [call('a'), call('b')],
      },
      { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'ok' }] },
      { role: 'tool', tool_call_id: 'b', content: 'ok' },
    ]
    assert.deepEqual(send(togetherAi, ask({ messages })).body.messages, [
      { role: 'system', content: 'Be brief' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See' },
          { type: 'image_url', image_url: { url: 'https://a' } },
          { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
        ],
      },
      {
        role: 'assistant',
        content: 'No',
        reasoning: 'hm',
        tool_calls: [
          { index: 0, ...call('a') },
          { index: 1, ...call('b') },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: 'ok' },
      { role: 'tool', tool_call_id: 'b', content: 'ok' },
    ])
  })

  const refused: [string, Partial<ChatRequest>, string][] = [
    ['custom tools', { tools: [{ type: 'custom', custom: { name: 'c' } }] }, 'tools'],
    ['files', { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'x' } }] }] }, 'messages'],
    [
      'mp3',
      { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: '', format: 'mp3' } }] }] },
      'messages',
    ],
  ]
  for (const [name, fields, param] of refused) {
    it(`are refused with ${name}`, () => {
      assert.throws(
        () => send(togetherAi, ask(fields)),
        (error) => error instanceof RequestError && error.api.param === param,
      )
    })
  }
})

describeRecordings(togetherAi, 'together')
