import * as v from 'valibot'
import { show } from './problems.ts'
import { isRecord } from './values.ts'

interface Rules {
  /** What is wrong with a key that is not in the entries. */
  readonly unknownKey: (key: string) => string
  /** What is wrong without a key that must be there. */
  readonly missingKey?: (key: string) => string
  /** The object must have one of these at least. */
  readonly oneOf?: readonly string[]
  /** Entries for all keys of a form. */
  readonly patterns?: readonly (readonly [RegExp, v.GenericSchema])[]
}

/**
 * An object with no keys but those of the entries: valibot's strict object with problems of its own. Each unknown key is one,
 * in the order of the object; and the value of a failure is the object without what is wrong, so that the rest can be read on.
 */
export function closed<const Entries extends v.ObjectEntries>(
  entries: Entries,
  { unknownKey, missingKey = (key) => `needs ${key}`, oneOf = [], patterns = [] }: Rules,
): v.StrictObjectSchema<Entries, undefined> {
  const required = Object.keys(entries).filter((key) => entries[key]?.type !== 'exact_optional')
  const schemaOf = (key: string) =>
    Object.hasOwn(entries, key) ? entries[key] : patterns.find(([form]) => form.test(key))?.[1]

  const missing = (input: object): string[] => {
    const keys = required.filter((key) => !Object.hasOwn(input, key))
    const none = oneOf.length > 0 && !oneOf.some((key) => Object.hasOwn(input, key))
    return [...keys.map(missingKey), ...(none ? [`needs ${oneOf.join(' or ')}`] : [])]
  }

  const run: v.GenericSchema['~run'] = ({ value: input }, config) => {
    if (!isRecord(input)) return ended(undefined, [issueOf(input, `must be an object, got ${show(input)}`)])
    const issues = missing(input).map((message) => issueOf(input, message))
    const output: [string, unknown][] = []
    for (const [key, value] of Object.entries(input)) {
      const schema = schemaOf(key)
      const read = schema?.['~run']({ value }, config) ?? ended(value, [issueOf(value, unknownKey(key))])
      const item: v.ObjectPathItem = { type: 'object', origin: 'value', input, key, value }
      for (const issue of read.issues ?? []) issues.push({ ...issue, path: [item, ...(issue.path ?? [])] })
      if (read.issues === undefined || (isClosed(schema) && isRecord(value))) output.push([key, read.value])
    }
    return ended(Object.fromEntries(output), issues)
  }
  return { ...v.strictObject(entries), '~run': run } as v.StrictObjectSchema<Entries, undefined>
}

type Issue = v.BaseIssue<unknown>

function ended(value: unknown, [first, ...others]: readonly Issue[]): v.OutputDataset<unknown, Issue> {
  return first === undefined ? { typed: true, value } : { typed: false, value, issues: [first, ...others] }
}

function issueOf(input: unknown, message: string): Issue {
  return { kind: 'schema', type: 'strict_object', input, expected: null, received: '', message }
}

function isClosed(schema: v.ObjectEntries[string] | undefined): boolean {
  return schema !== undefined && ('wrapped' in schema ? schema.wrapped.type : schema.type) === 'strict_object'
}

/** The same entries, each of which may be left out. */
export function optional<const Entries extends Table>(entries: Entries): Optional<Entries> {
  const wrapped = Object.entries(entries).map(([key, schema]) => [key, v.exactOptional(schema)])
  return Object.fromEntries(wrapped) as Optional<Entries>
}

export type Table = Readonly<Record<string, v.GenericSchema>>
export type Optional<Entries extends Table> = {
  readonly [Key in keyof Entries]: v.ExactOptionalSchema<Entries[Key], undefined>
}
