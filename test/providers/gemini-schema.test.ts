import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import { jsonSchema } from '../../lib/providers/gemini/json-schema.ts'
import { openApiSchema } from '../../lib/providers/gemini/schema.ts'

type Json = Record<string, unknown>

describe("Gemini's JSON Schema", () => {
  const rows: [name: string, schema: Json, expected: Json][] = [
    [
      'has an enum for every const, and is otherwise as it was',
      {
        type: 'object',
        properties: { const: { const: 'a', default: { const: 1 } }, b: { anyOf: [{ const: 1 }, { const: 'c' }] } },
        items: [{ const: 2 }],
        additionalProperties: { prefixItems: [{ const: 4 }] },
      },
      {
        type: 'object',
        properties: { const: { enum: ['a'], default: { const: 1 } }, b: { anyOf: [{ enum: [1] }, { enum: ['c'] }] } },
        items: [{ enum: [2] }],
        additionalProperties: { prefixItems: [{ enum: [4] }] },
      },
    ],
    [
      'refers to $defs, with nothing beside the reference',
      {
        properties: {
          kind: { $ref: '#/$defs/Kind', title: 'K', description: 'd' },
          old: { $ref: '#/definitions/Kind' },
          same: { $ref: '#/properties/kind' },
          all: { $ref: '#' },
        },
        $defs: { Kind: { enum: ['a'] }, Unused: {} },
        definitions: { Kind: { enum: ['b'] } },
      },
      {
        properties: {
          kind: { title: 'K', description: 'd', anyOf: [{ $ref: '#/$defs/Kind' }] },
          old: { $ref: '#/$defs/Kind_2' },
          same: { $ref: '#/$defs/kind' },
          all: { $ref: '#' },
        },
        $defs: {
          Kind: { enum: ['a'] },
          Kind_2: { enum: ['b'] },
          kind: { title: 'K', description: 'd', anyOf: [{ $ref: '#/$defs/Kind' }] },
        },
      },
    ],
    [
      'keeps what refers to itself',
      { $ref: '#/$defs/N', $defs: { N: { properties: { next: { $ref: '#/$defs/N' } } } } },
      { $ref: '#/$defs/N', $defs: { N: { properties: { next: { $ref: '#/$defs/N' } } } } },
    ],
    [
      'has other alternatives beside a reference in its place',
      { properties: { a: { $ref: '#/$defs/A', anyOf: [{ type: 'string' }] } }, $defs: { A: {} } },
      { properties: { a: { anyOf: [{ type: 'string' }] } }, $defs: { A: {} } },
    ],
    ['lists booleans as their type', { enum: [true, false], title: 't' }, { title: 't', type: 'boolean' }],
    ['says which boolean', { const: true, description: 'd' }, { type: 'boolean', description: 'd\n\nAlways true.' }],
    ['lists null as its type', { const: null }, { type: 'null' }],
    [
      'lists values of several kinds as alternatives',
      { type: ['string', 'null'], enum: ['a', null, 1, false, [1], { b: 1 }], description: 'd' },
      {
        description: 'd',
        anyOf: [
          { type: 'string', enum: ['a', 1] },
          { type: 'boolean', description: 'Always false.' },
          { type: 'null' },
          { type: 'array', description: 'Exactly [1].' },
          { type: 'object', description: 'Exactly {"b":1}.' },
        ],
      },
    ],
    [
      'keeps both of two types',
      { type: ['string', 'number'], enum: ['a', 1, true] },
      {
        anyOf: [
          { type: ['string', 'number'], enum: ['a', 1] },
          { type: 'boolean', description: 'Always true.' },
        ],
      },
    ],
    [
      'merges allOf',
      { allOf: [{ $ref: '#/$defs/A' }], title: 't', $defs: { A: { type: 'string' } } },
      { title: 't', anyOf: [{ $ref: '#/$defs/A' }], $defs: { A: { type: 'string' } } },
    ],
    [
      'puts what several branches refer to in place',
      {
        allOf: [{ $ref: '#/$defs/A' }, { $ref: '#/$defs/B' }, { $ref: 'https://x.test' }],
        $defs: {
          A: { properties: { a: { type: 'string' } }, required: ['a'] },
          B: { allOf: [{ $ref: '#/$defs/B' }, { properties: { b: { const: true } } }] },
        },
      },
      {
        properties: { a: { type: 'string' }, b: { type: 'boolean', description: 'Always true.' } },
        required: ['a'],
        $defs: {
          A: { properties: { a: { type: 'string' } }, required: ['a'] },
          B: { properties: { b: { type: 'boolean', description: 'Always true.' } } },
        },
      },
    ],
  ]
  for (const [name, schema, expected] of rows) {
    it(name, () => {
      const copy = structuredClone(schema)
      assert.deepEqual(jsonSchema(schema), expected)
      assert.deepEqual(schema, copy)
    })
  }

  it('of no object is as it was', () => assert.equal(jsonSchema(undefined), undefined))
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
      {
        anyOf: [
          { type: 'STRING', nullable: true },
          { type: 'NUMBER', nullable: true },
        ],
      },
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
