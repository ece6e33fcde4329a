import assert from 'node:assert/strict'
import fc from 'fast-check'
import { query as querySchema } from '../../../lib/config/query.ts'
import { read } from '../../../lib/config/read.ts'
import type { Query } from '../../../lib/config/resolved.ts'
import { type Facts, MAX_MATCHED, matches } from '../../../lib/middleware/routing/conditions.ts'

function holds(json: unknown, facts: Partial<Facts>): boolean {
  const query = read<Query>(querySchema, json, 'query', (path, message) => assert.fail(`${path}: ${message}`))
  assert.ok(query)
  return matches(query, { metadata: {}, params: {}, ...facts })
}

const ABSENT = {}
const param = (value: unknown) => ({ params: { x: value } })
const meta = (value: unknown) => ({ metadata: { x: value } })

/** Of a param x: what is asked, the values for which it holds, and those for which it does not. */
const PARAMS: [condition: unknown, holds: unknown[], fails: unknown[]][] = [
  ['a', ['a'], ['A', 'ab', '', null, ['a'], { a: 'a' }]],
  [5, [5, 5.0], ['5', 6, true, [5]]],
  [0, [0, -0], ['', '0', false, null]],
  [true, [true], ['true', 1, false]],
  [false, [false], ['false', 0, '', null]],
  [null, [null], ['', 0, false, 'null']],
  [{ $eq: 'a' }, ['a'], ['b']],
  [{ $ne: 'a' }, ['b', 5, null, ['a']], ['a']],
  [{ $gt: 5 }, [5.1, 1e300], [5, 4, '6', null, true, [6], {}]],
  [{ $gte: 5 }, [5, 6], [4.9, '5', null]],
  [{ $lt: 5 }, [4.9, -1], [5, '4', null, false]],
  [{ $lte: 5 }, [5, 0], [5.1, '5', null]],
  [{ $gt: 'b' }, ['c', 'ba'], ['b', 'a', 'B', 99, null]],
  [{ $lte: '10' }, ['10', '1', ''], ['9', 5]],
  [{ $in: ['a', 5, null] }, ['a', 5, null], ['5', 'b', ['a']]],
  [{ $nin: ['a', 5] }, ['b', '5', null, true], ['a', 5]],
  [{ $regex: '^gpt-[45]' }, ['gpt-4o', 'gpt-5'], ['gpt-3', 'a gpt-4', 5, null, ['gpt-4'], { x: 'gpt-4' }]],
  [{ $gte: 0, $lt: 1 }, [0, 0.5], [-1, 1]],
]

/** The same of a key of the metadata, where all are texts. */
const METADATA: typeof PARAMS = [
  ['5', ['5'], ['5.0', 5]],
  [5, ['5', '5.0', '05', 5], ['', ' 5', '5 ', '5a', '0x5', 'five', '+5']],
  [-1.5, ['-1.5'], ['1.5', '- 1.5', '-1.5.0']],
  [0, ['0', '-0', '0.0'], ['', ' ', 'false']],
  [true, ['true', true], ['True', '1', 'yes', 'false']],
  [false, ['false', false], ['', '0', 'true']],
  [{ $ne: 5 }, ['6', 'five', ''], ['5']],
  [{ $gt: 5 }, ['6', '10', '5.01'], ['5', '-6', 'six', '', '1e3', 'Infinity']],
  [{ $gte: 9, $lte: 10 }, ['9', '10'], ['8', '11']],
  [{ $gt: '5' }, ['6', '51'], ['10', '5']],
  [{ $in: [5, true, 'x'] }, ['5', 'true', 'x'], ['6', 'false', 'y']],
  [{ $nin: [5, true] }, ['6', 'five'], ['5', 'true']],
  [{ $regex: '^5' }, ['5', '55'], ['6', 5]],
]

describe('conditions', () => {
  for (const [of, table, facts] of [
    ['params', PARAMS, param],
    ['metadata', METADATA, meta],
  ] as const) {
    for (const [condition, right, wrong] of table) {
      it(`compare ${of}.x with ${JSON.stringify(condition)}`, () => {
        for (const value of right) assert.ok(holds({ [`${of}.x`]: condition }, facts(value)), JSON.stringify(value))
        for (const value of wrong) assert.ok(!holds({ [`${of}.x`]: condition }, facts(value)), JSON.stringify(value))
      })
    }

    it(`take what is not in ${of} for null`, () => {
      const asked = (condition: unknown) => holds({ [`${of}.x`]: condition }, ABSENT)
      assert.ok(asked(null))
      assert.ok(asked({ $ne: 'a' }))
      assert.ok(asked({ $nin: ['a', 0] }))
      assert.ok(asked({ $in: [null] }))
      for (const condition of ['', 0, false, { $gte: 0 }, { $lt: 'a' }, { $lte: '' }, { $regex: '' }]) {
        assert.ok(!asked(condition), JSON.stringify(condition))
      }
    })
  }

  it('must all hold, with each of their comparisons', () => {
    const asked = { 'params.a': 1, 'metadata.b': { $ne: 'x', $regex: 'y' } }
    assert.ok(holds(asked, { params: { a: 1 }, metadata: { b: 'y' } }))
    assert.ok(!holds(asked, { params: { a: 2 }, metadata: { b: 'y' } }))
    assert.ok(!holds(asked, { params: { a: 1 }, metadata: { b: 'z' } }))
  })

  it('are joined by $and and $or, in any nesting', () => {
    const asked = { 'params.s': true, $or: [{ 'params.a': 1 }, { $and: [{ 'params.b': 2 }, { 'params.c': 3 }] }] }
    assert.ok(holds(asked, { params: { s: true, a: 1 } }))
    assert.ok(holds(asked, { params: { s: true, b: 2, c: 3 } }))
    assert.ok(!holds(asked, { params: { s: true, b: 2 } }))
    assert.ok(!holds(asked, { params: { a: 1 } }))
    assert.ok(!holds(asked, { params: { s: true } }))
  })

  it('look into the objects of params, and take a dot in metadata for part of the key', () => {
    assert.ok(
      holds({ 'params.response_format.type': 'json_object' }, { params: { response_format: { type: 'json_object' } } }),
    )
    assert.ok(!holds({ 'params.a.b': 1 }, { params: { a: [{ b: 1 }] } }))
    assert.ok(!holds({ 'params.a.length': 1 }, { params: { a: 'x' } }))
    assert.ok(!holds({ 'params.a.length': 1 }, { params: { a: [1] } }))
    assert.ok(!holds({ 'params.a.b.c': 1 }, { params: { a: null } }))
    assert.ok(holds({ 'metadata.a.b': 'x' }, { metadata: { 'a.b': 'x' } }))
    assert.ok(!holds({ 'metadata.a.b': 'x' }, { metadata: { a: { b: 'x' } } }))
  })

  it('see own properties only', () => {
    for (const key of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'constructor.name']) {
      assert.ok(holds({ [`params.${key}`]: null }, { params: {} }), key)
      assert.ok(holds({ [`metadata.${key}`]: null }, { metadata: {} }), key)
    }
    assert.ok(holds({ 'params.constructor': 'x' }, { params: JSON.parse('{"constructor":"x"}') }))
    assert.ok(holds({ 'params.__proto__.a': 1 }, { params: JSON.parse('{"__proto__":{"a":1}}') }))
  })

  it('look for a pattern in the beginning of a text only', () => {
    const text = 'a'.repeat(MAX_MATCHED)
    assert.ok(holds({ 'params.x': { $regex: 'b' } }, param(`${text.slice(1)}b`)))
    assert.ok(!holds({ 'params.x': { $regex: 'b' } }, param(`${text}b`)))
  })

  it('find the same each time they are asked', () => {
    const query = read<Query>(querySchema, { 'params.x': { $regex: 'a' } }, '', () => assert.fail())
    assert.ok(query)
    for (let time = 0; time < 3; time++) assert.ok(matches(query, { metadata: {}, params: { x: 'xa' } }))
  })

  it('answer true or false to any JSON', () => {
    const operand = fc.oneof(
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    )
    const ordered = fc.oneof(fc.string(), fc.integer())
    const condition = fc.oneof(
      operand,
      fc.record(
        { $eq: operand, $ne: operand, $gt: ordered, $lte: ordered, $in: fc.array(operand, { minLength: 1 }) },
        { requiredKeys: ['$eq'] },
      ),
    )
    const key = fc.oneof(fc.constantFrom('a', 'constructor', '__proto__', 'a.b'), fc.string({ minLength: 1 }))
    const asked = fc.tuple(fc.constantFrom('metadata', 'params'), key, condition)
    const facts = fc.dictionary(fc.constantFrom('a', 'b', 'constructor'), fc.jsonValue())
    fc.assert(
      fc.property(asked, facts, facts, ([of, name, value], metadata, params) => {
        const whether = holds({ [`${of}.${name}`]: value }, { metadata, params })
        assert.equal(typeof whether, 'boolean')
        assert.equal(holds({ $or: [{ [`${of}.${name}`]: value }] }, { metadata, params }), whether)
      }),
    )
  })
})
