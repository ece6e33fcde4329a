import * as v from 'valibot'
import { nearest } from './nearest.ts'
import { at, type Report, show } from './problems.ts'
import type { Operands, Primitive, Query } from './resolved.ts'
import { checked, each, isRecord, must, type Reader, unknown } from './values.ts'

/** How deep `$and` and `$or` may nest; the outermost query is the first level. */
export const MAX_QUERY_LEVELS = 10
/** Characters of a pattern. */
export const MAX_PATTERN = 500

const isOrdered = (value: unknown): value is string | number => typeof value === 'string' || Number.isFinite(value)
const isPrimitive = (value: unknown): value is Primitive =>
  value === null || typeof value === 'boolean' || isOrdered(value)

const PRIMITIVE = 'a string, a number, true, false or null'
const primitive: Reader<Primitive> = checked(v.custom<Primitive>(isPrimitive, must(PRIMITIVE)))
const bare: Reader<Primitive> = checked(
  v.custom<Primitive>(isPrimitive, must(`${PRIMITIVE}, or an object of operators`)),
)
const ordered: Reader<string | number> = checked(v.custom<string | number>(isOrdered, must('a number or a string')))
const pattern: Reader<RegExp> = checked(
  v.pipe(
    v.string(must('a string')),
    v.maxLength(MAX_PATTERN, `must be at most ${MAX_PATTERN} characters long`),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return Object.freeze(new RegExp(dataset.value))
      } catch {
        addIssue({ message: 'is not a valid regular expression' })
        return NEVER
      }
    }),
  ),
)

const OPERATORS: { readonly [Operator in keyof Operands]: Reader<Operands[Operator]> } = {
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
const OPERATOR_NAMES = Object.keys(OPERATORS) as (keyof Operands)[]

/** The query of a condition. */
export const query: Reader<Query> = (value, path, report) => readQuery(value, path, report, 1)

function readQuery(value: unknown, path: string, report: Report, level: number): Query | undefined {
  return every(value, path, report, (key, item, where) => {
    if (key === '$and' || key === '$or') return readParts(key, item, where, report, level + 1)
    const [of = '', ...rest] = key.split('.')
    const name = rest.join('.')
    if ((of === 'metadata' || of === 'params') && name !== '') {
      return readComparisons({ of, key: name }, item, where, report)
    }
    const guess = name === '' ? undefined : nearest(of, ['metadata', 'params'])
    const hint = guess === undefined ? '' : `; did you mean ${guess}.${name}?`
    report(where, `unknown key, expected metadata.<key>, params.<key>, $and or $or${hint}`)
    return undefined
  })
}

function readParts(
  key: '$and' | '$or',
  value: unknown,
  path: string,
  report: Report,
  level: number,
): Query | undefined {
  if (level > MAX_QUERY_LEVELS) {
    report(path, `is nested too deep, at most ${MAX_QUERY_LEVELS} levels`)
    return undefined
  }
  const parts = each((part, where) => readQuery(part, where, report, level))(value, path, report)
  return parts && Object.freeze(key === '$and' ? { every: parts } : { some: parts })
}

/** Without an operator it is `$eq`. */
function readComparisons(
  asked: { of: 'metadata' | 'params'; key: string },
  value: unknown,
  path: string,
  report: Report,
): Query | undefined {
  if (!isRecord(value)) {
    const operand = bare(value, path, report)
    return operand === undefined ? undefined : Object.freeze<Query>({ ...asked, operator: '$eq', operand })
  }
  return every(value, path, report, (key, item, where) => {
    const operator = OPERATOR_NAMES.find((name) => name === key)
    if (operator === undefined) {
      report(where, unknown('operator', key, OPERATOR_NAMES))
      return undefined
    }
    const operand = OPERATORS[operator](item, where, report)
    // Of the same row of the table, which the type does not tell.
    return operand === undefined ? undefined : (Object.freeze({ ...asked, operator, operand }) as Query)
  })
}

/** All entries of an object that has one at least. */
function every(
  value: unknown,
  path: string,
  report: Report,
  read: (key: string, item: unknown, where: string) => Query | undefined,
): Query | undefined {
  if (!isRecord(value)) {
    report(path, `must be an object, got ${show(value)}`)
    return undefined
  }
  const entries = Object.entries(value)
  if (entries.length === 0) report(path, 'must not be empty')
  const parts = entries.flatMap(([key, item]) => read(key, item, at(path, key)) ?? [])
  return parts.length === 1 ? parts[0] : Object.freeze({ every: Object.freeze(parts) })
}

/** Whether it has a pattern anywhere. */
export function hasPattern(query: Query): boolean {
  if ('every' in query) return query.every.some(hasPattern)
  if ('some' in query) return query.some.some(hasPattern)
  return query.operator === '$regex'
}
