import assert from 'node:assert/strict'
import { nativeSchema } from '../../lib/providers/anthropic/schema.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import { ADAPTIVE, body, HI, NEWEST, PLAIN, tool } from './anthropic-fixtures.ts'

const closed = (properties: Record<string, unknown>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})

const schemaFormat = (schema: Record<string, unknown>): NonNullable<ChatRequest['response_format']> => ({
  type: 'json_schema',
  json_schema: { name: 'answer', schema },
})

describe('the Anthropic request: tools', () => {
  const [f, g] = [tool('f'), tool('g')]
  const EMPTY = { type: 'object', properties: {} }
  const choices: [string, Partial<ChatRequest>, unknown][] = [
    ['no choice', {}, undefined],
    ['auto', { tool_choice: 'auto' }, { type: 'auto' }],
    ['required', { tool_choice: 'required' }, { type: 'any' }],
    ['none', { tool_choice: 'none' }, { type: 'none' }],
    ['a named function', { tool_choice: { type: 'function', function: { name: 'f' } } }, { type: 'tool', name: 'f' }],
    ['one call at a time', { parallel_tool_calls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    ['several calls at a time', { parallel_tool_calls: true }, undefined],
    [
      'one call at a time of any',
      { parallel_tool_calls: false, tool_choice: 'required' },
      { type: 'any', disable_parallel_tool_use: true },
    ],
    ['none, one at a time', { parallel_tool_calls: false, tool_choice: 'none' }, { type: 'none' }],
    ['a choice without tools', { tools: [], tool_choice: 'required', parallel_tool_calls: false }, undefined],
    ['required of the newest models', { model: NEWEST, tool_choice: 'required' }, { type: 'auto' }],
    ['required while thinking with a budget', { tool_choice: 'required', reasoning_effort: 'low' }, { type: 'auto' }],
    [
      'required while thinking adaptively',
      { model: ADAPTIVE, tool_choice: 'required', reasoning_effort: 'low' },
      { type: 'any' },
    ],
  ]
  for (const [name, request, expected] of choices) {
    it(`translates ${name}`, () => assert.deepEqual(body({ tools: [f, g], ...request }).tool_choice, expected))
  }

  it('gives each tool an object schema', () => {
    assert.deepEqual(
      body({
        tools: [
          f,
          { type: 'function', function: { name: 'd', description: 'does', parameters: { properties: { a: {} } } } },
          tool('n', { type: ['object', 'null'], properties: {} }),
        ],
      }).tools,
      [
        { name: 'f', input_schema: EMPTY },
        { name: 'd', description: 'does', input_schema: { type: 'object', properties: { a: {} } } },
        { name: 'n', input_schema: EMPTY },
      ],
    )
  })

  it('leaves out an empty list of tools', () => assert.equal('tools' in body({ tools: [] }), false))

  it('sends only the named tool where it cannot force it', () => {
    const built = body({ model: NEWEST, tools: [f, g], tool_choice: { type: 'function', function: { name: 'g' } } })
    assert.deepEqual(built.tool_choice, { type: 'auto' })
    assert.deepEqual(built.tools, [{ name: 'g', input_schema: EMPTY }])
  })

  for (const [mode, type] of [
    ['auto', 'auto'],
    ['required', 'any'],
  ] as const) {
    it(`filters by allowed_tools of mode ${mode}`, () => {
      const built = body({
        tools: [f, g],
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: { mode, tools: [{ type: 'function', function: { name: 'g' } }] },
        },
      })
      assert.deepEqual(built.tool_choice, { type })
      assert.deepEqual(built.tools, [{ name: 'g', input_schema: EMPTY }])
    })
  }

  it('enforces strict tools where the model and the schema allow it', () => {
    const strict = tool('s', closed({ a: { type: 'string', pattern: '^a' } }), true)
    const enforced = {
      name: 's',
      input_schema: closed({ a: { type: 'string', description: '{pattern: "^a"}' } }),
      strict: true,
    }
    const plain = { name: 's', input_schema: closed({ a: { type: 'string', pattern: '^a' } }) }
    assert.deepEqual(body({ tools: [strict] }).tools, [enforced])
    assert.deepEqual(body({ model: PLAIN, tools: [strict] }).tools, [plain])
    assert.equal('strict' in (body({ tools: [tool('m', { additionalProperties: {} }, true)] }).tools?.[0] ?? {}), false)
  })

  it('searches the web with the server tool', () => {
    const search = { type: 'web_search_20250305', name: 'web_search' }
    assert.deepEqual(body({ web_search_options: {} }).tools, [search])
    assert.deepEqual(
      body({
        web_search_options: { user_location: { type: 'approximate', approximate: { city: 'Bern', country: 'CH' } } },
      }).tools,
      [{ ...search, user_location: { type: 'approximate', city: 'Bern', country: 'CH' } }],
    )
  })
})

describe('the Anthropic request: the form of the answer', () => {
  const schema = closed({ a: { type: 'integer' } })

  it('has models enforce a schema', () => {
    assert.deepEqual(body({ response_format: schemaFormat(schema) }).output_config, {
      format: { type: 'json_schema', schema },
    })
  })

  it('forces the json tool on models that cannot', () => {
    const built = body({ model: PLAIN, response_format: schemaFormat(schema), reasoning_effort: 'high' })
    assert.deepEqual(built.tools, [{ name: 'json', description: 'Respond with a JSON object.', input_schema: schema }])
    assert.deepEqual(built.tool_choice, { type: 'tool', name: 'json', disable_parallel_tool_use: true })
    assert.equal(built.thinking, undefined)
    assert.equal(built.output_config, undefined)
  })

  it('lets the model choose between the json tool and the tools of the request', () => {
    const built = body({ model: PLAIN, response_format: schemaFormat(schema), tools: [tool('f')] })
    assert.deepEqual(
      built.tools?.map(({ name }) => name),
      ['f', 'json'],
    )
    assert.deepEqual(built.tool_choice, { type: 'any', disable_parallel_tool_use: true })
    const none = body({ model: PLAIN, response_format: schemaFormat(schema), tools: [tool('f')], tool_choice: 'none' })
    assert.deepEqual(none.tool_choice, { type: 'tool', name: 'json', disable_parallel_tool_use: true })
  })

  it('leaves the json tool out when the request forces another', () => {
    const built = body({
      model: PLAIN,
      response_format: schemaFormat(schema),
      tools: [tool('f')],
      tool_choice: 'required',
    })
    assert.deepEqual(
      built.tools?.map(({ name }) => name),
      ['f'],
    )
  })

  it('uses the json tool for schemas that cannot be enforced', () => {
    assert.equal(body({ response_format: schemaFormat({ type: 'object' }) }).tools?.[0]?.name, 'json')
  })

  it('asks for JSON where nothing can be forced', () => {
    const loose = { type: 'object', additionalProperties: {} }
    for (const request of [{ model: NEWEST }, { model: PLAIN, tools: [tool('json')] }]) {
      const built = body({ ...request, response_format: schemaFormat(loose) })
      assert.match(built.system?.at(-1)?.text ?? '', /JSON Schema: \{"type":"object","additionalProperties":\{\}\}$/)
      assert.equal(built.tool_choice, undefined)
    }
    const object = body({
      messages: [{ role: 'system', content: 's' }, ...HI],
      response_format: { type: 'json_object' },
    })
    assert.equal(object.system?.[0]?.text, 's')
    assert.match(object.system?.[1]?.text ?? '', /one JSON object/)
  })

  it('asks for JSON where the client has the model think on a budget, which goes with no forced tool', () => {
    const thinking = { type: 'enabled', budget_tokens: 2000 }
    const built = body({ model: PLAIN, response_format: schemaFormat(schema), thinking })
    assert.deepEqual([built.thinking, built.tools, built.tool_choice], [thinking, undefined, undefined])
    assert.match(built.system?.[0]?.text ?? '', /JSON Schema/)
  })

  it('says nothing for plain text', () => {
    assert.equal(body({ response_format: { type: 'text' } }).system, undefined)
  })

  it('keeps what can be enforced and tells the rest', () => {
    assert.deepEqual(
      nativeSchema({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        title: 'T',
        required: ['a', 'b', 'c', 'd'],
        properties: {
          a: { type: 'string', format: 'email', minLength: 3, description: 'mail' },
          b: { oneOf: [{ type: 'number', minimum: 0 }, { const: null }] },
          c: { type: 'array', items: { $ref: '#/$defs/C' }, maxItems: 3 },
          d: { allOf: [{ $ref: '#/$defs/C' }], default: { e: 'x' } },
        },
        $defs: {
          C: {
            type: 'object',
            properties: { e: { enum: ['x', 'y'] }, f: { type: 'string', format: 'phone' } },
            required: ['e'],
          },
        },
      }),
      {
        type: 'object',
        title: 'T',
        required: ['a', 'b', 'c', 'd'],
        additionalProperties: false,
        properties: {
          a: { type: 'string', format: 'email', description: 'mail\n\n{minLength: 3}' },
          b: { anyOf: [{ type: 'number', description: '{minimum: 0}' }, { const: null }] },
          c: { type: 'array', items: { $ref: '#/$defs/C' }, description: '{maxItems: 3}' },
          d: { allOf: [{ $ref: '#/$defs/C' }], default: { e: 'x' } },
        },
        $defs: {
          C: {
            type: 'object',
            properties: { e: { enum: ['x', 'y'] }, f: { type: 'string', description: '{format: "phone"}' } },
            required: ['e'],
            additionalProperties: false,
          },
        },
      },
    )
  })

  const optional = (count: number) => ({
    type: 'object',
    properties: Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, { type: 'string' }])),
  })
  const unfit: [string, Record<string, unknown>][] = [
    ['a map', { type: 'object', properties: {}, additionalProperties: { type: 'string' } }],
    ['an open object', { type: 'object', properties: {}, additionalProperties: true }],
    ['a free-form object', { type: 'object' }],
    ['a nested free-form object', closed({ a: { type: ['object', 'null'] } })],
    ['patterned properties', { type: 'object', properties: {}, patternProperties: { a: {} } }],
    ['recursion through the root', closed({ child: { anyOf: [{ $ref: '#' }, { type: 'null' }] } })],
    ['recursion through a definition', { $ref: '#/$defs/N', $defs: { N: closed({ next: { $ref: '#/$defs/N' } }) } }],
    ['a reference to nowhere', { $ref: '#/$defs/N' }],
    ['a reference to elsewhere', { $ref: 'https://x.test/schema' }],
    ['anything', closed({ a: {} })],
    ['a boolean schema', closed({ a: true })],
    ['tuples', closed({ a: { type: 'array', items: [{ type: 'string' }] } })],
    ['many optional properties', optional(11)],
  ]
  for (const [name, each] of unfit) {
    it(`does not enforce ${name}`, () => assert.equal(nativeSchema(each), undefined))
  }
  it('enforces some optional properties', () => assert.notEqual(nativeSchema(optional(10)), undefined))
})
