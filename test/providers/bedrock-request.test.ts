import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import { bedrock } from '../../lib/providers/bedrock.ts'
import type { ChatRequest, Message } from '../../lib/types/chat.ts'
import type { Endpoint, ProviderFields } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const NOVA = 'us.amazon.nova-2-lite-v1:0'
const LLAMA = 'us.meta.llama3-3-70b-instruct-v1:0'
const MISTRAL = 'mistral.mistral-large-2407-v1:0'
const PROFILE = 'arn:aws:bedrock:eu-west-1:1234:application-inference-profile/abc'

function endpoint(fields: ProviderFields = {}): Endpoint {
  return {
    apiKey: 'key',
    customHost: undefined,
    fields: { aws_region: 'us-east-1', ...fields },
    strict: true,
    fetchMedia: noMedia,
  }
}

type Fields = Partial<ChatRequest>

async function bodyOf(model: string, fields: Fields = {}, options?: ProviderFields) {
  const request: ChatRequest = { model, messages: [{ role: 'user', content: 'Hi' }], ...fields }
  const { body } = await bedrock.encode(deepFreeze(request), endpoint(options))
  return JSON.parse(body)
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze)
  return value
}

async function messagesOf(messages: Message[], model = LLAMA, fields: Fields = {}) {
  return (await bodyOf(model, { messages, ...fields })).messages
}

const user = (content: string): Message => ({ role: 'user', content })
const weather = { type: 'function' as const, function: { name: 'weather', parameters: { type: 'object' } } }
const other = {
  type: 'function' as const,
  function: { name: 'other', description: '', parameters: { type: 'object' } },
}
const tools = [weather]
const call = (id: string, text = '{"city":"Paris"}', state?: string) => ({
  id,
  type: 'function' as const,
  function: { name: 'weather', arguments: text },
  ...(state !== undefined && { state }),
})

describe('bedrock request by ConverseStream', () => {
  it('asks with no more than what was given', async () => {
    assert.deepEqual(await bodyOf(LLAMA), {
      messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
      inferenceConfig: {},
    })
  })

  it('names the form of the answer and of the body in its headers', async () => {
    const { headers } = await bedrock.encode({ model: LLAMA, messages: [user('Hi')] }, endpoint())
    assert.deepEqual(headers, {
      'content-type': 'application/json',
      accept: 'application/vnd.amazon.eventstream',
      authorization: 'Bearer key',
    })
  })

  describe('messages', () => {
    it('puts all system texts apart, wherever they stood', async () => {
      const body = await bodyOf(LLAMA, {
        messages: [
          { role: 'system', content: 'Be brief.' },
          user('Hi'),
          { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
          { role: 'system', content: '  ' },
        ],
      })
      assert.deepEqual(body.system, [{ text: 'Be brief.' }, { text: 'Be kind.' }])
      assert.deepEqual(body.messages, [{ role: 'user', content: [{ text: 'Hi' }] }])
    })

    it('makes turns alternate and drops blank text', async () => {
      const messages = [user('a'), user('b'), { role: 'assistant' as const, content: ' ' }, user(''), user('c')]
      assert.deepEqual(await messagesOf(messages), [
        { role: 'user', content: [{ text: 'a' }, { text: 'b' }, { text: 'c' }] },
      ])
    })

    it('trims the end of an answer to be continued, and of no other', async () => {
      const said = { role: 'assistant' as const, content: 'Well, ' }
      assert.deepEqual(
        (await messagesOf([user('a'), said, user('b'), said], NOVA)).flatMap(
          (message: { content: { text: string }[] }) => message.content,
        ),
        [{ text: 'a' }, { text: 'Well, ' }, { text: 'b' }, { text: 'Well,' }],
      )
    })

    it('takes a refusal for what the assistant said', async () => {
      const [, said] = await messagesOf([user('a'), { role: 'assistant', content: null, refusal: 'No.' }, user('b')])
      assert.deepEqual(said, { role: 'assistant', content: [{ text: 'No.' }] })
    })

    it('puts all results of one turn and the text after them into one user message', async () => {
      const messages: Message[] = [
        user('Weather?'),
        { role: 'assistant', content: 'I look.', tool_calls: [call('a'), call('b', '')] },
        { role: 'tool', tool_call_id: 'a', content: 'sunny' },
        { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: '' }] },
        user('And?'),
      ]
      assert.deepEqual((await messagesOf(messages, NOVA, { tools })).slice(1), [
        {
          role: 'assistant',
          content: [
            { text: 'I look.' },
            { toolUse: { toolUseId: 'a', name: 'weather', input: { city: 'Paris' } } },
            { toolUse: { toolUseId: 'b', name: 'weather', input: {} } },
          ],
        },
        {
          role: 'user',
          content: [
            { toolResult: { toolUseId: 'a', content: [{ text: 'sunny' }] } },
            { toolResult: { toolUseId: 'b', content: [{ text: '(no output)' }] } },
            { text: 'And?' },
          ],
        },
      ])
    })

    for (const [name, fields] of [
      ['no tools', {}],
      ['tool_choice none', { tools, tool_choice: 'none' as const }],
    ] as const) {
      it(`keeps calls and results as text with ${name}, which Converse would refuse`, async () => {
        const body = await bodyOf(LLAMA, {
          ...fields,
          messages: [
            user('Weather?'),
            { role: 'assistant', content: null, tool_calls: [call('a')] },
            { role: 'tool', tool_call_id: 'a', content: 'sunny' },
          ],
        })
        assert.equal(body.toolConfig, undefined)
        assert.deepEqual(body.messages, [
          { role: 'user', content: [{ text: 'Weather?' }] },
          { role: 'assistant', content: [{ text: '[Called weather with {"city":"Paris"}]' }] },
          { role: 'user', content: [{ text: '[Result of weather]\nsunny' }] },
        ])
      })
    }

    for (const model of [LLAMA, MISTRAL]) {
      it(`gives ${model} a turn for words, one for calls and one for results`, async () => {
        const messages: Message[] = [
          user('Weather?'),
          { role: 'assistant', content: 'I look.', tool_calls: [call('a')] },
          { role: 'tool', tool_call_id: 'a', content: 'sunny' },
          user('And?'),
        ]
        const turns: { role: string; content: object[] }[] = await messagesOf(messages, model, { tools })
        assert.deepEqual(
          turns.map(({ role, content }) => [role, ...content.flatMap((block) => Object.keys(block))]),
          [
            ['user', 'text'],
            ['assistant', 'text'],
            ['user', 'text'],
            ['assistant', 'toolUse'],
            ['user', 'toolResult'],
            ['assistant', 'text'],
            ['user', 'text'],
          ],
        )
      })
    }

    for (const model of [
      'amazon.titan-text-express-v1',
      'mistral.mixtral-8x7b-instruct-v0:1',
      'google.gemma-3-12b-it',
    ]) {
      it(`says the instructions to ${model} as the user, who has the only place for them`, async () => {
        const body = await bodyOf(model, {
          messages: [{ role: 'system', content: 'Be brief.' }, user('Hi')],
          response_format: { type: 'json_object' },
        })
        assert.equal(body.system, undefined)
        const [first, second] = body.messages[0].content
        assert.match(first.text, /^Be brief\.\s+Hi$/)
        assert.match(second.text, /JSON/)
        assert.equal(body.messages.length, 1)
      })
    }

    it('makes ids of other providers fit, calls and results alike', async () => {
      for (const [model, id] of [
        [LLAMA, /^functions_weather_0$/],
        [MISTRAL, /^[A-Za-z0-9]{9}$/],
      ] as const) {
        const messages: Message[] = [
          user('Weather?'),
          { role: 'assistant', tool_calls: [call('functions.weather:0')] },
          { role: 'tool', tool_call_id: 'functions.weather:0', content: 'sunny' },
        ]
        const [, said, told] = await messagesOf(messages, model, { tools })
        assert.match(said.content[0].toolUse.toolUseId, id)
        assert.equal(told.content[0].toolResult.toolUseId, said.content[0].toolUse.toolUseId)
      }
      const history: Message[] = [user('a'), { role: 'assistant', tool_calls: [call('abcDEF123')] }]
      const [, said] = await messagesOf(history, MISTRAL, { tools })
      assert.equal(said.content[0].toolUse.toolUseId, 'abcDEF123')
    })

    it('wraps arguments that are not JSON, and inputs of custom tools', async () => {
      const custom = { id: 'c', type: 'custom' as const, custom: { name: 'sql', input: 'select 1' } }
      const history: Message[] = [user('a'), { role: 'assistant', tool_calls: [call('a', '{"ci'), custom] }]
      const [, said] = await messagesOf(history, LLAMA, { tools })
      assert.deepEqual(said.content, [
        { toolUse: { toolUseId: 'a', name: 'weather', input: { rawInvalidInput: '{"ci' } } },
        { toolUse: { toolUseId: 'c', name: 'sql', input: { input: 'select 1' } } },
      ])
    })
  })

  describe('media', () => {
    const image = (url: string): Message => ({ role: 'user', content: [{ type: 'image_url', image_url: { url } }] })
    const file = (file_data: string, filename?: string) => ({
      type: 'file' as const,
      file: { file_data, ...(filename && { filename }) },
    })

    it('sends images as bytes or from S3', async () => {
      assert.deepEqual(await messagesOf([image('data:image/jpg;base64,AAAA'), image('s3://bucket/a.JPG')]), [
        {
          role: 'user',
          content: [
            { image: { format: 'jpeg', source: { bytes: 'AAAA' } } },
            { image: { format: 'jpeg', source: { s3Location: { uri: 's3://bucket/a.JPG' } } } },
          ],
        },
      ])
    })

    it('sends documents with names that differ, and with a text beside them', async () => {
      const content = [
        file('data:application/pdf;base64,AAAA', 'The  report_2025.v2.pdf'),
        file('data:text/csv;base64,BBBB', 'The report 2025 v2.csv'),
        file('data:application/octet-stream;base64,CCCC', 'notes.MD'),
        file('data:text/plain;base64,DDDD'),
      ]
      assert.deepEqual(await messagesOf([{ role: 'user', content }]), [
        {
          role: 'user',
          content: [
            { document: { format: 'pdf', name: 'The report 2025 v2', source: { bytes: 'AAAA' } } },
            { document: { format: 'csv', name: 'The report 2025 v2 (2)', source: { bytes: 'BBBB' } } },
            { document: { format: 'md', name: 'notes', source: { bytes: 'CCCC' } } },
            { document: { format: 'txt', name: 'document', source: { bytes: 'DDDD' } } },
            { text: 'See the document.' },
          ],
        },
      ])
    })

    it('sends files of any text as text', async () => {
      const content = [
        file('data:text/x-python;base64,AAAA', 'a.py'),
        file('data:application/json;base64,BBBB', 'b.json'),
      ]
      assert.deepEqual((await messagesOf([{ role: 'user', content }]))[0].content.slice(0, 2), [
        { document: { format: 'txt', name: 'a', source: { bytes: 'AAAA' } } },
        { document: { format: 'txt', name: 'b', source: { bytes: 'BBBB' } } },
      ])
    })

    it('sends audio, and the text that stands beside it', async () => {
      const content = [
        { type: 'input_audio' as const, input_audio: { data: 'AAAA', format: 'wav' } },
        { type: 'text' as const, text: 'What is this?' },
      ]
      assert.deepEqual((await messagesOf([{ role: 'user', content }]))[0].content, [
        { audio: { format: 'wav', source: { bytes: 'AAAA' } } },
        { text: 'What is this?' },
      ])
    })

    it('sends what Converse takes to Claude too, though its own API does not', async () => {
      const content = [file('data:application/msword;base64,AAAA', 'a.doc'), { type: 'text' as const, text: 'Sum up.' }]
      assert.deepEqual((await messagesOf([{ role: 'user', content }], CLAUDE))[0].content, [
        { document: { format: 'doc', name: 'a', source: { bytes: 'AAAA' } } },
        { text: 'Sum up.' },
      ])
    })

    it('sends what addresses of images and documents lead to', async () => {
      const types: Record<string, string> = { 'https://example.com/a': 'image/webp', 'https://b/': 'application/pdf' }
      const content = [
        { type: 'image_url' as const, image_url: { url: 'https://example.com/a' } },
        file('https://b/', 'b.pdf'),
      ]
      const { body } = await bedrock.encode(
        { model: LLAMA, messages: [{ role: 'user', content }] },
        { ...endpoint(), fetchMedia: async (url) => ({ mime: types[url] ?? '', data: 'AAAA' }) },
      )
      assert.deepEqual(JSON.parse(body).messages[0].content.slice(0, 2), [
        { image: { format: 'webp', source: { bytes: 'AAAA' } } },
        { document: { format: 'pdf', name: 'b', source: { bytes: 'AAAA' } } },
      ])
    })

    for (const [name, part] of [
      ['an image by an address of another kind', image('ftp://example.com/a.png').content],
      ['an image of another type', image('data:image/tiff;base64,AAAA').content],
      ['a file of another type', [file('data:application/zip;base64,AAAA', 'a.zip')]],
      ['a file by its id', [{ type: 'file', file: { file_id: 'file-1' } }]],
      ['a part that nobody knows', [{ type: 'video', video: {} }]],
    ] as const) {
      it(`refuses ${name}`, async () => {
        const messages = [{ role: 'user', content: part }] as unknown as Message[]
        await assert.rejects(bodyOf(LLAMA, { messages }), refused('messages'))
      })
    }
  })

  describe('tools', () => {
    const spec = { toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } } } }
    const otherSpec = { toolSpec: { name: 'other', inputSchema: { json: { type: 'object' } } } }
    const named = { type: 'function' as const, function: { name: 'weather' } }
    const allowed = (mode: 'auto' | 'required') => ({
      type: 'allowed_tools' as const,
      allowed_tools: { mode, tools: [{ type: 'function', function: { name: 'weather' } }] },
    })

    for (const [name, model, tool_choice, expected] of [
      ['auto', LLAMA, 'auto', { tools: [spec, otherSpec] }],
      ['none', LLAMA, 'none', undefined],
      ['required', MISTRAL, 'required', { tools: [spec, otherSpec], toolChoice: { any: {} } }],
      ['required with Llama, which cannot be made to', LLAMA, 'required', { tools: [spec, otherSpec] }],
      ['a name with Mistral', MISTRAL, named, { tools: [spec], toolChoice: { any: {} } }],
      ['a name with Llama', LLAMA, named, { tools: [spec] }],
      ['a name with Nova', NOVA, named, { tools: [spec, otherSpec], toolChoice: { tool: { name: 'weather' } } }],
      ['allowed tools', LLAMA, allowed('auto'), { tools: [spec] }],
      ['allowed tools, required', NOVA, allowed('required'), { tools: [spec], toolChoice: { any: {} } }],
    ] as const) {
      it(`translates ${name}`, async () => {
        assert.deepEqual((await bodyOf(model, { tools: [weather, other], tool_choice })).toolConfig, expected)
      })
    }

    it('keeps descriptions, and gives a tool without parameters an empty schema', async () => {
      const { toolConfig } = await bodyOf(LLAMA, {
        tools: [{ type: 'function', function: { name: 'now', description: 'The time.' } }],
      })
      assert.deepEqual(toolConfig.tools, [
        {
          toolSpec: {
            name: 'now',
            description: 'The time.',
            inputSchema: { json: { type: 'object', properties: {} } },
          },
        },
      ])
    })

    it('is strict only where the model can be and every object of the schema is closed', async () => {
      const strict = (schema: Record<string, unknown>) => ({
        tools: [{ type: 'function' as const, function: { name: 'f', parameters: schema, strict: true } }],
      })
      const closed = { type: 'object', additionalProperties: false, properties: { a: { type: 'string' } } }
      const open = { ...closed, properties: { a: { type: 'object' } } }
      const strictness = async (model: string, schema: Record<string, unknown>) =>
        (await bodyOf(model, strict(schema))).toolConfig.tools[0].toolSpec.strict
      assert.equal(await strictness('qwen.qwen3-32b-v1:0', closed), true)
      assert.equal(await strictness('qwen.qwen3-32b-v1:0', open), undefined)
      assert.equal(await strictness(LLAMA, closed), undefined)
    })

    it('refuses custom tools', async () => {
      await assert.rejects(bodyOf(LLAMA, { tools: [{ type: 'custom', custom: { name: 'sql' } }] }), refused('tools'))
    })
  })

  describe('parameters', () => {
    const all = { max_tokens: 9, temperature: 1.5, top_p: 0.5, stop: 'END', top_k: 5 }

    for (const [name, model, fields, inferenceConfig, additional] of [
      ['Llama', LLAMA, all, { maxTokens: 9, temperature: 1, topP: 0.5, stopSequences: ['END'] }, undefined],
      ['the newer limit', LLAMA, { max_tokens: 9, max_completion_tokens: 8 }, { maxTokens: 8 }, undefined],
      [
        'Nova',
        'amazon.nova-pro-v1:0',
        all,
        { maxTokens: 9, temperature: 1, topP: 0.5, stopSequences: ['END'] },
        { inferenceConfig: { topK: 5 } },
      ],
      [
        'Nova 2, thinking',
        NOVA,
        { max_tokens: 9, reasoning_effort: 'minimal' },
        { maxTokens: 9 },
        { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } },
      ],
      [
        'Nova 2, thinking as hard as it can',
        NOVA,
        { ...all, reasoning_effort: 'xhigh' },
        { stopSequences: ['END'] },
        { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } },
      ],
      ['Nova 2, not thinking', NOVA, { reasoning_effort: 'none' }, {}, { reasoningConfig: { type: 'disabled' } }],
      [
        'gpt-oss',
        'openai.gpt-oss-120b-1:0',
        { ...all, reasoning_effort: 'max' },
        { maxTokens: 9, temperature: 1.5, topP: 0.5 },
        { reasoning_effort: 'high' },
      ],
      [
        'other models of OpenAI',
        'openai.gpt-5.2',
        { ...all, reasoning_effort: 'xhigh' },
        { maxTokens: 9 },
        { reasoning: { effort: 'xhigh' } },
      ],
      [
        'Claude',
        CLAUDE,
        { ...all, top_p: null },
        { maxTokens: 9, temperature: 1, stopSequences: ['END'] },
        { top_k: 5 },
      ],
      [
        'Claude, thinking by budget',
        CLAUDE,
        { temperature: 0.5, reasoning_effort: 'low' },
        { maxTokens: 64_000 },
        { thinking: { type: 'enabled', budget_tokens: 2048 } },
      ],
      [
        'Claude, thinking as it sees fit',
        'us.anthropic.claude-opus-4-8-v1:0',
        { temperature: 0.5, reasoning_effort: 'high' },
        {},
        { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' } },
      ],
      ['Claude behind a profile', PROFILE, { top_k: 5 }, {}, { top_k: 5 }],
    ] as const) {
      it(`translates for ${name}`, async () => {
        const body = await bodyOf(model, fields as Fields, { base_model: model === PROFILE ? CLAUDE : model })
        assert.deepEqual(body.inferenceConfig, inferenceConfig)
        assert.deepEqual(body.additionalModelRequestFields ?? {}, additional ?? {})
      })
    }

    for (const [tier, expected] of [
      ['priority', { type: 'priority' }],
      ['auto', undefined],
      ['scale', undefined],
    ] as const) {
      it(`translates the service tier ${tier}`, async () => {
        assert.deepEqual((await bodyOf(LLAMA, { service_tier: tier })).serviceTier, expected)
      })
    }

    it('passes on the metadata that Converse takes, sixteen entries at most', async () => {
      const metadata = { user: 'a@b.c', note: '{"json":1}', long: 'x'.repeat(257) }
      assert.deepEqual((await bodyOf(LLAMA, { metadata })).requestMetadata, { user: 'a@b.c' })
      const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, 'v']))
      assert.equal(Object.keys((await bodyOf(LLAMA, { metadata: many })).requestMetadata).length, 16)
    })

    it('drops what has no form in Converse', async () => {
      const dropped = { seed: 1, logprobs: true, logit_bias: {}, user: 'me', presence_penalty: 1, store: true, n: 1 }
      assert.deepEqual(await bodyOf(LLAMA, dropped), await bodyOf(LLAMA))
    })

    it('refuses several answers', async () => {
      await assert.rejects(bodyOf(LLAMA, { n: 2 }), refused('n'))
    })
  })

  describe('Claude', () => {
    it('forces a tool, or asks for one call at a time in its own words', async () => {
      const forced = await bodyOf(CLAUDE, { tools, tool_choice: { type: 'function', function: { name: 'weather' } } })
      assert.deepEqual(forced.toolConfig.toolChoice, { tool: { name: 'weather' } })
      const single = await bodyOf(CLAUDE, { tools, tool_choice: 'required', parallel_tool_calls: false })
      assert.equal(single.toolConfig.toolChoice, undefined)
      assert.equal(single.toolConfig.tools[0].toolSpec.name, 'weather')
      assert.deepEqual(single.additionalModelRequestFields, {
        tool_choice: { type: 'any', disable_parallel_tool_use: true },
      })
    })

    it('sends no tools for tool_choice none, and none of those that Anthropic runs', async () => {
      assert.equal((await bodyOf(CLAUDE, { tools, tool_choice: 'none' })).toolConfig, undefined)
      assert.equal((await bodyOf(CLAUDE, { web_search_options: {} })).toolConfig, undefined)
    })

    it('gives signed thinking back in front of the calls that it led to', async () => {
      const thinking = { type: 'thinking', thinking: 'Hm.', signature: 'SIG' }
      const redacted = { type: 'redacted_thinking', data: 'EtkE+/=' }
      const messages: Message[] = [
        user('Weather?'),
        {
          role: 'assistant',
          content: 'First. Then.',
          tool_calls: [call('a', '{}', JSON.stringify([thinking, 6, redacted])), call('b', '{}', '[{"type":"other"}]')],
        },
        { role: 'tool', tool_call_id: 'a', content: 'sunny' },
        { role: 'tool', tool_call_id: 'b', content: 'rainy' },
      ]
      const replayed = [
        { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'SIG' } } },
        { text: 'First.' },
        { reasoningContent: { redactedContent: Buffer.from('EtkE+/=').toString('base64') } },
        { text: ' Then.' },
        { toolUse: { toolUseId: 'a', name: 'weather', input: {} } },
        { toolUse: { toolUseId: 'b', name: 'weather', input: {} } },
      ]
      const fields = { tools, reasoning_effort: 'low' }
      assert.deepEqual((await messagesOf(messages, CLAUDE, fields))[1].content, replayed)
      assert.deepEqual((await messagesOf(messages, NOVA, fields))[1].content[0], { text: 'First. Then.' })
    })

    it('does not think in a tool loop whose thinking is lost', async () => {
      const messages: Message[] = [
        user('Weather?'),
        { role: 'assistant', tool_calls: [call('a')] },
        { role: 'tool', tool_call_id: 'a', content: 'sunny' },
      ]
      const body = await bodyOf(CLAUDE, { messages, tools, reasoning_effort: 'low' })
      assert.equal(body.additionalModelRequestFields, undefined)
    })

    it('marks what is to be cached, as Nova does and no other model', async () => {
      const part = {
        type: 'text' as const,
        text: 'Long.',
        prompt_cache_breakpoint: { mode: 'explicit' as const, ttl: '1h' },
      }
      const messages: Message[] = [
        { role: 'system', content: [part] },
        { role: 'user', content: [{ ...part, prompt_cache_breakpoint: { mode: 'explicit', ttl: '30m' } }] },
      ]
      const marked = await bodyOf(CLAUDE, { messages })
      assert.deepEqual(marked.system, [{ text: 'Long.' }, { cachePoint: { type: 'default', ttl: '1h' } }])
      assert.deepEqual(marked.messages[0].content, [{ text: 'Long.' }, { cachePoint: { type: 'default' } }])
      assert.deepEqual((await bodyOf(LLAMA, { messages })).system, [{ text: 'Long.' }])
    })

    it('names betas in the body', async () => {
      const { additionalModelRequestFields } = await bodyOf(CLAUDE, {}, { anthropic_beta: 'one, two' })
      assert.deepEqual(additionalModelRequestFields, { anthropic_beta: ['one', 'two'] })
    })
  })

  describe('answers in JSON', () => {
    const schema = {
      type: 'object',
      additionalProperties: false,
      properties: { city: { type: 'string' } },
      required: ['city'],
    }
    const response_format = { type: 'json_schema' as const, json_schema: { name: 'City', schema } }

    it('uses what the model has', async () => {
      const body = await bodyOf('qwen.qwen3-32b-v1:0', { response_format })
      assert.deepEqual(body.outputConfig, {
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { schema: JSON.stringify(schema), name: 'City' } },
        },
      })
      const { additionalModelRequestFields } = await bodyOf(CLAUDE, { response_format })
      assert.deepEqual(additionalModelRequestFields, { output_config: { format: { type: 'json_schema', schema } } })
    })

    it('forces Nova and older Claudes to call a tool that takes the answer', async () => {
      const nova = (await bodyOf(NOVA, { response_format })).toolConfig
      assert.deepEqual(nova.toolChoice, { tool: { name: 'json' } })
      // Nova's root may have three keys.
      const { additionalProperties: _, ...json } = schema
      assert.deepEqual(nova.tools[0].toolSpec.inputSchema, { json })
      const claude = await bodyOf('anthropic.claude-3-haiku-20240307-v1:0', { response_format })
      assert.equal(claude.toolConfig.tools[0].toolSpec.name, 'json')
    })

    for (const [name, model, fields] of [
      ['Llama', LLAMA, { response_format }],
      ['Nova with tools of its own', NOVA, { response_format, tools }],
      ['Nova while it thinks', NOVA, { response_format, reasoning_effort: 'low' }],
      ['any JSON', LLAMA, { response_format: { type: 'json_object' as const } }],
      ['any JSON of Claude', CLAUDE, { response_format: { type: 'json_object' as const } }],
    ] as const) {
      it(`says so for ${name}`, async () => {
        const { system, outputConfig } = await bodyOf(model, fields)
        assert.match(system.at(-1).text, /JSON/)
        assert.equal(system.at(-1).text.includes('"city"'), fields.response_format.type === 'json_schema')
        assert.equal(outputConfig, undefined)
      })
    }

    it('asks for nothing special where text is asked for', async () => {
      assert.deepEqual(await bodyOf(LLAMA, { response_format: { type: 'text' } }), await bodyOf(LLAMA))
    })
  })
})

/** Checks for a refusal that names this parameter. */
function refused(param: string) {
  return (error: unknown) => error instanceof RequestError && error.api.status === 400 && error.api.param === param
}
