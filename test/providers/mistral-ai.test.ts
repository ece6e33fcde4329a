import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import { mistralAi } from '../../lib/providers/mistral-ai.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import { ask, send } from '../helpers/openai-family.ts'
import { describeRecordings } from '../helpers/openai-recordings.ts'

const base = { model: 'some-model', messages: [{ role: 'user', content: 'Hi' }], stream: true }
const parameters = { type: 'object', properties: {} }

describe('mistral-ai: requests', () => {
  it('go to the chat completions', () => {
    assert.equal(send(mistralAi, ask()).url, 'https://api.mistral.ai/v1/chat/completions')
  })

  const same = {
    top_p: 0.9,
    stop: ['x'],
    n: 2,
    presence_penalty: 1,
    frequency_penalty: 1,
    metadata: { a: 'b' },
    prompt_cache_key: 'k',
    safe_prompt: true,
  }
  const cases: [string, Partial<ChatRequest>, Record<string, unknown>][] = [
    ['keep what Mistral knows', same, same],
    ['have their own names', { max_completion_tokens: 5, seed: 7 }, { max_tokens: 5, random_seed: 7 }],
    ['have a lower ceiling', { temperature: 1.6 }, { temperature: 1 }],
    ['keep a temperature of 0', { temperature: 0 }, { temperature: 0 }],
    [
      'drop all else',
      {
        ...{
          logprobs: true,
          top_logprobs: 2,
          logit_bias: {},
          user: 'u',
          store: true,
          modalities: [],
          audio: {},
          verbosity: 'low',
        },
        ...{
          web_search_options: {},
          safety_identifier: 's',
          top_k: 1,
          service_tier: 'auto',
          stream_options: {},
          future: 1,
        },
      },
      {},
    ],
    [
      'flatten a prediction',
      {
        prediction: {
          type: 'content',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
      },
      { prediction: { type: 'content', content: 'ab' } },
    ],
    [
      'keep a prediction that is text',
      { prediction: { type: 'content', content: 'ab' } },
      { prediction: { type: 'content', content: 'ab' } },
    ],
    [
      'give every function parameters',
      {
        tools: [{ type: 'function', function: { name: 'f', strict: null } }],
        tool_choice: 'required',
        parallel_tool_calls: false,
      },
      {
        tools: [{ type: 'function', function: { name: 'f', parameters } }],
        tool_choice: 'any',
        parallel_tool_calls: false,
      },
    ],
    [
      'send the allowed tools only',
      {
        tools: [
          { type: 'function', function: { name: 'f', parameters } },
          { type: 'function', function: { name: 'g' } },
        ],
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] },
        },
      },
      { tools: [{ type: 'function', function: { name: 'f', parameters } }], tool_choice: 'any' },
    ],
    [
      'pass schemas on',
      { response_format: { type: 'json_schema', json_schema: { name: 's', schema: {}, strict: null } } },
      { response_format: { type: 'json_schema', json_schema: { name: 's', schema: {} } } },
    ],
    [
      'ask for JSON in words too',
      { response_format: { type: 'json_object' } },
      {
        response_format: { type: 'json_object' },
        messages: [{ role: 'system', content: 'Answer with JSON.' }, ...base.messages],
      },
    ],
    ['tell models that do not think no effort', { reasoning_effort: 'high' }, {}],
    [
      'tell models that may think',
      { model: 'mistral-small-latest', reasoning_effort: 'max' },
      { model: 'mistral-small-latest', reasoning_effort: 'high' },
    ],
    [
      'tell Magistral to think',
      { model: 'magistral-medium-2506', reasoning_effort: 'low' },
      { model: 'magistral-medium-2506', prompt_mode: 'reasoning' },
    ],
    [
      'tell Magistral not to',
      { model: 'magistral-medium-2506', reasoning_effort: 'none' },
      { model: 'magistral-medium-2506', prompt_mode: null },
    ],
    ['leave Magistral alone', { model: 'magistral-medium-2506' }, { model: 'magistral-medium-2506' }],
  ]
  for (const [name, fields, expected] of cases) {
    it(name, () => assert.deepEqual(send(mistralAi, ask(fields)).body, { ...base, ...expected }))
  }

  it('pass tools of Mistral’s own, alone and beside functions', () => {
    const native = { type: 'web_search' }
    const tools = (...list: ChatRequest['tools'] & object) =>
      send(mistralAi, ask({ tools: list, tool_choice: 'auto' })).body
    assert.deepEqual([tools(native).tools, tools(native).tool_choice], [[native], 'auto'])
    const f = { type: 'function' as const, function: { name: 'f', parameters } }
    assert.deepEqual(tools(native, f).tools, [f, native])
    assert.throws(() => tools({ type: 'browser_search' }), RequestError)
  })

  it('do not ask for JSON twice, and ask within the instructions', () => {
    const format = { response_format: { type: 'json_object' as const } }
    const json = [{ role: 'user' as const, content: 'As JSON please' }]
    assert.deepEqual(send(mistralAi, ask({ ...format, messages: json })).body.messages, json)
    const system = [
      { role: 'system' as const, content: 'Be brief.' },
      { role: 'user' as const, content: 'Hi' },
    ]
    assert.deepEqual(send(mistralAi, ask({ ...format, messages: system })).body.messages, [
      { role: 'system', content: 'Be brief.\n\nAnswer with JSON.' },
      { role: 'user', content: 'Hi' },
    ])
  })

  it("have messages in Mistral's form", () => {
    const call = (id: string) => ({
      id,
      type: 'function' as const,
      function: { name: 'f', arguments: '{}' },
      state: 's',
    })
    const messages: ChatRequest['messages'] = [
      { role: 'developer', content: [{ type: 'text', text: 'Be brief' }], name: 'x' },
      {
        role: 'user',
        name: 'x',
        content: [
          { type: 'text', text: 'See' },
          { type: 'image_url', image_url: { url: 'https://a', detail: 'low' } },
          { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'hm',
        tool_calls: [call('abcDEF123'), call('call_0123456789')],
      },
      { role: 'tool', tool_call_id: 'abcDEF123', content: 'ok' },
      { role: 'tool', tool_call_id: 'call_0123456789', content: [{ type: 'text', text: 'ok' }] },
    ]
    const sent = send(mistralAi, ask({ messages })).body.messages as { tool_calls?: { id: string }[] }[]
    const short = sent[2]?.tool_calls?.[1]?.id
    assert.match(`${short}`, /^[A-Za-z\d]{9}$/)
    const plain = (id: string | undefined) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })
    assert.deepEqual(sent, [
      { role: 'system', content: 'Be brief' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See' },
          { type: 'image_url', image_url: 'https://a' },
          { type: 'input_audio', input_audio: 'AA==' },
          { type: 'document_url', document_url: 'data:application/pdf;base64,AA==', document_name: 'a.pdf' },
        ],
      },
      { role: 'assistant', content: '', tool_calls: [plain('abcDEF123'), plain(short)] },
      { role: 'tool', tool_call_id: 'abcDEF123', name: 'f', content: 'ok' },
      { role: 'tool', tool_call_id: short, name: 'f', content: 'ok' },
    ])
  })

  it('give thoughts back to models that think, and to no others', () => {
    const messages: ChatRequest['messages'] = [
      { role: 'assistant', content: 'Yes', reasoning_content: 'hm' },
      { role: 'user', content: 'Why?' },
    ]
    const first = (model: string) =>
      (send(mistralAi, ask({ model, messages })).body.messages as { content: unknown }[])[0]?.content
    assert.deepEqual(first('magistral-small-latest'), [
      { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }], closed: true },
      { type: 'text', text: 'Yes' },
    ])
    assert.equal(first('mistral-large-2411'), 'Yes')
  })

  it('mark a trailing assistant message as a prefix, if it says something', () => {
    const last = (message: ChatRequest['messages'][number]) =>
      (send(mistralAi, ask({ messages: [{ role: 'user', content: 'Hi' }, message] })).body.messages as unknown[]).at(-1)
    assert.deepEqual(last({ role: 'assistant', content: 'The' }), { role: 'assistant', content: 'The', prefix: true })
    assert.deepEqual(last({ role: 'assistant', content: ' ' }), { role: 'user', content: 'Hi' })
    assert.deepEqual(last({ role: 'user', content: 'The' }), { role: 'user', content: 'The' })
  })

  it('leave the fetching of documents to Mistral', () => {
    const file = { file_data: 'https://a/b', filename: 'b.pdf' }
    const { body } = send(mistralAi, ask({ messages: [{ role: 'user', content: [{ type: 'file', file }] }] }))
    assert.deepEqual((body.messages as unknown[])[0], {
      role: 'user',
      content: [{ type: 'document_url', document_url: 'https://a/b', document_name: 'b.pdf' }],
    })
  })

  const refused: [string, Partial<ChatRequest>, string][] = [
    ['custom tools', { tools: [{ type: 'custom', custom: { name: 'c' } }] }, 'tools'],
    ['files by id', { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'x' } }] }] }, 'messages'],
    [
      'files that are no PDF',
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_data: 'data:text/csv;base64,AA==' } }] }] },
      'messages',
    ],
    [
      'files that are no data URL',
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_data: 'AA==' } }] }] },
      'messages',
    ],
  ]
  for (const [name, fields, param] of refused) {
    it(`are refused with ${name}`, () => {
      assert.throws(
        () => send(mistralAi, ask(fields)),
        (error) => error instanceof RequestError && error.api.param === param,
      )
    })
  }
})

describeRecordings(mistralAi, 'mistral')
