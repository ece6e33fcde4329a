import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import { jsonSchema, openApiSchema } from '../../lib/providers/gemini/schema.ts'

type Json = Record<string, unknown>

describe("Gemini's JSON Schema", () => {
  it('has an enum for every const, and is otherwise as it was', () => {
    const schema = {
      type: 'object',
      properties: { const: { const: 'a', default: { const: 1 } }, b: { anyOf: [{ const: 1 }, { const: null }] } },
      items: [{ const: true }],
      $defs: { c: { additionalProperties: { const: 'd' } } },
      definitions: { e: { oneOf: [{ const: 2 }], allOf: [{ const: 3 }], prefixItems: [{ const: 4 }] } },
      additionalProperties: false,
    }
    const copy = structuredClone(schema)
    assert.deepEqual(jsonSchema(schema), {
      type: 'object',
      properties: { const: { enum: ['a'], default: { const: 1 } }, b: { anyOf: [{ enum: [1] }, { enum: [null] }] } },
      items: [{ enum: [true] }],
      $defs: { c: { additionalProperties: { enum: ['d'] } } },
      definitions: { e: { oneOf: [{ enum: [2] }], allOf: [{ enum: [3] }], prefixItems: [{ enum: [4] }] } },
      additionalProperties: false,
    })
    assert.deepEqual(schema, copy)
  })
})

describe("Gemini's subset of OpenAPI", () => {
  const cases: [name: string, schema: Json, expected: Json][] = [
    [
      'keeps what it knows and drops the rest',
      {
        $schema: 's',
        type: 'object',
        title: 't',
        additionalProperties: false,
        patternProperties: {},
        not: {},
        if: {},
        properties: {
          a: { type: 'string', minLength: 1, format: 'email', default: 'x' },
          b: { type: 'integer', format: 'int32' },
        },
        required: ['a', 'gone'],
      },
      {
        type: 'OBJECT',
        title: 't',
        properties: { a: { type: 'STRING', minLength: 1 }, b: { type: 'INTEGER', format: 'int32' } },
        required: ['a'],
      },
    ],
    [
      'keeps every key that has the same meaning',
      {
        ...{
          title: 't',
          description: 'd',
          nullable: true,
          propertyOrdering: [],
          minItems: 1,
          maxItems: 2,
          minProperties: 1,
        },
        ...{ maxProperties: 2, minimum: 1, maximum: 2, minLength: 1, maxLength: 2, pattern: 'p', example: 'e' },
      },
      {
        ...{
          title: 't',
          description: 'd',
          nullable: true,
          propertyOrdering: [],
          minItems: 1,
          maxItems: 2,
          minProperties: 1,
        },
        ...{ maxProperties: 2, minimum: 1, maximum: 2, minLength: 1, maxLength: 2, pattern: 'p', example: 'e' },
      },
    ],
    ['makes null a nullable', { type: ['string', 'null'] }, { type: 'STRING', nullable: true }],
    [
      'makes several types alternatives',
      { type: ['string', 'number', 'null'] },
      { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }], nullable: true },
    ],
    ['makes const an enum', { const: 'a' }, { type: 'STRING', enum: ['a'] }],
    ['lists strings only', { type: 'integer', enum: [1, 2] }, { type: 'INTEGER' }],
    ['keeps the type of a constant that is not a string', { const: true }, { type: 'BOOLEAN' }],
    ['tells the type of numbers', { enum: [1, 2] }, { type: 'NUMBER' }],
    ['takes null out of an enum', { enum: ['a', null] }, { type: 'STRING', enum: ['a'], nullable: true }],
    [
      'makes oneOf anyOf',
      { oneOf: [{ type: 'string' }, { type: 'number' }] },
      { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }] },
    ],
    [
      'takes null out of alternatives',
      { description: 'd', anyOf: [{ type: 'string' }, { type: 'null' }] },
      { description: 'd', type: 'STRING', nullable: true },
    ],
    [
      'merges allOf',
      {
        allOf: [
          { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
          { properties: { b: { type: 'string' } }, required: ['b'] },
        ],
      },
      { type: 'OBJECT', properties: { a: { type: 'STRING' }, b: { type: 'STRING' } }, required: ['a', 'b'] },
    ],
    ['gives a list of anything items', { type: 'array' }, { type: 'ARRAY', items: { type: 'STRING' } }],
    [
      'keeps the items of a list',
      { type: 'array', items: { type: 'number' } },
      { type: 'ARRAY', items: { type: 'NUMBER' } },
    ],
    [
      'makes a tuple a list of alternatives',
      { type: 'array', prefixItems: [{ type: 'number' }, { type: 'string' }] },
      { type: 'ARRAY', items: { anyOf: [{ type: 'NUMBER' }, { type: 'STRING' }] } },
    ],
    [
      'puts references in place',
      { type: 'object', properties: { a: { $ref: '#/$defs/a~1b' } }, $defs: { 'a/b': { type: 'string' } } },
      { type: 'OBJECT', properties: { a: { type: 'STRING' } } },
    ],
    [
      'ends recursion in a plain object',
      { $ref: '#/$defs/node', $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } } },
      { type: 'OBJECT', properties: { next: { type: 'OBJECT' } } },
    ],
    ['makes references to nowhere plain objects', { $ref: 'https://example.com/schema' }, { type: 'OBJECT' }],
    ['survives what is not a schema', { type: 7, properties: [], required: 'a', anyOf: {} }, {}],
  ]
  for (const [name, schema, expected] of cases) {
    it(name, () => {
      const copy = structuredClone(schema)
      assert.deepEqual(openApiSchema(schema), expected)
      assert.deepEqual(schema, copy)
    })
  }

  it('refuses references that multiply each other without end', () => {
    const $defs: Json = { d0: { type: 'string' } }
    for (let level = 1; level <= 30; level++) {
      const $ref = `#/$defs/d${level - 1}`
      $defs[`d${level}`] = { type: 'object', properties: { a: { $ref }, b: { $ref } } }
    }
    assert.throws(() => openApiSchema({ $ref: '#/$defs/d30', $defs }), RequestError)
  })
})
