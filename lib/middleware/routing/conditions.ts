import type { Comparison, Primitive, Query } from '../../config/resolved.ts'
import { isRecord } from '../../config/values.ts'

/** The values that queries compare. `params` is the request. Both come from a client, and may hold anything that JSON can. */
export interface Facts {
  readonly metadata: Readonly<Record<string, unknown>>
  readonly params: object
}

/** Characters of a text that a pattern sees, since a client chooses the text. */
export const MAX_MATCHED = 4096

/**
 * Whether a query holds.
 *
 * - `metadata.a.b` is the key `a.b` of the metadata; `params.a.b` is `b` in the object `a` of the request.
 * - What is absent counts as null: equal to nothing else, and neither more nor less than anything.
 * - Types count: 5 is not "5". But metadata are always text where they come from, so beside a number or a boolean a text
 *   of the metadata counts as the one it spells: "5", "-1.5", "true".
 * - Texts are more or less than each other by their UTF-16 code units.
 */
export function matches(query: Query, facts: Facts): boolean {
  if ('every' in query) return query.every.every((part) => matches(part, facts))
  if ('some' in query) return query.some.some((part) => matches(part, facts))
  const { of, key } = query
  if (of === 'params') return holds(key.split('.').reduce<unknown>(own, facts.params) ?? null, query)
  return holds(own(facts.metadata, key) ?? null, query, spelt)
}

/** The value of a key; what every object inherits does not count. */
function own(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

function holds(value: unknown, query: Comparison, like = (actual: unknown, _operand: Primitive) => actual): boolean {
  const equals = (operand: Primitive) => like(value, operand) === operand
  switch (query.operator) {
    case '$eq':
      return equals(query.operand)
    case '$ne':
      return !equals(query.operand)
    case '$in':
      return query.operand.some(equals)
    case '$nin':
      return !query.operand.some(equals)
    case '$gt':
      return difference(like(value, query.operand), query.operand) > 0
    case '$gte':
      return difference(like(value, query.operand), query.operand) >= 0
    case '$lt':
      return difference(like(value, query.operand), query.operand) < 0
    case '$lte':
      return difference(like(value, query.operand), query.operand) <= 0
    case '$regex':
      return typeof value === 'string' && query.operand.test(value.slice(0, MAX_MATCHED))
  }
}

/** Below 0 if `a` is less than `b`; NaN, which no comparison holds for, if they are of different types. */
function difference(a: unknown, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b)
  return Number.NaN
}

/** A text as what it spells, of the operand's type. */
function spelt(value: unknown, operand: Primitive): unknown {
  if (typeof value !== 'string') return value
  if (typeof operand === 'number' && /^-?\d{1,300}(\.\d{1,300})?$/.test(value)) return Number(value)
  if (typeof operand === 'boolean' && /^(true|false)$/.test(value)) return value === 'true'
  return value
}
