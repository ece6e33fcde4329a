import * as v from 'valibot'
import { closed, optional } from './closed.ts'
import { at, kind, type Report } from './problems.ts'
import type { ApiKey } from './resolved.ts'
import { must, name, secret } from './values.ts'

const unknownKey = (key: string) => `unknown key ${key}, expected one of key, name`
const named = closed({ key: secret, ...optional({ name }) }, { unknownKey })

/** Several keys of one target, each alone or with a name. No value of a key shows. */
export const apiKeys = v.pipe(
  v.array(v.union([secret, named], must('a string, or an object with a key and a name', kind)), must('an array', kind)),
  v.minLength(1, 'must not be empty'),
)

/** The keys with their names, which are their places, from 1, where none is given. Reports a name that two have. */
export function resolveKeys(
  given: v.InferOutput<typeof apiKeys> | undefined,
  path: string,
  report: Report,
): readonly ApiKey[] | undefined {
  const keys = given?.map((each, index): ApiKey => {
    const { key, name = String(index + 1) } = typeof each === 'object' ? each : { key: each }
    return Object.freeze({ name, key: key ?? '' })
  })
  for (const [index, { name }] of (keys ?? []).entries()) {
    if (keys?.findIndex((each) => each.name === name) !== index) {
      report(at(at(path, index), 'name'), 'is also the name of another key')
    }
  }
  return keys && Object.freeze(keys)
}
