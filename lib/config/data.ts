import * as v from 'valibot'
import { show } from './problems.ts'
import { isRecord, must } from './values.ts'

/** The depth of `override_params` and `metadata`; also ends the walk of an object that contains itself. */
const MAX_DATA_DEPTH = 64

type Data = Readonly<Record<string, unknown>>
type Key = string | number
type Report = (path: readonly Key[], message: string) => void

/** An object of any JSON; read into a frozen copy. */
export const data = v.pipe(
  v.custom<Data>(isRecord, must('an object')),
  v.metadata({ type: 'object' }),
  v.rawTransform<Data, Data>(({ dataset: { value }, addIssue, NEVER }) => {
    let isJson = true
    const copied = copyRecord(value, [], (path, message) => {
      isJson = false
      const keys = path.map((key) => ({ type: 'unknown' as const, origin: 'value' as const, input: value, key, value }))
      const [first, ...others] = keys
      if (first !== undefined) addIssue({ message, path: [first, ...others] })
    })
    return isJson ? copied : NEVER
  }),
)

function copyRecord(value: Data, path: readonly Key[], report: Report): Data {
  const copies = Object.entries(value).map(([key, item]) => {
    const where = [...path, key]
    // Harmless here, but not in code that later copies key by key.
    if (key === '__proto__') report(where, 'is not allowed as a key')
    return [key, copy(item, where, report)]
  })
  return Object.freeze(Object.fromEntries(copies)) as Data
}

function copy(value: unknown, path: readonly Key[], report: Report): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value
  if (path.length >= MAX_DATA_DEPTH) return report(path, `is nested more than ${MAX_DATA_DEPTH} levels deep`)
  if (Array.isArray(value)) {
    return Object.freeze(Array.from(value, (item, index) => copy(item, [...path, index], report)))
  }
  if (isRecord(value)) return copyRecord(value, path, report)
  return report(path, `must be plain JSON data, got ${show(value)}`)
}
