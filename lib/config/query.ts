import * as v from 'valibot'
import { closed, optional } from './closed.ts'
import { nearest } from './nearest.ts'
import { pathOf } from './read.ts'
import type { Query } from './resolved.ts'
import { each, isRecord, must, unknown, word } from './values.ts'

/** How deep `$and` and `$or` may nest; the outermost query is the first level. */
export const MAX_QUERY_LEVELS = 10
/** Characters of a pattern. */
export const MAX_PATTERN = 500

function primitiveOr(more: string) {
  const message = must(`a string, a number, true, false or null${more}`)
  return v.union([v.string(), v.pipe(v.number(), v.finite(message)), v.boolean(), v.null()], message)
}

const primitive = primitiveOr('')
const ORDERED = must('a number or a string')
const ordered = v.union([v.string(), v.pipe(v.number(), v.finite(ORDERED))], ORDERED)
const pattern = v.pipe(
  word,
  v.maxLength(MAX_PATTERN, `must be at most ${MAX_PATTERN} characters long`),
  v.metadata({ format: 'regex' }),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      return Object.freeze(new RegExp(dataset.value))
    } catch {
      addIssue({ message: 'is not a valid regular expression' })
      return NEVER
    }
  }),
)

const OPERATORS = {
  $eq: primitive,
  $ne: primitive,
  $gt: ordered,
  $gte: ordered,
  $lt: ordered,
  $lte: ordered,
  $in: each(primitive),
  $nin: each(primitive),
  $regex: pattern,
}
const operators = v.pipe(
  closed(optional(OPERATORS), { unknownKey: (key) => unknown('operator', key, Object.keys(OPERATORS)) }),
  v.minEntries(1, 'must not be empty'),
)

const bare = primitiveOr(', or an object of operators')
/** What a parameter or an entry of the metadata is compared with; without an operator it is `$eq`. */
export const comparison = v.union([operators, bare])
// By the value's form: of a union only the problem of the whole would be known.
const comparisonOf = v.lazy((input) => (isRecord(input) ? operators : bare))

type Comparison = v.InferInput<typeof comparison>
/** What a condition asks of a request: all of its entries must hold. */
export interface QueryConfig {
  [key: `metadata.${string}` | `params.${string}`]: Comparison
  $and?: QueryConfig[]
  $or?: QueryConfig[]
}

const parts = each(v.lazy(() => queryEntries))
/** A query, however deep it nests. */
export const queryEntries: v.GenericSchema<QueryConfig, Query> = v.pipe(
  closed(optional({ $and: parts, $or: parts }), {
    patterns: [[/^(metadata|params)\../s, comparisonOf]],
    unknownKey,
  }),
  v.minEntries(1, 'must not be empty'),
  v.metadata({ patternProperties: { '^(metadata|params)\\.[\\s\\S]': { $ref: '#/$defs/comparison' } } }),
  v.transform(queryOf),
)

/** The query of a condition. */
export const query = v.pipe(
  v.custom<QueryConfig>(() => true),
  v.metadata({ $ref: '#/$defs/query' }),
  v.rawCheck(({ dataset, addIssue }) => {
    const path = tooDeep(dataset.value, 1)
    if (path) addIssue({ message: `is nested too deep, at most ${MAX_QUERY_LEVELS} levels`, path: pathOf(path) })
  }),
  queryEntries,
)

/** The path to the first query that is one level too deep. */
function tooDeep(value: unknown, level: number): (string | number)[] | undefined {
  for (const key of ['$and', '$or']) {
    const inner = isRecord(value) ? value[key] : undefined
    if (inner === undefined) continue
    if (level === MAX_QUERY_LEVELS) return [key]
    for (const [index, part] of Array.isArray(inner) ? inner.entries() : []) {
      const path = tooDeep(part, level + 1)
      if (path !== undefined) return [key, index, ...path]
    }
  }
  return undefined
}

function unknownKey(key: string): string {
  const [of = '', ...rest] = key.split('.')
  const name = rest.join('.')
  const guess = name === '' ? undefined : nearest(of, ['metadata', 'params'])
  const hint = guess === undefined ? '' : `; did you mean ${guess}.${name}?`
  return `unknown key, expected metadata.<key>, params.<key>, $and or $or${hint}`
}

function queryOf(entries: object): Query {
  return every(
    Object.entries(entries).map(([key, value]) => {
      if (key === '$and') return Object.freeze({ every: Object.freeze(value) })
      if (key === '$or') return Object.freeze({ some: Object.freeze(value) })
      return comparisons(key, isRecord(value) ? value : { $eq: value })
    }),
  )
}

function comparisons(key: string, operands: Readonly<Record<string, unknown>>): Query {
  const [of, ...rest] = key.split('.')
  return every(
    Object.entries(operands).map(
      // Operator and operand are of one row of OPERATORS, which the types of entries do not say.
      ([operator, operand]) =>
        Object.freeze({ of, key: rest.join('.'), operator, operand: Object.freeze(operand) }) as Query,
    ),
  )
}

function every(queries: readonly Query[]): Query {
  const [only] = queries
  return queries.length === 1 && only !== undefined ? only : Object.freeze({ every: Object.freeze(queries) })
}

/** Whether it has a pattern anywhere. */
export function hasPattern(query: Query): boolean {
  if ('every' in query) return query.every.some(hasPattern)
  if ('some' in query) return query.some.some(hasPattern)
  return query.operator === '$regex'
}
