import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import { cohere } from '../../lib/providers/cohere.ts'
import type { ChatRequest, Message, Tool } from '../../lib/types/chat.ts'
import type { Endpoint } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const endpoint: Endpoint = {
  apiKey: 'key',
  customHost: undefined,
  fields: { api_version: 'v1' },
  strict: true,
  fetchMedia: noMedia,
}
const base: ChatRequest = { model: 'command-r-08-2024', messages: [{ role: 'user', content: 'Hi' }] }

async function body(changes: Partial<ChatRequest>): Promise<Record<string, unknown>> {
  return JSON.parse((await cohere.encode({ ...base, ...changes }, endpoint)).body)
}

/** What the changes add to the body of the plainest request. */
async function added(changes: Partial<ChatRequest>): Promise<Record<string, unknown>> {
  const { model: _, message: __, stream: ___, ...rest } = await body(changes)
  return rest
}

const call = (id: string, city: string) => ({
  id,
  type: 'function' as const,
  function: { name: 'weather', arguments: JSON.stringify({ city }) },
})
const nativeCall = (city: string) => ({ name: 'weather', parameters: { city } })

describe('a request to Cohere v1', () => {
  it('streams, and says no more than it has to', async () => {
    assert.deepEqual(await body({}), { model: base.model, message: 'Hi', stream: true })
  })

  const conversations: [string, Message[], Record<string, unknown>][] = [
    [
      'the first system turn as the preamble, later ones as history',
      [
        { role: 'developer', content: 'A' },
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello' },
        { role: 'system', content: 'B' },
        { role: 'user', content: [{ type: 'text', text: 'And?' }] },
      ],
      {
        preamble: 'A',
        chat_history: [
          { role: 'USER', message: 'Hi' },
          { role: 'CHATBOT', message: 'Hello' },
          { role: 'SYSTEM', message: 'B' },
        ],
        message: 'And?',
      },
    ],
    [
      'a system turn at the end as history',
      [
        { role: 'system', content: 'A' },
        { role: 'user', content: 'Hi' },
        { role: 'system', content: 'B' },
      ],
      { preamble: 'A', chat_history: [{ role: 'SYSTEM', message: 'B' }], message: 'Hi' },
    ],
    [
      'tool results at the end, in place of a message',
      [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'I look',
          tool_calls: [call('1', 'SF'), call('2', 'LA')],
        },
        { role: 'tool', tool_call_id: '1', content: '{"sky":"fog"}' },
        { role: 'tool', tool_call_id: '2', content: 'sun' },
      ],
      {
        chat_history: [
          { role: 'USER', message: 'Weather?' },
          { role: 'CHATBOT', message: 'I look', tool_calls: [nativeCall('SF'), nativeCall('LA')] },
        ],
        message: '',
        tool_results: [
          { call: nativeCall('SF'), outputs: [{ sky: 'fog' }] },
          { call: nativeCall('LA'), outputs: [{ output: 'sun' }] },
        ],
      },
    ],
    [
      'older tool results as history',
      [
        { role: 'user', content: 'Weather?' },
        { role: 'assistant', content: 'Let me see', tool_calls: [call('1', 'SF')] },
        { role: 'tool', tool_call_id: '1', content: '{}' },
        { role: 'user', content: 'Thanks' },
      ],
      {
        chat_history: [
          { role: 'USER', message: 'Weather?' },
          { role: 'CHATBOT', message: 'Let me see', tool_calls: [nativeCall('SF')] },
          { role: 'TOOL', tool_results: [{ call: nativeCall('SF'), outputs: [{ output: '{}' }] }] },
        ],
        message: 'Thanks',
      },
    ],
  ]
  for (const [name, messages, expected] of conversations) {
    it(`tells ${name}`, async () => {
      assert.deepEqual(await body({ messages }), { model: base.model, stream: true, ...expected })
    })
  }

  it('describes parameters by Python types', async () => {
    const properties = {
      a: { type: 'string', description: 'An a' },
      b: { type: 'integer' },
      c: { type: 'number' },
      d: { type: 'boolean' },
      e: { type: 'array', items: { type: 'string' } },
      f: { type: 'array', items: { type: 'array', items: { type: 'integer' } } },
      g: { type: 'array' },
      h: { type: 'object', properties: { x: { type: 'string' } } },
      i: { type: ['null', 'integer'] },
      j: { enum: ['x'] },
      k: { type: 'str' },
      l: { type: ['null', 'array'], items: { type: 'number' } },
    }
    const tool: Tool = {
      type: 'function',
      function: { name: 'all', description: 'All', parameters: { type: 'object', properties, required: ['b'] } },
    }
    const types: Record<string, string> = {
      a: 'str',
      b: 'int',
      c: 'float',
      d: 'bool',
      e: 'List[str]',
      f: 'List[List[int]]',
      g: 'List',
      h: 'Dict',
      i: 'int',
      j: 'str',
      k: 'str',
      l: 'List[float]',
    }
    const definitions = Object.fromEntries(
      Object.entries(types).map(([key, type]) => [key, { type, required: key === 'b' }]),
    )
    assert.deepEqual(await added({ tools: [tool] }), {
      tools: [
        {
          name: 'all',
          description: 'All',
          parameter_definitions: { ...definitions, a: { type: 'str', description: 'An a', required: false } },
        },
      ],
    })
  })

  const time: Tool = { type: 'function', function: { name: 'time' } }
  const nativeTime = { name: 'time', description: '', parameter_definitions: {} }
  const schema = { type: 'object' }
  const parameters: [string, Partial<ChatRequest>, Record<string, unknown>][] = [
    ['a tool without parameters', { tools: [time] }, { tools: [nativeTime] }],
    ['tool_choice none, by leaving the tools out', { tools: [time], tool_choice: 'none' }, {}],
    [
      'response_format json_schema',
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } },
      { response_format: { type: 'json_object', schema } },
    ],
    [
      'the parameters both versions share',
      { max_tokens: 9, temperature: 2, top_p: 1, top_k: 3, stop: 'x', seed: 1, frequency_penalty: 0.1 },
      { max_tokens: 9, temperature: 1, p: 0.99, k: 3, stop_sequences: ['x'], seed: 1, frequency_penalty: 0.1 },
    ],
    ['no logprobs and no thinking', { logprobs: true, reasoning_effort: 'high' }, {}],
  ]
  for (const [name, changes, expected] of parameters) {
    it(`maps ${name}`, async () => assert.deepEqual(await added(changes), expected))
  }

  it("passes on the vendor's own fields", async () => {
    const own = {
      connectors: [{ id: 'web-search' }],
      documents: [{ text: 'd' }],
      safety_mode: 'STRICT',
      force_single_step: true,
      raw_prompting: false,
      max_input_tokens: 7,
    }
    assert.deepEqual(await added(own), own)
  })

  it('sends text files as flat documents', async () => {
    const file = { filename: 'n.txt', file_data: 'data:text/plain;base64,w6k=' }
    const messages: Message[] = [{ role: 'user', content: [{ type: 'file', file }] }]
    const { documents, message } = await body({ messages })
    assert.deepEqual(documents, [{ title: 'n.txt', text: 'é' }])
    assert.equal(message, 'See the documents.')
  })

  const image = { type: 'image_url' as const, image_url: { url: 'https://x.test/a.png' } }
  const refused: [string, Partial<ChatRequest>, string][] = [
    ['several answers', { n: 3 }, 'n'],
    ['an image', { messages: [{ role: 'user', content: [image] }] }, 'messages'],
    [
      'a part that nobody knows',
      { messages: [{ role: 'user', content: [{ type: 'video_url' } as never] }] },
      'messages',
    ],
    ['a call that must be made', { tools: [time], tool_choice: 'required' }, 'tool_choice'],
    ['no messages', { messages: [] }, 'messages'],
  ]
  for (const [name, changes, param] of refused) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(body(changes), (error) => error instanceof RequestError && error.api.param === param)
    })
  }
})
