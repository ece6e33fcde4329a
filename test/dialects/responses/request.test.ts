import assert from 'node:assert/strict'
import { translated } from '../../../lib/dialects/responses/request.ts'
import { checkRequest, type Item, type ResponsesBody } from '../../../lib/dialects/responses/request-schema.ts'
import { packStates } from '../../../lib/dialects/responses/state.ts'
import { packCallId } from '../../../lib/transforms/call-id.ts'

type Json = Record<string, unknown>

const inWords = (body: ResponsesBody, items: readonly Item[], before = 0) =>
  translated(body, { items, before, missing: undefined })

function read(body: Json) {
  const asked: unknown = { model: 'm', input: 'hi', ...body }
  checkRequest(asked)
  const { input } = asked
  return inWords(asked, typeof input === 'string' ? [{ role: 'user', content: input }] : (input ?? []))
}
const requestOf = (body: Json) => read(body).request
const messagesOf = (...input: Json[]) => requestOf({ input }).messages
const USER = { role: 'user', content: 'hi' }

describe('a request of the Responses API in the words of chat', () => {
  it('is a model and a text at least', () => {
    assert.deepEqual(requestOf({}), { model: 'm', messages: [USER] })
  })

  it('keeps every field that chat has', () => {
    const { request, dropped, refusal } = read({
      instructions: 'be brief',
      stream: true,
      max_output_tokens: 10,
      temperature: 0.5,
      top_p: 0.9,
      top_logprobs: 2,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { format: { type: 'json_schema', name: 's', schema: { type: 'object' }, strict: true }, verbosity: 'low' },
      tools: [{ type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: false }],
      tool_choice: 'required',
      parallel_tool_calls: false,
      metadata: { a: 'b' },
      service_tier: 'flex',
      user: 'u',
      safety_identifier: 's',
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
      store: false,
      include: ['reasoning.encrypted_content'],
      client_metadata: { turn_id: '1' },
      unheard_of: 1,
    })
    assert.deepEqual(request, {
      model: 'm',
      messages: [{ role: 'system', content: 'be brief' }, USER],
      stream: true,
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: false },
        },
      ],
      tool_choice: 'required',
      max_completion_tokens: 10,
      reasoning_effort: 'low',
      verbosity: 'low',
      response_format: { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' }, strict: true } },
      logprobs: true,
      top_logprobs: 2,
      temperature: 0.5,
      top_p: 0.9,
      parallel_tool_calls: false,
      metadata: { a: 'b' },
      service_tier: 'flex',
      user: 'u',
      safety_identifier: 's',
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
    })
    assert.deepEqual(dropped, [])
    assert.equal(refusal, undefined)
  })

  it('has no nulls', () => {
    const nulls = ['instructions', 'max_output_tokens', 'temperature', 'tools', 'tool_choice', 'text', 'reasoning']
    const more = ['metadata', 'include', 'stream', 'top_logprobs', 'background', 'prompt', 'conversation', 'truncation']
    const body = Object.fromEntries([...nulls, ...more].map((name) => [name, null]))
    assert.deepEqual(requestOf(body), { model: 'm', messages: [USER] })
  })

  it('asks for log probabilities', () => {
    assert.equal(requestOf({ include: ['message.output_text.logprobs'] }).logprobs, true)
  })

  it('asks for JSON', () => {
    assert.deepEqual(requestOf({ text: { format: { type: 'json_object' } } }).response_format, { type: 'json_object' })
    assert.equal(requestOf({ text: { format: { type: 'text' } } }).response_format, undefined)
  })

  it('names what it has to leave out', () => {
    const { dropped } = read({
      max_tool_calls: 3,
      truncation: 'auto',
      moderation: {},
      tools: [{ type: 'tool_search', execution: 'client' }, { type: 'local_shell' }],
      input: [USER, { type: 'web_search_call', id: 'ws_1', status: 'completed' }],
    })
    const names = ['input.web_search_call', 'tools.tool_search', 'tools.local_shell', 'max_tool_calls', 'truncation']
    assert.deepEqual(dropped, [...names, 'moderation'])
    assert.deepEqual(read({ truncation: 'disabled' }).dropped, [])
  })
})

describe('items as messages', () => {
  const rows: [string, Json[], unknown[]][] = [
    [
      'messages and results of no parts',
      [
        USER,
        { role: 'assistant', content: [] },
        { role: 'user', content: [] },
        { role: 'developer', content: [] },
        { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'a', output: [] },
      ],
      [
        USER,
        { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
        { role: 'tool', tool_call_id: 'a', content: '' },
      ],
    ],
    ['a message without a type', [USER], [USER]],
    [
      'the roles',
      [
        { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'a' }] },
        { type: 'message', role: 'system', content: 'b' },
      ],
      [
        { role: 'developer', content: [{ type: 'text', text: 'a' }] },
        { role: 'system', content: 'b' },
      ],
    ],
    [
      'parts of a user',
      [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 't', prompt_cache_breakpoint: { mode: 'explicit' } },
            { type: 'input_image', image_url: 'https://a.test/b.png', detail: 'low', file_id: null },
            { type: 'input_image', file_id: 'file-1' },
            { type: 'input_file', file_data: 'data:application/pdf;base64,AA', filename: 'f.pdf' },
            { type: 'input_file', file_url: 'https://a.test/f.pdf' },
            { type: 'input_file', file_id: 'file-2' },
            { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
          ],
        },
      ],
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 't', prompt_cache_breakpoint: { mode: 'explicit' } },
            { type: 'image_url', image_url: { url: 'https://a.test/b.png', detail: 'low' } },
            { type: 'file', file: { file_id: 'file-1' } },
            { type: 'file', file: { file_data: 'data:application/pdf;base64,AA', filename: 'f.pdf' } },
            { type: 'file', file: { file_data: 'https://a.test/f.pdf' } },
            { type: 'file', file: { file_id: 'file-2' } },
            { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
          ],
        },
      ],
    ],
    [
      'a turn of reasoning, text and calls',
      [
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'so' }] },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Looking.', annotations: [] }] },
        { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
        { type: 'function_call', call_id: 'b', name: 'f', arguments: '{"x":1}' },
        { type: 'function_call_output', call_id: 'a', output: 'one' },
        { type: 'function_call_output', call_id: 'b', output: [{ type: 'input_text', text: 'two' }] },
      ],
      [
        {
          role: 'assistant',
          content: 'Looking.',
          reasoning_content: 'so',
          tool_calls: [
            { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
            { id: 'b', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: 'one' },
        { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'two' }] },
      ],
    ],
    [
      'calls and results that take turns',
      [
        { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'a', output: '1' },
        { type: 'function_call', call_id: 'b', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'b', output: '2' },
      ],
      [
        { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
        { role: 'tool', tool_call_id: 'a', content: '1' },
        { role: 'assistant', tool_calls: [{ id: 'b', type: 'function', function: { name: 'f', arguments: '{}' } }] },
        { role: 'tool', tool_call_id: 'b', content: '2' },
      ],
    ],
    [
      'texts and refusals in a row',
      [
        { role: 'assistant', content: 'One.' },
        { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
        USER,
      ],
      [
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'One.' },
            { type: 'refusal', refusal: 'No.' },
          ],
        },
        USER,
      ],
    ],
    [
      'reasoning by its content, else by its summary',
      [
        {
          type: 'reasoning',
          summary: [{ type: 'summary_text', text: 'short' }],
          content: [{ type: 'reasoning_text', text: 'long' }],
        },
        { role: 'assistant', content: 'x' },
        { type: 'reasoning', summary: [], encrypted_content: 'gAAA' },
        USER,
      ],
      [{ role: 'assistant', content: 'x', reasoning_content: 'long' }, USER],
    ],
    [
      'a custom call, and a call in a namespace',
      [
        { type: 'custom_tool_call', call_id: 'a', name: 'patch', input: '"x"\n' },
        { type: 'custom_tool_call_output', call_id: 'a', output: 'done' },
        { type: 'function_call', call_id: 'b', name: 'wait', namespace: 'agents', arguments: '{}' },
      ],
      [
        {
          role: 'assistant',
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'patch', arguments: '{"input":"\\"x\\"\\n"}' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'done' },
        {
          role: 'assistant',
          tool_calls: [{ id: 'b', type: 'function', function: { name: 'agents__wait', arguments: '{}' } }],
        },
      ],
    ],
    [
      'tools of OpenAI that the client has run',
      [
        { type: 'local_shell_call', call_id: 'a', action: { type: 'exec', command: ['ls'] }, status: 'completed' },
        { type: 'local_shell_call_output', id: 'a', output: 'x' },
        { type: 'computer_call', call_id: 'b', action: { type: 'screenshot' } },
        { type: 'computer_call_output', call_id: 'b', output: { type: 'computer_screenshot', image_url: 'data:a' } },
      ],
      [
        {
          role: 'assistant',
          tool_calls: [
            {
              id: 'a',
              type: 'function',
              function: { name: 'local_shell', arguments: '{"type":"exec","command":["ls"]}' },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: 'x' },
        {
          role: 'assistant',
          tool_calls: [
            { id: 'b', type: 'function', function: { name: 'computer', arguments: '{"type":"screenshot"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'b', content: [{ type: 'image_url', image_url: { url: 'data:a' } }] },
      ],
    ],
  ]
  for (const [title, items, expected] of rows) {
    it(title, () => assert.deepEqual(messagesOf(...items), expected))
  }

  it('gives a call the state in its id', () => {
    const packed = packCallId('a', 'a state')
    const [turn, result] = messagesOf(
      { type: 'function_call', call_id: packed, name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: packed, output: '' },
    )
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' }, state: 'a state' }
    assert.deepEqual(turn, { role: 'assistant', tool_calls: [call] })
    assert.deepEqual(result, { role: 'tool', tool_call_id: 'a', content: '' })
  })

  it('gives calls the states of the reasoning before them', () => {
    const [turn] = messagesOf(
      { type: 'reasoning', summary: [], encrypted_content: packStates(new Map([['b', 'state of b']])) },
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
      { type: 'function_call', call_id: 'b', name: 'f', arguments: '{}' },
    )
    assert.deepEqual(turn?.role === 'assistant' && turn.tool_calls?.map(({ state }) => state), [
      undefined,
      'state of b',
    ])
  })

  for (const packed of ['sg1.', 'sg1.!!!', `sg1.${Buffer.from('[]').toString('base64url')}`, 'gAAAAAB']) {
    it(`reads no state from ${packed}`, () => {
      assert.deepEqual(messagesOf({ type: 'reasoning', summary: [], encrypted_content: packed }, USER), [USER])
    })
  }
})

describe('tools as functions', () => {
  const PATCH = {
    type: 'custom',
    name: 'patch',
    description: 'Edits',
    format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
  }
  const asInput = {
    type: 'object',
    properties: { input: { type: 'string', description: 'The whole input of the tool, as plain text.' } },
    required: ['input'],
    additionalProperties: false,
  }

  it('asks for the input of a custom tool as one text, with its grammar in words', () => {
    const { request, origin } = read({ tools: [PATCH] })
    const description = 'Edits\n\nThe input must follow this lark grammar:\nstart: "x"'
    assert.deepEqual(request.tools, [
      { type: 'function', function: { name: 'patch', description, parameters: asInput } },
    ])
    assert.deepEqual(origin('patch'), { type: 'custom', name: 'patch', namespace: undefined })
  })

  it('names the tools of a namespace after both, and knows the way back', () => {
    const tools = [{ type: 'namespace', name: 'agents', tools: [{ type: 'function', name: 'wait' }, PATCH] }]
    const { request, origin } = read({ tools })
    assert.deepEqual(
      request.tools?.map((tool) => tool.function !== undefined && (tool.function as { name: string }).name),
      ['agents__wait', 'agents__patch'],
    )
    assert.deepEqual(origin('agents__wait'), { type: 'function', name: 'wait', namespace: 'agents' })
    assert.deepEqual(origin('agents__patch'), { type: 'custom', name: 'patch', namespace: 'agents' })
    assert.deepEqual(origin('unheard_of'), { type: 'function', name: 'unheard_of', namespace: undefined })
  })

  it('finds tools that stand in the input', () => {
    const input = [
      { type: 'additional_tools', role: 'developer', tools: [{ type: 'function', name: 'f' }] },
      { type: 'tool_search_output', tools: [{ type: 'function', name: 'g' }] },
      // Again, as a later turn has it.
      { type: 'additional_tools', role: 'developer', tools: [{ type: 'function', name: 'f', description: 'new' }] },
      USER,
    ]
    assert.deepEqual(requestOf({ input }).tools, [
      { type: 'function', function: { name: 'f', description: 'new' } },
      { type: 'function', function: { name: 'g' } },
    ])
  })

  it('searches the web in the words of chat', () => {
    const place = { type: 'approximate', city: 'Paris', country: 'FR' }
    const tools = [{ type: 'web_search', search_context_size: 'low', user_location: place }]
    assert.deepEqual(requestOf({ tools }).web_search_options, {
      search_context_size: 'low',
      user_location: { type: 'approximate', approximate: { city: 'Paris', country: 'FR' } },
    })
    assert.deepEqual(requestOf({ tools: [{ type: 'web_search_preview_2025_03_11' }] }).web_search_options, {})
  })

  it('leaves out a search that may not reach the web', () => {
    const { request, dropped } = read({ tools: [{ type: 'web_search', external_web_access: false }] })
    assert.equal(request.web_search_options, undefined)
    assert.deepEqual(dropped, ['tools.web_search'])
  })

  const choices: [unknown, unknown][] = [
    ['none', 'none'],
    ['required', 'required'],
    [
      { type: 'function', name: 'f' },
      { type: 'function', function: { name: 'f' } },
    ],
    [
      { type: 'function', name: 'wait', namespace: 'agents' },
      { type: 'function', function: { name: 'agents__wait' } },
    ],
    [
      { type: 'custom', name: 'patch' },
      { type: 'function', function: { name: 'patch' } },
    ],
    [
      {
        type: 'allowed_tools',
        mode: 'required',
        tools: [{ type: 'function', name: 'f' }, { type: 'image_generation' }],
      },
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
    ],
  ]
  for (const [choice, expected] of choices) {
    it(`chooses ${JSON.stringify(choice)}`, () => {
      const tools = [{ type: 'function', name: 'f' }, PATCH]
      assert.deepEqual(requestOf({ tools, tool_choice: choice }).tool_choice, expected)
    })
  }

  it('says nothing of a choice among no tools', () => {
    for (const choice of ['auto', 'none', 'required']) {
      for (const tools of [undefined, [{ type: 'local_shell' }], [{ type: 'web_search' }]]) {
        assert.equal('tool_choice' in requestOf({ tools, tool_choice: choice }), false)
      }
    }
    assert.equal('web_search_options' in requestOf({ tools: [{ type: 'web_search' }], tool_choice: 'none' }), false)
  })
})

describe('what only the Responses API can serve', () => {
  const rows: [string, Json, string, string][] = [
    ['a tool of the provider', { tools: [{ type: 'mcp', server_label: 's' }] }, 'tools[0].type', 'unsupported_value'],
    [
      'one in a namespace',
      { tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'file_search' }] }] },
      'tools[0].tools[0].type',
      'unsupported_value',
    ],
    [
      'one in the input',
      { input: [{ type: 'additional_tools', tools: [{ type: 'code_interpreter' }] }, USER] },
      'input[0].tools[0].type',
      'unsupported_value',
    ],
    ['a choice of its tool', { tool_choice: { type: 'file_search' } }, 'tool_choice.type', 'unsupported_value'],
    [
      'a choice among its tools',
      { tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'image_generation' }] } },
      'tool_choice.tools',
      'unsupported_value',
    ],
    [
      'two tools that would have one name',
      {
        tools: [
          { type: 'function', name: 'a__b' },
          { type: 'namespace', name: 'a', tools: [{ type: 'function', name: 'b' }] },
        ],
      },
      'tools[1].tools[0]',
      'invalid_value',
    ],
    ['a format of text', { text: { format: { type: 'regex' } } }, 'text.format.type', 'unsupported_value'],
    ['background', { background: true }, 'background', 'unsupported_parameter'],
    ['a stored prompt', { prompt: { id: 'p' } }, 'prompt', 'unsupported_parameter'],
    ['a conversation', { conversation: 'conv_1' }, 'conversation', 'unsupported_parameter'],
    [
      'an item of its own',
      { input: [USER, { type: 'compaction', encrypted_content: 'x' }] },
      'input[1].type',
      'unsupported_value',
    ],
    [
      'a part of its own',
      { input: [{ role: 'user', content: [{ type: 'input_video', text: 5 }] }] },
      'input[0].content[0].type',
      'unsupported_value',
    ],
    [
      'a part where none of its kind may be',
      { input: [{ role: 'system', content: [{ type: 'input_image', image_url: 'a' }] }] },
      'input[0].content[0].type',
      'unsupported_value',
    ],
  ]
  for (const [title, body, param, code] of rows) {
    it(`${title} is refused elsewhere, by name`, () => {
      const { refusal } = read(body)
      assert.deepEqual([refusal?.api.status, refusal?.api.param, refusal?.api.code], [400, param, code])
    })
  }

  it('is told by its place in the input, or in what came before it', () => {
    const items: Item[] = [{ type: 'compaction' }, { role: 'user', content: 'hi' }, { type: 'compaction_trigger' }]
    assert.equal(inWords({}, items, 2).refusal?.api.param, 'previous_response_id[0].type')
    assert.equal(inWords({}, items.slice(1), 1).refusal?.api.param, 'input[0].type')
  })

  it('keeps what can be read beside it', () => {
    const items: Item[] = [{ type: 'compaction' }, { role: 'user', content: 'hi' }]
    assert.deepEqual(inWords({ model: 'm' }, items).request.messages, [USER])
  })
})
