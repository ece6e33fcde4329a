import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import { withLocalDefinitions, withoutReferences } from '../../lib/providers/schema-references.ts'
import { objectRoot } from '../../lib/providers/schema-root.ts'

type Json = Record<string, unknown>
const text = { type: 'string' }
const number = { type: 'number' }

describe('the schema of arguments', () => {
  const a = { type: 'object', properties: { a: text, k: text }, required: ['a', 'k'], additionalProperties: false }
  const b = { type: 'object', properties: { b: number, k: number }, required: ['k'] }
  const rows: [name: string, schema: Json | undefined, expected: Json][] = [
    ['is there where none is given', undefined, { type: 'object', properties: {} }],
    ['gets a type', { properties: { a: text } }, { type: 'object', properties: { a: text } }],
    ['is an object even if it may be null', { type: ['object', 'null'] }, { type: 'object' }],
    ['stays as it is if nothing is wrong', a, a],
    [
      'merges allOf',
      { allOf: [a, b], description: 'd', required: ['z'] },
      {
        type: 'object',
        description: 'd',
        properties: { a: text, k: { allOf: [text, number] }, b: number },
        required: ['z', 'a', 'k'],
      },
    ],
    [
      'merges anyOf, and says what it was',
      { anyOf: [a, b, { type: 'null' }], description: 'd' },
      {
        type: 'object',
        properties: { a: text, k: { anyOf: [text, number] }, b: number },
        required: ['k'],
        description: `d\n\nThe arguments must fit one of these JSON Schemas: ${JSON.stringify([a, b])}`,
      },
    ],
    ['is the only branch there is', { oneOf: [a] }, { type: 'object', properties: a.properties, required: ['a', 'k'] }],
    [
      'joins three alternatives of one property',
      { oneOf: ['x', 'y', 'x', 'z'].map((each) => ({ properties: { k: { const: each } } })) },
      {
        type: 'object',
        properties: { k: { anyOf: [{ const: 'x' }, { const: 'y' }, { const: 'x' }, { const: 'z' }] } },
        description: `The arguments must fit one of these JSON Schemas: ${JSON.stringify(
          ['x', 'y', 'x', 'z'].map((each) => ({ properties: { k: { const: each } } })),
        )}`,
      },
    ],
    [
      'is what its root refers to',
      { $ref: '#/definitions/A', definitions: { A: { properties: { next: { $ref: '#/definitions/A' } } } } },
      {
        type: 'object',
        properties: { next: { $ref: '#/$defs/A' } },
        $defs: { A: { properties: { next: { $ref: '#/$defs/A' } } } },
      },
    ],
    ['is any object where the root leads nowhere', { $ref: '#/nowhere' }, { type: 'object' }],
    [
      'ends where the root leads back to itself',
      { $ref: '#', properties: { a: text } },
      {
        type: 'object',
        properties: { a: text },
      },
    ],
    [
      'has a property that only a prototype has',
      { allOf: [JSON.parse('{"properties":{"__proto__":{"type":"string"}}}')] },
      JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}'),
    ],
  ]
  for (const [name, schema, expected] of rows) {
    it(name, () => assert.equal(JSON.stringify(sorted(objectRoot(schema))), JSON.stringify(sorted(expected))))
  }
})

describe('references of a schema', () => {
  const tree = { properties: { left: { $ref: '#/$defs/Tree' } } }
  const rows: [name: string, schema: Json, local: Json, inPlace: Json][] = [
    ['are none', { type: 'object' }, { type: 'object' }, { type: 'object' }],
    [
      'lead to names with odd characters',
      { properties: { a: { $ref: '#/definitions/x~1y%20z' } }, definitions: { 'x/y z': text } },
      { properties: { a: { $ref: '#/$defs/x~1y z' } }, $defs: { 'x/y z': text } },
      { properties: { a: text } },
    ],
    [
      'lead nowhere, out of the schema, or to an anchor',
      { properties: { a: { $ref: '#/x%ZZ', title: 't' }, b: { $ref: 'https://x.test' }, c: { $ref: '#name' } } },
      { properties: { a: { title: 't' }, b: {}, c: {} } },
      { properties: { a: { title: 't' }, b: {}, c: {} } },
    ],
    [
      'lead into a list, and into definitions within',
      { anyOf: [{ $defs: { X: text }, $ref: '#/anyOf/0/$defs/X' }, { $ref: '#/anyOf/0' }] },
      { anyOf: [{ $ref: '#/$defs/X' }, { $ref: '#/$defs/0' }], $defs: { X: text, 0: { $ref: '#/$defs/X' } } },
      { anyOf: [text, text] },
    ],
    [
      'lead back into themselves',
      { $ref: '#/$defs/Tree', $defs: { Tree: tree } },
      { $ref: '#/$defs/Tree', $defs: { Tree: tree } },
      { properties: { left: { type: 'object' } } },
    ],
  ]
  for (const [name, schema, local, inPlace] of rows) {
    it(name, () => {
      assert.deepEqual(withLocalDefinitions(schema), local)
      assert.deepEqual(withoutReferences(schema), inPlace)
    })
  }

  it('that multiply each other are refused', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [
        `d${index}`,
        { properties: { a: { $ref: `#/$defs/d${index + 1}` }, b: { $ref: `#/$defs/d${index + 1}` } } },
      ]),
    )
    assert.throws(() => withoutReferences({ $ref: '#/$defs/d0', $defs }), RequestError)
  })
})

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  )
}
