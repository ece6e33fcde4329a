import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import { bodyV2 } from '../../lib/providers/cohere/request-v2.ts'
import { cohere } from '../../lib/providers/cohere.ts'
import type { ChatRequest, Message, Tool, UserPart } from '../../lib/types/chat.ts'
import type { Endpoint } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const endpoint: Endpoint = { apiKey: 'key', customHost: undefined, fields: {}, strict: true, fetchMedia: noMedia }
const base: ChatRequest = { model: 'command-a-plus-05-2026', messages: [{ role: 'user', content: 'Hi' }] }

async function body(changes: Partial<ChatRequest>): Promise<Record<string, unknown>> {
  const request = freeze({ ...base, ...changes })
  return JSON.parse((await cohere.encode(request, endpoint)).body)
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) freeze(each)
  return Object.freeze(value)
}

/** What the changes add to the body of the plainest request. */
async function added(changes: Partial<ChatRequest>): Promise<Record<string, unknown>> {
  const { model: _, messages: __, stream: ___, ...rest } = await body(changes)
  return rest
}

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const weather: Tool = { type: 'function', function: { name: 'weather', description: 'Tells it', parameters: schema } }
const time: Tool = { type: 'function', function: { name: 'time' } }
const nativeTime = { type: 'function', function: { name: 'time', parameters: { type: 'object', properties: {} } } }
const both = [weather, nativeTime]
const png = 'data:image/png;base64,iVBORw0KGgo='
const notes = { type: 'file', file: { filename: 'n.txt', file_data: 'data:text/plain;base64,w6k=' } } as const

describe('a request to Cohere v2', () => {
  it('streams, and says no more than it has to', async () => {
    assert.deepEqual(await body({}), { ...base, stream: true })
  })

  const own = { safety_mode: 'OFF', citation_options: { mode: 'OFF' }, documents: ['d'] }
  const parameters: [string, Partial<ChatRequest>, Record<string, unknown>][] = [
    ['max_tokens', { max_tokens: 5 }, { max_tokens: 5 }],
    ['max_completion_tokens first', { max_completion_tokens: 6, max_tokens: 5 }, { max_tokens: 6 }],
    ['temperature', { temperature: 0 }, { temperature: 0 }],
    ['a temperature over 1', { temperature: 1.7 }, { temperature: 1 }],
    ['top_p', { top_p: 0.5 }, { p: 0.5 }],
    ['a top_p of 1', { top_p: 1 }, { p: 0.99 }],
    ['a top_p of 0', { top_p: 0 }, { p: 0.01 }],
    ['top_k', { top_k: 900 }, { k: 500 }],
    ['stop, one', { stop: 'a' }, { stop_sequences: ['a'] }],
    ['stop, several', { stop: ['a', 'b'] }, { stop_sequences: ['a', 'b'] }],
    ['seed', { seed: 0 }, { seed: 0 }],
    ['frequency_penalty', { frequency_penalty: 1.5 }, { frequency_penalty: 1 }],
    ['a penalty below 0', { presence_penalty: -1 }, { presence_penalty: 0 }],
    ['the larger penalty, first', { frequency_penalty: 0.5, presence_penalty: 0.2 }, { frequency_penalty: 0.5 }],
    ['the larger penalty, second', { frequency_penalty: -1, presence_penalty: 0.2 }, { presence_penalty: 0.2 }],
    ['logprobs without top_logprobs', { logprobs: true, top_logprobs: 3 }, { logprobs: true }],
    ['logprobs: false', { logprobs: false }, {}],
    ['response_format text', { response_format: { type: 'text' } }, {}],
    [
      'response_format json_object',
      { response_format: { type: 'json_object' } },
      { response_format: { type: 'json_object' } },
    ],
    [
      'response_format json_schema',
      {
        response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } },
      },
      { response_format: { type: 'json_object', json_schema: schema } },
    ],
    ['no thinking', { reasoning_effort: 'none' }, { thinking: { type: 'disabled' } }],
    ['little thinking', { reasoning_effort: 'minimal' }, { thinking: { type: 'enabled', token_budget: 1024 } }],
    ['low effort', { reasoning_effort: 'low' }, { thinking: { type: 'enabled', token_budget: 2048 } }],
    ['medium effort', { reasoning_effort: 'medium' }, { thinking: { type: 'enabled', token_budget: 8192 } }],
    ['high effort', { reasoning_effort: 'high' }, { thinking: { type: 'enabled', token_budget: 16384 } }],
    ['xhigh effort', { reasoning_effort: 'xhigh' }, { thinking: { type: 'enabled', token_budget: 32768 } }],
    ['all the effort there is', { reasoning_effort: 'max' }, { thinking: { type: 'enabled' } }],
    ['an effort nobody knows', { reasoning_effort: 'constructor' }, {}],
    ["the vendor's own", own, own],
    ['nulls', { temperature: null, top_p: null, stop: null, seed: null, max_tokens: null, n: null }, {}],
    [
      'what has no native form',
      {
        n: 1,
        user: 'u',
        metadata: { a: 'b' },
        logit_bias: { 1: 1 },
        store: true,
        modalities: ['text'],
        verbosity: 'low',
        service_tier: 'auto',
        parallel_tool_calls: false,
        stream_options: { include_usage: true },
        web_search_options: {},
        prediction: {},
      },
      {},
    ],
  ]
  for (const [name, changes, expected] of parameters) {
    it(`maps ${name}`, async () => assert.deepEqual(await added(changes), expected))
  }

  for (const model of ['command-r-plus-08-2024', 'command-r7b-12-2024', 'command-a-03-2025', 'c4ai-aya-vision-32b']) {
    it(`does not ask ${model} to think`, async () => {
      assert.equal((await body({ model, reasoning_effort: 'high' })).thinking, undefined)
    })
  }

  it('asks command-a-reasoning to think', async () => {
    const { thinking } = await body({ model: 'command-a-reasoning-08-2025', reasoning_effort: 'low' })
    assert.deepEqual(thinking, { type: 'enabled', token_budget: 2048 })
  })

  const strict: Tool = { type: 'function', function: { name: 'time', strict: true } }
  const allowed = (mode: 'auto' | 'required') => ({
    type: 'allowed_tools' as const,
    allowed_tools: { mode, tools: [{ type: 'function', function: { name: 'time' } }] },
  })
  const tools: [string, Partial<ChatRequest>, Record<string, unknown>][] = [
    ['tools', { tools: [weather, time] }, { tools: both }],
    ['auto', { tools: [weather, time], tool_choice: 'auto' }, { tools: both }],
    ['none', { tools: [weather, time], tool_choice: 'none' }, { tools: both, tool_choice: 'NONE' }],
    ['required', { tools: [weather, time], tool_choice: 'required' }, { tools: both, tool_choice: 'REQUIRED' }],
    [
      'a named tool',
      { tools: [weather, time], tool_choice: { type: 'function', function: { name: 'time' } } },
      { tools: [nativeTime], tool_choice: 'REQUIRED' },
    ],
    ['allowed tools', { tools: [weather, time], tool_choice: allowed('auto') }, { tools: [nativeTime] }],
    [
      'allowed tools, one required',
      { tools: [weather, time], tool_choice: allowed('required') },
      { tools: [nativeTime], tool_choice: 'REQUIRED' },
    ],
    ['strict tools', { tools: [strict] }, { tools: [nativeTime], strict_tools: true }],
    ['strict and other tools', { tools: [weather, strict] }, { tools: both }],
    ['no tools', { tools: [], tool_choice: 'none' }, {}],
  ]
  for (const [name, changes, expected] of tools) {
    it(`maps ${name}`, async () => assert.deepEqual(await added(changes), expected))
  }

  const call = { id: 'c1', type: 'function' as const, function: { name: 'weather', arguments: '{"city":"SF"}' } }
  const messages: [string, Message[], unknown[]][] = [
    [
      'system turns, joined in the first place',
      [
        { role: 'system', content: 'A' },
        { role: 'user', content: 'Hi' },
        { role: 'developer', content: [{ type: 'text', text: 'B' }] },
        { role: 'system', content: '' },
      ],
      [
        { role: 'system', content: 'A\n\nB' },
        { role: 'user', content: 'Hi' },
      ],
    ],
    [
      'text parts, as the lines of one string',
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
      ],
      [{ role: 'user', content: 'a\nb' }],
    ],
    [
      'images',
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: '' },
            { type: 'text', text: 'What?' },
            { type: 'image_url', image_url: { url: png, detail: 'low' } },
            { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'original' } },
          ],
        },
      ],
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What?' },
            { type: 'image_url', image_url: { url: png, detail: 'low' } },
            { type: 'image_url', image_url: { url: 'https://x.test/a.png' } },
          ],
        },
      ],
    ],
    [
      "the assistant's words, without its old thoughts",
      [{ role: 'assistant', content: 'Yes', reasoning_content: 'Hm' }],
      [{ role: 'assistant', content: 'Yes' }],
    ],
    ['a refusal as words', [{ role: 'assistant', refusal: 'No' }], [{ role: 'assistant', content: 'No' }]],
    [
      'refusal parts as words',
      [
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I ' },
            { type: 'refusal', refusal: 'will not' },
          ],
        },
      ],
      [{ role: 'assistant', content: 'I will not' }],
    ],
    [
      'calls, with their text as the plan',
      [{ role: 'assistant', content: 'Let me look', reasoning_content: 'Hm', tool_calls: [call] }],
      [{ role: 'assistant', tool_calls: [call], tool_plan: 'Let me look' }],
    ],
    [
      'calls, with the plan that came as reasoning',
      [{ role: 'assistant', content: null, reasoning_content: 'I will look', tool_calls: [call] }],
      [{ role: 'assistant', tool_calls: [call], tool_plan: 'I will look' }],
    ],
    [
      'calls without plan or arguments',
      [{ role: 'assistant', tool_calls: [{ id: 'c2', type: 'function', function: { name: 'time', arguments: '' } }] }],
      [
        {
          role: 'assistant',
          tool_calls: [{ id: 'c2', type: 'function', function: { name: 'time', arguments: '{}' } }],
        },
      ],
    ],
    [
      'tool results',
      [
        { role: 'tool', tool_call_id: 'c1', content: '20 °C' },
        { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: '4:20' }] },
      ],
      [
        { role: 'tool', tool_call_id: 'c1', content: '20 °C' },
        { role: 'tool', tool_call_id: 'c2', content: '4:20' },
      ],
    ],
  ]
  for (const [name, given, expected] of messages) {
    it(`maps ${name}`, () => {
      const { messages: turns } = bodyV2(freeze({ ...base, messages: given }))
      assert.deepEqual(JSON.parse(JSON.stringify(turns)), expected)
    })
  }

  it('sends text files as documents, after the documents of the client', async () => {
    const messages: Message[] = [{ role: 'user', content: [notes, { type: 'text', text: 'Sum up' }] }]
    const sent = await body({ messages, documents: [{ data: { text: 'own' } }] })
    assert.deepEqual(sent.messages, [{ role: 'user', content: 'Sum up' }])
    assert.deepEqual(sent.documents, [{ data: { text: 'own' } }, { data: { title: 'n.txt', text: 'é' } }])
  })

  it('has words in a turn of files alone', async () => {
    const sent = await body({ messages: [{ role: 'user', content: [notes] }] })
    assert.deepEqual(sent.messages, [{ role: 'user', content: 'See the documents.' }])
  })

  it('sends a file without a name beside an image', async () => {
    const file = { file_data: 'data:application/json;base64,e30=' }
    const image = { type: 'image_url' as const, image_url: { url: png } }
    const sent = await body({ messages: [{ role: 'user', content: [image, { type: 'file', file }] }] })
    assert.deepEqual(sent.messages, [{ role: 'user', content: [image] }])
    assert.deepEqual(sent.documents, [{ data: { text: '{}' } }])
  })

  const user = (part: UserPart): Partial<ChatRequest> => ({ messages: [{ role: 'user', content: [part] }] })
  const pdf = 'data:application/pdf;base64,JVBERi0='
  const custom: Tool = { type: 'custom', custom: { name: 'c' } }
  const refused: [string, Partial<ChatRequest>, string][] = [
    ['several answers', { n: 2 }, 'n'],
    ['an answer in audio', { modalities: ['text', 'audio'] }, 'modalities'],
    ['audio', user({ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } }), 'messages'],
    ['a part that nobody knows', user({ type: 'video_url', video_url: { url: png } } as never), 'messages'],
    ['a PDF', user({ type: 'file', file: { file_data: pdf } }), 'messages'],
    ['an uploaded file', user({ type: 'file', file: { file_id: 'f' } }), 'messages'],
    [
      'an image, of a model of text',
      { model: 'command-r', ...user({ type: 'image_url', image_url: { url: png } }) },
      'messages',
    ],
    ['a custom tool', { tools: [custom] }, 'tools'],
    [
      'the choice of a custom tool',
      { tools: [time], tool_choice: { type: 'custom', custom: { name: 'c' } } },
      'tool_choice',
    ],
    ['the choice of a tool that is not there', { tools: [weather], tool_choice: allowed('auto') }, 'tool_choice'],
    [
      'a call of a custom tool',
      {
        messages: [{ role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'c', input: '' } }] }],
      },
      'messages',
    ],
  ]
  for (const [name, changes, param] of refused) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(body(changes), (error) => error instanceof RequestError && error.api.param === param)
    })
  }
})
