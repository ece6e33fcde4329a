import assert from 'node:assert/strict'
import { body, CITY, config, encode, FORMAT, type Json, refused, tool, vertexBody } from '../helpers/gemini-request.ts'

describe('Gemini: tools', () => {
  const tools = [tool('weather', CITY), tool('time')]
  const declarations = [{ name: 'weather', parametersJsonSchema: CITY }, { name: 'time' }]
  const calling = (mode: string, ...names: string[]) => ({
    functionCallingConfig: { mode, ...(names.length > 0 && { allowedFunctionNames: names }) },
  })
  const named = { type: 'function', function: { name: 'time' } }
  const allowed = (mode: string) => ({ type: 'allowed_tools', allowed_tools: { mode, tools: [named] } })

  it('declares all functions in one entry', () => {
    assert.deepEqual(body({ tools }).tools, [{ functionDeclarations: declarations }])
    assert.deepEqual(body({ tools: [] }).tools, undefined)
  })

  const SHAPED: [schema: Json, sent: Json][] = [
    [
      { type: 'object', additionalProperties: true },
      { type: 'object', additionalProperties: true },
    ],
    [{ $ref: '#/$defs/a', $defs: { a: CITY } }, CITY],
    [{ anyOf: [CITY] }, CITY],
    [{ oneOf: [CITY] }, CITY],
    [{ allOf: [CITY] }, CITY],
    [{ patternProperties: {} }, { type: 'object', patternProperties: {} }],
  ]

  it('leaves out parameters that allow none, and keeps those that allow any', () => {
    const parameters = (schema: Json) => {
      const [entry] = body({ tools: [tool('a', schema)] }).tools as { functionDeclarations: Json[] }[]
      return entry?.functionDeclarations[0]?.parametersJsonSchema
    }
    for (const none of [{}, { type: 'object' }, { type: 'object', properties: {}, additionalProperties: false }]) {
      assert.equal(parameters(none), undefined)
    }
    for (const [some, sent] of SHAPED) assert.deepEqual(parameters(some), sent)
  })

  const choices: [choice: unknown, expected: Json | undefined][] = [
    [undefined, undefined],
    ['auto', calling('AUTO')],
    ['required', calling('ANY')],
    ['none', calling('NONE')],
    [named, calling('ANY', 'time')],
    [allowed('required'), calling('ANY', 'time')],
    [allowed('auto'), calling('VALIDATED', 'time')],
  ]
  for (const [tool_choice, expected] of choices) {
    it(`makes the choice ${JSON.stringify(tool_choice)} ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(body({ tools, tool_choice }).toolConfig, expected)
      assert.equal(body({ tool_choice }).toolConfig, undefined)
    })
  }

  it('validates strict functions', () => {
    const strict = [tool('weather', CITY, true)]
    assert.deepEqual(body({ tools: strict }).toolConfig, calling('VALIDATED'))
    assert.deepEqual(body({ tools: strict, tool_choice: 'auto' }).toolConfig, calling('VALIDATED'))
    assert.deepEqual(body({ tools: strict, tool_choice: 'none' }).toolConfig, calling('NONE'))
  })

  it('refuses custom tools', () => {
    assert.throws(() => encode({ tools: [{ type: 'custom', custom: { name: 'a' } }] }), refused('tools'))
    const tool_choice = { type: 'custom', custom: { name: 'a' } }
    assert.throws(() => encode({ tools, tool_choice }), refused('tool_choice'))
  })

  it('searches the web', () => {
    const search = { googleSearch: {} }
    const functions = { functionDeclarations: declarations }
    const asked = { web_search_options: {} }
    assert.deepEqual(body(asked).tools, [search])
    assert.equal(body({ ...asked, tool_choice: 'none' }).tools, undefined)
    assert.deepEqual(body({ ...asked, tools }).tools, [search, functions])
    assert.deepEqual(body({ ...asked, tools }).toolConfig, {
      ...calling('VALIDATED'),
      includeServerSideToolInvocations: true,
    })
    assert.deepEqual(vertexBody({ ...asked, tools }).toolConfig, calling('VALIDATED'))
    assert.deepEqual(body({ ...asked, tools, tool_choice: 'none' }).tools, [functions])
    assert.deepEqual(body({ ...asked, tools, model: 'gemini-2.5-pro' }).tools, [functions])
  })

  describe('beside a JSON format', () => {
    const stand = (name: string) => ({ name, description: 'Respond with a JSON object.', parametersJsonSchema: CITY })
    const old = { tools, response_format: FORMAT, model: 'gemini-2.5-flash' }
    const now = { tools, response_format: FORMAT }

    it('are sent together from generation 3 on', () => {
      assert.deepEqual(config({ ...now, model: 'gemini-3-flash' }).responseJsonSchema, CITY)
      assert.deepEqual(body(now).tools, [{ functionDeclarations: declarations }])
      for (const tool_choice of [undefined, 'auto', 'none']) {
        assert.deepEqual(config({ ...now, tool_choice }).responseJsonSchema, CITY)
      }
    })

    it('get a function that stands for the answer before, with no format', () => {
      assert.deepEqual(body(old).tools, [{ functionDeclarations: [...declarations, stand('json')] }])
      assert.deepEqual(config(old), {})
    })

    it('get one whose name is free', () => {
      const taken = body({ ...old, tools: [tool('json'), tool('json_')] }).tools as { functionDeclarations: Json[] }[]
      assert.deepEqual(taken[0]?.functionDeclarations.at(-1), stand('json__'))
    })

    const forced: [choice: unknown, expected: Json][] = [
      [undefined, calling('ANY')],
      ['auto', calling('ANY')],
      ['required', calling('ANY')],
      ['none', calling('ANY', 'json')],
      [named, calling('ANY', 'time')],
      [allowed('auto'), calling('ANY', 'time', 'json')],
    ]
    for (const [tool_choice, expected] of forced) {
      it(`are called by ${JSON.stringify(expected)} for the choice ${JSON.stringify(tool_choice)}`, () => {
        assert.deepEqual(body({ ...old, tool_choice }).toolConfig, expected)
      })
    }

    it('take the place of the format where generation 3 is told which to call', () => {
      assert.deepEqual(body({ ...now, tool_choice: 'required' }).toolConfig, calling('ANY'))
      assert.deepEqual(config({ ...now, tool_choice: 'required' }), {})
    })

    for (const own of [{ web_search_options: {} }, { tools: [{ type: 'url_context' }] }]) {
      it(`leave it to words before generation 3, being Gemini's own: ${JSON.stringify(own)}`, async () => {
        const messages = [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
        ]
        const request = { ...own, response_format: FORMAT, model: 'gemini-2.5-flash', messages }
        assert.deepEqual(config(request), {})
        const { parts } = body(request).systemInstruction as { parts: { text: string }[] }
        assert.equal(parts[0]?.text, 'Be brief.')
        assert.match(parts[1]?.text ?? '', /one JSON object.*"city"/)
        assert.deepEqual((await encode(request)).dropped, [])
        assert.deepEqual(config({ ...request, model: 'gemini-3-flash' }).responseJsonSchema, CITY)
        assert.deepEqual(config({ ...request, tool_choice: 'none' }).responseJsonSchema, CITY)
      })
    }

    it('leave no stand-in for a format without a schema', () => {
      const plain = { ...old, response_format: { type: 'json_object' } }
      assert.deepEqual(body(plain).tools, [{ functionDeclarations: declarations }])
      assert.deepEqual(config(plain), {})
    })
  })
})
