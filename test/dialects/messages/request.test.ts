import assert from 'node:assert/strict'
import { readRequest } from '../../../lib/dialects/messages/request.ts'
import { ownSignature } from '../../../lib/dialects/messages/signature.ts'
import { packCallId } from '../../../lib/transforms/call-id.ts'
import type { ChatRequest, Message } from '../../../lib/types/chat.ts'

type Json = Record<string, unknown>

/** Messages as they are expected: a mere text is a string. */
function said(...messages: Json[]): Json[] {
  return messages.map((message) => ({ ...message, content: mere(message.content) }))
}

function mere(content: unknown): unknown {
  const [only, ...others] = (Array.isArray(content) ? content : []) as Json[]
  return only?.type === 'text' && !('cache_control' in only) && others.length === 0 ? only.text : content
}

const HI = [{ role: 'user', content: 'hi' }]
const body = (fields: Json = {}) => ({ model: 'm', max_tokens: 10, messages: HI, ...fields })
const EPHEMERAL = { type: 'ephemeral' }

/** The fields that these make in the request, beside those of the smallest. */
function fieldsOf(fields: Json): Json {
  const { model: _, messages: __, max_completion_tokens: ___, ...rest } = readRequest(body(fields)).request
  return rest
}

function messagesOf(...messages: unknown[]): readonly Message[] {
  return readRequest(body({ messages })).request.messages
}

const user = (...content: unknown[]) => messagesOf({ role: 'user', content })
const assistant = (...content: unknown[]) => messagesOf({ role: 'assistant', content })

/** What of a request other providers get nothing of. */
const lost = (fields: Json) => readRequest(body(fields)).lost

describe('a Messages request', () => {
  it('takes the smallest', () => {
    assert.deepEqual(readRequest(body()), {
      request: {
        model: 'm',
        max_completion_tokens: 10,
        messages: [{ role: 'user', content: 'hi' }],
      },
      lost: [],
      nativeOnly: undefined,
    })
  })

  const tool = { name: 'f', input_schema: { type: 'object', properties: { a: {} } } }
  const called = { type: 'function', function: { name: 'f', parameters: tool.input_schema } }
  const schema = { type: 'object' }
  const format = { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } }
  const long = 'u'.repeat(129)

  const fields: [name: string, given: Json, expected: Json][] = [
    ['streaming', { stream: true }, { stream: true }],
    ['sampling', { temperature: 0.5, top_p: 1, top_k: 4 }, { temperature: 0.5, top_p: 1, top_k: 4 }],
    ['stop sequences', { stop_sequences: ['a'] }, { stop: ['a'] }],
    ['no stop sequences', { stop_sequences: [] }, {}],
    ['nulls', { stream: null, temperature: null, tools: null, tool_choice: null, thinking: null, system: null }, {}],
    ['thinking off', { thinking: { type: 'disabled' } }, { reasoning_effort: 'none' }],
    ['thinking between tools', { thinking: { type: 'between_tools' } }, { reasoning_effort: 'none' }],
    ['thinking as the model likes', { thinking: { type: 'adaptive' } }, {}],
    ['an effort alone', { output_config: { effort: 'max' } }, { reasoning_effort: 'max' }],
    [
      'thinking with an effort',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
      { reasoning_effort: 'low' },
    ],
    ['a small budget', { thinking: { type: 'enabled', budget_tokens: 2048 } }, { reasoning_effort: 'low' }],
    ['a budget', { thinking: { type: 'enabled', budget_tokens: 8192 } }, { reasoning_effort: 'medium' }],
    ['a large budget', { thinking: { type: 'enabled', budget_tokens: 8193 } }, { reasoning_effort: 'high' }],
    ['JSON', { output_config: { format: { type: 'json_schema', schema } } }, format],
    ['JSON by the older name', { output_format: { type: 'json_schema', schema } }, format],
    ['a form that is not known', { output_format: { type: 'xml' } }, {}],
    ['a user', { metadata: { user_id: 'u' } }, { safety_identifier: 'u', metadata: { user_id: 'u' } }],
    ['no user', { metadata: {} }, {}],
    ['any tier', { service_tier: 'auto' }, { service_tier: 'auto' }],
    ['the standard tier', { service_tier: 'standard_only' }, { service_tier: 'default' }],
    ['a tier that is not known', { service_tier: 'golden' }, {}],
    ['a tool', { tools: [tool] }, { tools: [called] }],
    ['a custom tool', { tools: [{ ...tool, type: 'custom' }] }, { tools: [called] }],
    [
      'a tool with all that is said of it',
      { tools: [{ ...tool, description: 'd', strict: true, cache_control: EPHEMERAL, input_examples: [{}] }] },
      {
        tools: [
          {
            type: 'function',
            function: { ...called.function, description: 'd', strict: true },
            cache_control: EPHEMERAL,
          },
        ],
      },
    ],
    ['a tool that waits to be found', { tools: [{ ...tool, defer_loading: true }] }, { tools: [called] }],
    [
      'a placeholder of tools that wait',
      { tools: [{ name: 'p', input_schema: { type: 'object', properties: {} }, defer_loading: true }] },
      {},
    ],
    [
      "tools of Anthropic's",
      { tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 3 }] },
      { tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 3 }] },
    ],
    ['a choice without tools', { tool_choice: { type: 'any' } }, {}],
    ...(
      [
        [{ type: 'auto' }, { tool_choice: 'auto' }],
        [{ type: 'any' }, { tool_choice: 'required' }],
        [{ type: 'none' }, { tool_choice: 'none' }],
        [{ type: 'tool', name: 'f' }, { tool_choice: { type: 'function', function: { name: 'f' } } }],
        [
          { type: 'auto', disable_parallel_tool_use: true },
          { tool_choice: 'auto', parallel_tool_calls: false },
        ],
      ] as const
    ).map(([tool_choice, expected]): [string, Json, Json] => [
      `the choice ${JSON.stringify(tool_choice)}`,
      { tools: [tool], tool_choice },
      { tools: [called], ...expected },
    ]),
  ]
  for (const [name, given, expected] of fields) {
    it(`reads ${name}`, () => assert.deepEqual(fieldsOf(given), expected))
  }

  it("hashes a user's id that is longer than others take", () => {
    const { safety_identifier: id, metadata } = fieldsOf({ metadata: { user_id: long } }) as ChatRequest
    assert.match(String(id), /^[0-9a-f]{64}$/)
    assert.deepEqual(metadata, { user_id: long })
  })

  it('names the fields that only Anthropic knows', () => {
    const own = { context_management: {}, mcp_servers: [], container: 'c', betas: [], cache_control: EPHEMERAL, x: 1 }
    assert.deepEqual(lost({ ...own, speed: null }), Object.keys(own))
  })

  it('knows what no other can do without', () => {
    const nativeOnly = (fields: Json) => readRequest(body(fields)).nativeOnly
    assert.equal(nativeOnly({ mcp_servers: [{ type: 'url' }] }), 'mcp_servers')
    assert.equal(nativeOnly({ container: 'c' }), 'container')
    assert.equal(nativeOnly({ thread: { type: 'continue', previous_message_id: 'msg_1' } }), 'thread')
    for (const thread of [{ type: 'create' }, null]) assert.equal(nativeOnly({ thread }), undefined)
    assert.equal(nativeOnly({ mcp_servers: [], container: null }), undefined)
  })

  const text = (words: string, more: Json = {}) => ({ type: 'text', text: words, ...more })
  const system: [name: string, given: unknown, expected: unknown][] = [
    ['a text', 'be brief', [text('be brief')]],
    [
      'blocks',
      [text('a', { cache_control: EPHEMERAL }), text('b')],
      [text('a', { cache_control: EPHEMERAL }), text('b')],
    ],
    ["blocks but Claude Code's bill", [text('x-anthropic-billing-header: cc_version=2'), text('b')], [text('b')]],
  ]
  for (const [name, given, expected] of system) {
    it(`reads instructions: ${name}`, () => {
      assert.deepEqual(
        readRequest(body({ system: given })).request.messages[0],
        said({ role: 'system', content: expected })[0],
      )
    })
  }
  for (const given of ['', [], [text('x-anthropic-billing-header: cc_version=2')]]) {
    it(`reads no instructions from ${JSON.stringify(given)}`, () => {
      assert.equal(readRequest(body({ system: given })).request.messages[0]?.role, 'user')
    })
  }

  it('keeps instructions in their place among the turns', () => {
    assert.deepEqual(messagesOf(...HI, { role: 'system', content: 'be brief' }, ...HI), [
      { role: 'user', content: 'hi' },
      { role: 'system', content: 'be brief' },
      { role: 'user', content: 'hi' },
    ])
  })

  const png = { type: 'base64', media_type: 'image/png', data: 'AAAA' }
  const pdf = { type: 'base64', media_type: 'application/pdf', data: 'BBBB' }
  const imageAt = (url: string) => ({ type: 'image_url', image_url: { url } })
  const userBlocks: [name: string, block: Json, expected: unknown[]][] = [
    ['text', text('a', { cache_control: EPHEMERAL }), [text('a', { cache_control: EPHEMERAL })]],
    ['text without a mark', text('a', { cache_control: null }), [text('a')]],
    ['an image', { type: 'image', source: png }, [imageAt('data:image/png;base64,AAAA')]],
    ['an image elsewhere', { type: 'image', source: { type: 'url', url: 'https://a/b' } }, [imageAt('https://a/b')]],
    [
      'an image among the files',
      { type: 'image', source: { type: 'file', file_id: 'f1' } },
      [{ type: 'file', file: { file_id: 'f1' } }],
    ],
    [
      'a document',
      { type: 'document', source: pdf, title: 't', citations: { enabled: true }, cache_control: EPHEMERAL },
      [
        {
          type: 'file',
          file: { file_data: 'data:application/pdf;base64,BBBB', filename: 't' },
          citations: { enabled: true },
          cache_control: EPHEMERAL,
        },
      ],
    ],
    [
      'a document with a context',
      { type: 'document', source: { type: 'url', url: 'https://a/b.pdf' }, context: 'c' },
      [text('c'), { type: 'file', file: { file_data: 'https://a/b.pdf' } }],
    ],
    [
      'a document of text',
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'd' }, title: 't', context: 'c' },
      [text('t\nc\n\nd')],
    ],
    ['a document of mere text', { type: 'document', source: { type: 'text', data: 'd' } }, [text('d')]],
    [
      'a document of blocks',
      {
        type: 'document',
        source: { type: 'content', content: [text('a'), { type: 'image', source: png }] },
        title: 't',
        cache_control: EPHEMERAL,
      },
      [text('t'), text('a'), { ...imageAt('data:image/png;base64,AAAA'), cache_control: EPHEMERAL }],
    ],
    ['a document of content', { type: 'document', source: { type: 'content', content: 'a' } }, [text('a')]],
    [
      'a search result',
      { type: 'search_result', source: 'https://a', title: 't', content: [text('x'), text('y')] },
      [text('t\nhttps://a\nx\ny')],
    ],
    ['a summary of what was compacted', { type: 'compaction', content: 'so far' }, [text('so far')]],
  ]
  for (const [name, block, expected] of userBlocks) {
    it(`reads ${name}`, () => assert.deepEqual(user(block), said({ role: 'user', content: expected })))
  }

  const results: [name: string, block: Json, content: unknown][] = [
    ['text', { content: 'a' }, [text('a')]],
    [
      'blocks',
      { content: [text('a'), { type: 'image', source: png }] },
      [text('a'), imageAt('data:image/png;base64,AAAA')],
    ],
    ['nothing', {}, ''],
    ['no blocks', { content: [] }, ''],
    ['a lone block of an unknown type', { content: [{ type: 'hologram' }] }, ''],
    [
      'a mark',
      { content: [text('a'), text('b')], cache_control: EPHEMERAL },
      [text('a'), text('b', { cache_control: EPHEMERAL })],
    ],
    ['an error', { content: 'no', is_error: true }, [text('Error: no')]],
    ['an error without words', { is_error: true }, [text('Error:')]],
    ['no error', { content: 'no', is_error: false }, [text('no')]],
    [
      'a tool that was found',
      { content: [{ type: 'tool_reference', tool_name: 'f' }] },
      [text('The tool f is available.')],
    ],
    ['a block of an unknown type', { content: [{ type: 'hologram' }, text('a')] }, [text('a')]],
  ]
  for (const [name, block, content] of results) {
    it(`reads a result of ${name}`, () => {
      const expected = said({ role: 'tool', tool_call_id: 'c1', content })
      assert.deepEqual(user({ type: 'tool_result', tool_use_id: 'c1', ...block }), expected)
    })
  }

  it('puts results in front of the words of a turn', () => {
    const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: id })
    assert.deepEqual(user(text('a'), result('c1'), text('b'), result('c2')), [
      { role: 'tool', tool_call_id: 'c1', content: 'c1' },
      { role: 'tool', tool_call_id: 'c2', content: 'c2' },
      { role: 'user', content: [text('a'), text('b')] },
    ])
  })

  const call = { type: 'tool_use', id: 'c1', name: 'f', input: { a: 1 } }
  const chatCall = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }
  const thought = (signature?: string) => ({ type: 'thinking', thinking: 'hm', ...(signature && { signature }) })
  const page = { type: 'web_search_result', url: 'https://a', title: 't', encrypted_content: 'x' }
  const fetched = { type: 'web_fetch_result', url: 'https://a', content: { type: 'document', source: { data: 'd' } } }
  const turns: [name: string, blocks: unknown[], expected: Json][] = [
    ['text', [text('a')], { content: [text('a')] }],
    ['a call', [call], { content: null, tool_calls: [chatCall] }],
    ['text and calls', [text('a'), call], { content: [text('a')], tool_calls: [chatCall] }],
    ['our thinking', [thought(ownSignature('gpt-x')), text('a')], { content: [text('a')], reasoning_content: 'hm' }],
    ['thinking that nobody signed', [thought(), text('a')], { content: [text('a')], reasoning_content: 'hm' }],
    ['text without thinking that Anthropic signed', [thought('EqQB'), text('a')], { content: [text('a')] }],
    [
      'text without thinking that cannot be read',
      [{ type: 'redacted_thinking', data: 'x' }, text('a')],
      { content: [text('a')] },
    ],
    [
      'text without the word of a fallback',
      [{ type: 'fallback', from: {}, to: {} }, text('a')],
      { content: [text('a')] },
    ],
    [
      'what was found',
      [{ type: 'web_search_tool_result', content: [page] }],
      { content: [text('Found: t https://a')] },
    ],
    [
      'what was fetched',
      [{ type: 'web_fetch_tool_result', content: fetched }],
      { content: [text('From https://a:\nd')] },
    ],
  ]
  for (const [name, blocks, expected] of turns) {
    it(`reads of a turn ${name}`, () =>
      assert.deepEqual(assistant(...blocks), said({ role: 'assistant', content: null, ...expected })))
  }

  it("unpacks the ids of calls, and gives a call its maker's state", () => {
    const id = packCallId('c1', 'the state')
    assert.deepEqual(
      messagesOf(
        { role: 'assistant', content: [{ ...call, id }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'a' }] },
      ),
      [
        { role: 'assistant', content: null, tool_calls: [{ ...chatCall, state: 'the state' }] },
        { role: 'tool', tool_call_id: 'c1', content: 'a' },
      ],
    )
  })

  it('leaves out a turn of which nothing is left', () => {
    assert.deepEqual(messagesOf(...HI, { role: 'assistant', content: [{ type: 'redacted_thinking', data: 'x' }] }), [
      { role: 'user', content: 'hi' },
    ])
  })

  it("names the blocks of Anthropic's servers that nobody else can read", () => {
    const content = [{ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }, { type: 'mcp_tool_result' }]
    const messages = [
      ...HI,
      { role: 'assistant', content: [...content, ...content] },
      { role: 'user', content: [{ type: 'container_upload' }] },
    ]
    assert.deepEqual(lost({ messages }), ['server_tool_use', 'mcp_tool_result', 'container_upload'])
  })

  it('names the blocks that it leaves out of results and of instructions, too', () => {
    const content = [
      { type: 'text', text: 'a' },
      { type: 'container_upload', file_id: 'f' },
    ]
    const turns = [
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'f', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content }] },
      {
        role: 'system',
        content: [
          { type: 'text', text: 'b' },
          { type: 'tool_addition', tool: {} },
        ],
      },
    ]
    const { request, lost: names } = readRequest(body({ messages: [...HI, ...turns] }))
    assert.deepEqual(names, ['container_upload', 'tool_addition'])
    assert.deepEqual(
      request.messages.slice(2).map((message) => message.content),
      ['a', 'b'],
    )
  })
})
