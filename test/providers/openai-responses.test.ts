import assert from 'node:assert/strict'
import type { ResponseCreateParams, ResponseInputItem } from 'openai/resources/responses/responses'
import { RequestError } from '../../lib/errors.ts'
import { azureOpenai } from '../../lib/providers/azure-openai.ts'
import type { InputItem, ResponsesBody, ResponsesTool } from '../../lib/providers/openai/responses/wire.ts'
import { openai } from '../../lib/providers/openai.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { Endpoint, HttpRequest } from '../../lib/types/provider.ts'
import { ask, endpoint, send } from '../helpers/openai-family.ts'

// What goes out is what OpenAI's own package takes, but for the ids of what its models said, which it wants of its own alone.
type AssistantWords = Extract<InputItem, { role: 'assistant' }>
type OfficialTool = NonNullable<ResponseCreateParams['tools']>[number]
void (({ content }: AssistantWords) =>
  ({ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content }) satisfies ResponseInputItem)
void ((item: Exclude<InputItem, AssistantWords | { type: 'reasoning' }>) => item satisfies ResponseInputItem)
void ((item: Extract<InputItem, { type: 'reasoning' }>) =>
  ({ ...item, summary: [...item.summary] }) satisfies ResponseInputItem)
void ((tool: Extract<ResponsesTool, { type: 'function'; strict: boolean }>) =>
  ({ ...tool, parameters: { ...tool.parameters } }) satisfies OfficialTool)

void (({ model, stream, store }: ResponsesBody) => ({ model, stream, store }) satisfies ResponseCreateParams)

const PRO = 'gpt-5-pro'
const body = (fields: Partial<ChatRequest>, to: Partial<Endpoint> = {}) =>
  send(openai, ask({ model: PRO, ...fields }), endpoint(to)).body
const dropped = (fields: Partial<ChatRequest>) =>
  (openai.encode(ask({ model: PRO, ...fields }), endpoint()) as HttpRequest).dropped

const ALWAYS = {
  model: PRO,
  input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
  reasoning: { summary: 'auto' },
  include: ['reasoning.encrypted_content'],
  stream: true,
  store: false,
}

describe('openai by the Responses API: requests', () => {
  it('go to /responses with the key as bearer token, ask for a stream and keep nothing there', () => {
    const { url, headers, body } = send(openai, ask({ model: PRO }), endpoint({ fields: { openai_organization: 'o' } }))
    assert.equal(url, 'https://api.openai.com/v1/responses')
    assert.equal(headers.authorization, 'Bearer secret')
    assert.equal(headers['openai-organization'], 'o')
    assert.deepEqual(body, ALWAYS)
  })

  it('go to a custom host, whose query stays', () => {
    const { url } = send(openai, ask({ model: PRO }), endpoint({ customHost: 'http://gpu:8000/v1?pool=a' }))
    assert.equal(url, 'http://gpu:8000/v1/responses?pool=a')
  })

  it('are for the whole answer where the model was found not to stream', () => {
    assert.equal(body({}, { stream: false }).stream, false)
  })

  const cases: [string, Partial<ChatRequest>, Record<string, unknown>][] = [
    ['max_completion_tokens', { max_completion_tokens: 100 }, { max_output_tokens: 100 }],
    ['max_tokens, at least 16', { max_tokens: 1 }, { max_output_tokens: 16 }],
    ['the nearest effort', { reasoning_effort: 'low' }, { reasoning: { effort: 'high', summary: 'auto' } }],
    ['a summary of another kind', { reasoning_summary: 'detailed' }, { reasoning: { summary: 'detailed' } }],
    ['reasoning as the API has it', { reasoning: { mode: 'pro' } }, { reasoning: { summary: 'auto', mode: 'pro' } }],
    ['verbosity', { verbosity: 'low' }, { text: { verbosity: 'low' } }],
    ['JSON mode', { response_format: { type: 'json_object' } }, { text: { format: { type: 'json_object' } } }],
    [
      'a JSON schema',
      {
        response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' }, strict: true } },
      },
      { text: { format: { type: 'json_schema', name: 'x', schema: { type: 'object' }, strict: true } } },
    ],
    [
      'what has the same name',
      { metadata: { a: 'b' }, service_tier: 'flex', user: 'u', safety_identifier: 's', prompt_cache_key: 'k' },
      { metadata: { a: 'b' }, service_tier: 'flex', user: 'u', safety_identifier: 's', prompt_cache_key: 'k' },
    ],
    ['the API’s own', { truncation: 'auto', max_tool_calls: 3 }, { truncation: 'auto', max_tool_calls: 3 }],
    [
      'what else is to be included',
      { include: ['web_search_call.action.sources'] },
      { include: ['web_search_call.action.sources', 'reasoning.encrypted_content'] },
    ],
    [
      'the padding of events, if the client has a wish',
      { stream_options: { include_usage: true, include_obfuscation: false } },
      { stream_options: { include_obfuscation: false } },
    ],
    [
      'a search',
      {
        web_search_options: {
          search_context_size: 'low',
          user_location: { type: 'approximate', approximate: { city: 'Ulm' } },
        },
      },
      {
        tools: [
          { type: 'web_search', search_context_size: 'low', user_location: { type: 'approximate', city: 'Ulm' } },
        ],
      },
    ],
  ]
  for (const [name, fields, expected] of cases) {
    it(`have ${name}`, () => assert.deepEqual(body(fields), { ...ALWAYS, ...expected }))
  }

  it('have log probabilities of models without reasoning, which are asked for none', () => {
    const fields = { openai_api: 'responses' as const }
    const { model, input, stream, store, ...rest } = body(
      { model: 'gpt-4.1', logprobs: true, top_logprobs: 2, temperature: 0.5, stop: 'x' },
      { fields },
    )
    assert.deepEqual(rest, { temperature: 0.5, top_logprobs: 2, include: ['message.output_text.logprobs'] })
  })

  it('ask a model that nobody knows for its reasoning, and for a summary if it is to reason', () => {
    const fields = { openai_api: 'responses' as const }
    assert.equal(body({ model: 'mine' }, { fields }).reasoning, undefined)
    assert.deepEqual(body({ model: 'mine' }, { fields }).include, ['reasoning.encrypted_content'])
    assert.deepEqual(body({ model: 'mine', reasoning_effort: 'low' }, { fields }).reasoning, {
      effort: 'low',
      summary: 'auto',
    })
    assert.deepEqual(body({ model: 'mine', reasoning_effort: 'none' }, { fields }).reasoning, { effort: 'none' })
  })

  it('lose what was found to be refused', () => {
    const fitted = <B extends object>(fit: B): B => {
      const { reasoning_summary: _, include: __, ...rest } = fit as Record<string, unknown>
      return rest as B
    }
    const { reasoning, include, ...rest } = ALWAYS
    assert.deepEqual(body({}, { fitted }), rest)
  })

  it('name what has no place in them', () => {
    const lost = { stop: 'x', seed: 1, presence_penalty: 1, logit_bias: { 1: 1 }, prediction: { type: 'content' } }
    assert.deepEqual(dropped({ ...lost, n: 1, store: false, future_field: 1 })?.toSorted(), [
      ...['future_field', 'logit_bias', 'prediction', 'presence_penalty', 'seed', 'stop'],
    ])
    assert.deepEqual(dropped({ max_tokens: 5, verbosity: 'low', modalities: ['text'], web_search_options: {} }), [])
    assert.deepEqual(dropped({ store: true }), ['store'])
  })

  for (const [param, fields] of Object.entries<Partial<ChatRequest>>({
    n: { n: 2 },
    modalities: { modalities: ['text', 'audio'], audio: { voice: 'a', format: 'pcm16' } },
    messages: {
      messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: '', format: 'wav' } }] }],
    },
  })) {
    it(`fail with a reason for ${param} that they have no place for`, () => {
      assert.throws(
        () => body(fields),
        (error) => error instanceof RequestError && error.api.param === param && error.api.status === 400,
      )
    })
  }
})

describe('openai by the Responses API: messages', () => {
  const input = (messages: ChatRequest['messages']) => body({ messages }).input

  it('keep their roles, and have flat parts', () => {
    assert.deepEqual(
      input([
        { role: 'system', content: 'A' },
        { role: 'developer', content: [{ type: 'text', text: 'B', prompt_cache_breakpoint: { mode: 'explicit' } }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'C' },
            { type: 'image_url', image_url: { url: 'https://a/b.png', detail: 'low' } },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
            { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
            { type: 'file', file: { file_data: 'https://a/b.pdf' } },
            { type: 'file', file: { file_id: 'file_1' } },
          ],
        },
        { role: 'user', content: '' },
      ]),
      [
        { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'A' }] },
        {
          type: 'message',
          role: 'developer',
          content: [{ type: 'input_text', text: 'B', prompt_cache_breakpoint: { mode: 'explicit' } }],
        },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'C' },
            { type: 'input_image', image_url: 'https://a/b.png', detail: 'low' },
            { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'auto' },
            { type: 'input_file', file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' },
            { type: 'input_file', file_url: 'https://a/b.pdf' },
            { type: 'input_file', file_id: 'file_1' },
          ],
        },
      ],
    )
  })

  it('say what the assistant said, refused and called, with results by their kind of call', () => {
    const long = `call_${'x'.repeat(60)}`
    const items = input([
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: 'Let me see.',
        reasoning_content: 'hm',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: long, type: 'custom', custom: { name: 'c', input: 'x' } },
        ],
      },
      { role: 'tool', tool_call_id: long, content: [{ type: 'text', text: 'two' }] },
      {
        role: 'tool',
        tool_call_id: 'call_1',
        content: [
          { type: 'text', text: 'one' },
          { type: 'image_url', image_url: { url: 'https://a/b.png' } },
        ],
      },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
      { role: 'assistant', content: null, refusal: 'Never.' },
    ]) as { call_id?: string }[]
    const short = items[3]?.call_id
    assert.match(short ?? '', /^call_[A-Za-z\d]{32}$/)
    assert.deepEqual(items.slice(1), [
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Let me see.', annotations: [] }],
      },
      { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{"a":1}' },
      { type: 'custom_tool_call', call_id: short, name: 'c', input: 'x' },
      {
        type: 'function_call_output',
        call_id: 'call_1',
        output: [
          { type: 'input_text', text: 'one' },
          { type: 'input_image', image_url: 'https://a/b.png', detail: 'auto' },
        ],
      },
      { type: 'custom_tool_call_output', call_id: short, output: 'two' },
      { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
      { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'Never.' }] },
    ])
  })

  it('give each call its one result', () => {
    const call = { id: 'a', type: 'function' as const, function: { name: 'f', arguments: '{}' } }
    assert.deepEqual(input([{ role: 'assistant', tool_calls: [call] }]), [
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'a', output: '(no result)' },
    ])
  })

  it('have no cache marks of other providers, and the client hears of it once', () => {
    const text = { type: 'text' as const, text: 'a', cache_control: { type: 'ephemeral' as const } }
    const { body, dropped } = openai.encode(
      ask({ model: 'gpt-5-pro', messages: [{ role: 'user', content: [text] }] }),
      endpoint(),
    ) as HttpRequest
    assert.equal(body.includes('cache_control'), false)
    assert.deepEqual(dropped, ['cache_control'])
  })

  it('need a file of some kind', () => {
    assert.throws(() => input([{ role: 'user', content: [{ type: 'file', file: {} }] }]), RequestError)
  })
})

describe('openai by the Responses API: tools', () => {
  const parameters = { type: 'object', properties: { a: { type: 'string' } } }

  it('are flat, and not strict unless they say so; its own go as they are', () => {
    const { tools } = body({
      tools: [
        { type: 'function', function: { name: 'f', description: 'F', parameters, strict: true } },
        { type: 'function', function: { name: 'g' } },
        {
          type: 'custom',
          custom: {
            name: 'c',
            format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "a"' } },
          },
        },
        { type: 'custom', custom: { name: 'd', description: 'D', format: { type: 'text' } } },
        { type: 'web_search' },
      ],
    })
    assert.deepEqual(tools, [
      { type: 'function', name: 'f', description: 'F', parameters, strict: true },
      { type: 'function', name: 'g', parameters: { type: 'object', properties: {} }, strict: false },
      { type: 'custom', name: 'c', format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' } },
      { type: 'custom', name: 'd', description: 'D', format: { type: 'text' } },
      { type: 'web_search' },
    ])
  })

  const tools = [{ type: 'function' as const, function: { name: 'f', parameters } }]
  const choices: [ChatRequest['tool_choice'], unknown][] = [
    ['required', 'required'],
    [
      { type: 'function', function: { name: 'f' } },
      { type: 'function', name: 'f' },
    ],
    [
      { type: 'custom', custom: { name: 'c' } },
      { type: 'custom', name: 'c' },
    ],
    [
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }, { type: 'web_search' }] },
      },
      { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }, { type: 'web_search' }] },
    ],
  ]
  for (const [choice, expected] of choices) {
    it(`are chosen by ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(body({ tools, tool_choice: choice as 'auto' }).tool_choice, expected)
    })
  }

  it('have no choice if there are none', () => {
    assert.equal(body({ tool_choice: 'auto' }).tool_choice, undefined)
  })

  it('have names that OpenAI takes', () => {
    const named = body({ tools: [{ type: 'function', function: { name: 'a.b', parameters } }] }).tools
    assert.deepEqual((named as { name: string }[])[0]?.name, 'a_b')
  })
})

describe('azure-openai by the Responses API', () => {
  const FIELDS = { resource_name: 'res', deployment_id: 'my-codex', base_model: 'gpt-5-codex' }
  const sent = (fields: Endpoint['fields'], customHost?: string) =>
    send(azureOpenai, ask({ model: 'any' }), endpoint({ fields: { ...FIELDS, ...fields }, customHost }))

  it('names the deployment in the body', () => {
    const { url, headers, body } = sent({})
    assert.equal(url, 'https://res.openai.azure.com/openai/v1/responses')
    assert.equal(headers['api-key'], 'secret')
    assert.equal(body.model, 'my-codex')
    assert.deepEqual(body.reasoning, { summary: 'auto' })
  })

  const urls: [Endpoint['fields'], string | undefined, string][] = [
    [{ api_version: '2025-04-01-preview' }, undefined, '/openai/responses?api-version=2025-04-01-preview'],
    [{ api_version: '2024-10-21' }, undefined, '/openai/v1/responses'],
    [{ api_version: 'preview' }, undefined, '/openai/v1/responses?api-version=preview'],
    [{}, 'https://res.openai.azure.com/openai/v1', '/openai/v1/responses'],
    [{}, 'https://res.openai.azure.com', '/openai/v1/responses'],
  ]
  for (const [fields, host, path] of urls) {
    it(`goes to ${path}${host === undefined ? '' : ` of ${host}`}`, () => {
      assert.equal(sent(fields, host).url, `https://res.openai.azure.com${path}`)
    })
  }
})
