import assert from 'node:assert/strict'
import { MAX_PATTERN, MAX_QUERY_LEVELS, query } from '../../lib/config/query.ts'
import { read as readBy } from '../../lib/config/read.ts'

/** What a query becomes, and all that is wrong with it. */
function read(json: unknown) {
  const problems: string[] = []
  const result = readBy(query, json, 'q', (path, message) => problems.push(`${path}: ${message}`))
  return { result, problems }
}

function good(json: unknown) {
  const { result, problems } = read(json)
  assert.deepEqual(problems, [])
  return result
}

const nested = (levels: number): unknown => (levels === 1 ? { 'params.a': 1 } : { $and: [nested(levels - 1)] })

describe('a query', () => {
  it('compares with a bare value as with $eq', () => {
    for (const operand of ['pro', '', 0, -1.5, true, false, null]) {
      const expected = { of: 'metadata', key: 'plan', operator: '$eq', operand }
      assert.deepEqual(good({ 'metadata.plan': operand }), expected)
    }
  })

  it('has all comparisons of all keys', () => {
    assert.deepEqual(
      good({ 'params.temperature': { $gt: 0.5, $lte: 1 }, 'metadata.a.b': { $in: ['x', null, 2, true] } }),
      {
        every: [
          {
            every: [
              { of: 'params', key: 'temperature', operator: '$gt', operand: 0.5 },
              { of: 'params', key: 'temperature', operator: '$lte', operand: 1 },
            ],
          },
          { of: 'metadata', key: 'a.b', operator: '$in', operand: ['x', null, 2, true] },
        ],
      },
    )
  })

  it('nests in $and and $or', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((key) => ({ of: 'params', key, operator: '$eq', operand: 1 }))
    assert.deepEqual(good({ $or: [{ 'params.a': 1 }, { $and: [{ 'params.b': 1 }, { 'params.c': { $eq: 1 } }] }] }), {
      some: [a, { every: [b, c] }],
    })
    good(nested(MAX_QUERY_LEVELS))
  })

  it('has its patterns compiled', () => {
    const expected = { of: 'params', key: 'model', operator: '$regex', operand: /^gpt-[45]/ }
    assert.deepEqual(good({ 'params.model': { $regex: '^gpt-[45]' } }), expected)
    good({ 'params.model': { $regex: 'a'.repeat(MAX_PATTERN) } })
  })

  const PRIMITIVE = 'must be a string, a number, true, false or null'
  const KEY = 'unknown key, expected metadata.<key>, params.<key>, $and or $or'
  const OPERATOR = 'expected one of $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $regex'
  const WRONG: [json: unknown, ...problems: string[]][] = [
    ['pro', 'q: must be an object, got "pro"'],
    [[], 'q: must be an object, got an array'],
    [{}, 'q: must not be empty'],
    [{ plan: 'pro' }, `q.plan: ${KEY}`],
    [{ metadata: { plan: 'pro' } }, `q.metadata: ${KEY}`],
    [{ 'metadata.': 1 }, `q["metadata."]: ${KEY}`],
    [{ 'metdata.plan': 1 }, `q["metdata.plan"]: ${KEY}; did you mean metadata.plan?`],
    [{ 'param.a.b': 1 }, `q["param.a.b"]: ${KEY}; did you mean params.a.b?`],
    [{ 'headers.a': 1 }, `q["headers.a"]: ${KEY}`],
    [{ $not: [] }, `q.$not: ${KEY}`],
    [{ $eq: 1 }, `q.$eq: ${KEY}`],
    [JSON.parse('{"__proto__":1}'), `q.__proto__: ${KEY}`],
    [{ 'params.a': [1] }, `q["params.a"]: ${PRIMITIVE}, or an object of operators, got an array`],
    [
      { 'params.a': undefined },
      `q["params.a"]: ${PRIMITIVE}, or an object of operators, got undefined (is an environment variable not set?)`,
    ],
    [{ 'params.a': Number.NaN }, `q["params.a"]: ${PRIMITIVE}, or an object of operators, got NaN`],
    [{ 'params.a': {} }, 'q["params.a"]: must not be empty'],
    [{ 'params.a': { $gtee: 1 } }, `q["params.a"].$gtee: unknown operator "$gtee", ${OPERATOR}; did you mean "$gte"?`],
    [{ 'params.a': { gt: 1 } }, `q["params.a"].gt: unknown operator "gt", ${OPERATOR}; did you mean "$gt"?`],
    [
      { 'params.a': { $regexp: 'a' } },
      `q["params.a"].$regexp: unknown operator "$regexp", ${OPERATOR}; did you mean "$regex"?`,
    ],
    [{ 'params.a': { $where: 'a' } }, `q["params.a"].$where: unknown operator "$where", ${OPERATOR}`],
    [{ 'params.a': { constructor: 1 } }, `q["params.a"].constructor: unknown operator "constructor", ${OPERATOR}`],
    [{ 'params.a': { $eq: [1] } }, `q["params.a"].$eq: ${PRIMITIVE}, got an array`],
    [{ 'params.a': { $ne: {} } }, `q["params.a"].$ne: ${PRIMITIVE}, got an object`],
    ...['$gt', '$gte', '$lt', '$lte'].flatMap((operator): [unknown, string][] => [
      [{ 'params.a': { [operator]: null } }, `q["params.a"].${operator}: must be a number or a string, got null`],
      [{ 'params.a': { [operator]: true } }, `q["params.a"].${operator}: must be a number or a string, got true`],
    ]),
    ...['$in', '$nin'].flatMap((operator): [unknown, string][] => [
      [{ 'params.a': { [operator]: 'x' } }, `q["params.a"].${operator}: must be an array, got "x"`],
      [{ 'params.a': { [operator]: [] } }, `q["params.a"].${operator}: must not be empty`],
      [{ 'params.a': { [operator]: ['x', {}] } }, `q["params.a"].${operator}[1]: ${PRIMITIVE}, got an object`],
    ]),
    [{ 'params.a': { $regex: 1 } }, 'q["params.a"].$regex: must be a string, got 1'],
    [{ 'params.a': { $regex: '(' } }, 'q["params.a"].$regex: is not a valid regular expression'],
    [{ 'params.a': { $regex: 'a'.repeat(501) } }, 'q["params.a"].$regex: must be at most 500 characters long'],
    [{ $and: { 'params.a': 1 } }, 'q.$and: must be an array, got an object'],
    [{ $or: [] }, 'q.$or: must not be empty'],
    [{ $or: [{ 'params.a': 1 }, {}] }, 'q.$or[1]: must not be empty'],
    [nested(MAX_QUERY_LEVELS + 1), `q${'.$and[0]'.repeat(9)}.$and: is nested too deep, at most 10 levels`],
    [
      { x: 1, 'params.a': { $foo: 1, $gt: {} }, $or: 1 },
      `q.x: ${KEY}`,
      `q["params.a"].$foo: unknown operator "$foo", ${OPERATOR}`,
      'q["params.a"].$gt: must be a number or a string, got an object',
      'q.$or: must be an array, got 1',
    ],
  ]
  it('has each of its mistakes explained', () => {
    for (const [json, ...problems] of WRONG) assert.deepEqual(read(json).problems, problems)
  })
})
