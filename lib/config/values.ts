import * as v from 'valibot'
import { nearest } from './nearest.ts'
import { at, kind, type Report, show } from './problems.ts'

/** Reads one value: gives it back checked, or reports what is wrong with it and gives back undefined. */
export type Reader<T> = (value: unknown, path: string, report: Report) => T | undefined

/** What a table of readers makes of an object: any of its keys may be missing. */
export type Read<Table> = { readonly [K in keyof Table]?: Table[K] extends Reader<infer T> ? T : never }

/** A reader from a schema whose messages say what is wrong. */
export function checked<T>(schema: v.GenericSchema<unknown, T>): Reader<T> {
  return (value, path, report) => {
    const result = v.safeParse(schema, value, { abortPipeEarly: true })
    if (result.success) return result.output
    for (const issue of result.issues) {
      const where = (issue.path ?? []).reduce((above, { key }) => at(above, key as string | number), path)
      report(where, issue.message)
    }
    return undefined
  }
}

type Message = (issue: v.BaseIssue<unknown>) => string
export const must =
  (be: string, tell = show): Message =>
  ({ input }) =>
    `must be ${be}, got ${tell(input)}`

function wholeNumber(min: number, max: number, unit = '') {
  const message = must(`an integer from ${min} to ${max}${unit}`)
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message))
}

export const integer = (min: number, max: number): Reader<number> => checked(wholeNumber(min, max))

/** Node's timers overflow above this. */
const MAX_DURATION = 2_147_483_647
export const duration: Reader<number> = checked(wholeNumber(1, MAX_DURATION, ' (milliseconds)'))
export const positive: Reader<number> = integer(1, MAX_DURATION)

const givenDelay: Reader<number> = checked(wholeNumber(1, MAX_DURATION, ' (milliseconds) or "p95"'))
/** Milliseconds, or as long as the slowest twentieth takes. */
export const delay: Reader<number | 'p95'> = (value, path, report) =>
  value === 'p95' ? value : givenDelay(value, path, report)

/** 200 is left out since it is no failure, and what comes below it never is an answer. */
export const statuses: Reader<number[]> = checked(
  v.array(wholeNumber(201, 599, ' (an HTTP status that is a failure)'), must('an array of HTTP statuses')),
)

export const flag: Reader<boolean> = checked(v.boolean(must('true or false')))

function number(what: string, isRight: (value: number) => boolean): Reader<number> {
  const message = must(what)
  return checked(v.pipe(v.number(message), v.finite(message), v.check(isRight, message)))
}

export const weight: Reader<number> = number('a number of 0 or more', (value) => value >= 0)
export const rate: Reader<number> = number('a number above 0', (value) => value > 0)
export const share: Reader<number> = number('a number above 0 and at most 1', (value) => value > 0 && value <= 1)
export const percentage: Reader<number> = number('a number from 1 to 100', (value) => value >= 1 && value <= 100)

export const list: Reader<unknown[]> = checked(v.array(v.unknown(), must('an array')))

/** An array of at least one item, each of them read by `read`. */
export function each<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value, path, report) => {
    const items = list(value, path, report)
    if (items?.length === 0) report(path, 'must not be empty')
    const values = items?.map((item, index) => read(item, at(path, index), report)) ?? []
    return values.length > 0 && values.every((item) => item !== undefined) ? Object.freeze(values) : undefined
  }
}

export const metadataKeys: Reader<string[]> = checked(
  v.array(v.string(must('a key of the metadata')), must('an array of keys of the metadata')),
)

/** One of a few words. */
export function oneOf<const T extends string>(options: readonly T[]): Reader<T> {
  return checked(v.picklist(options, ({ input }) => unknown('value', input, options)))
}

/** `unknown provider "opena1", expected one of …; did you mean "openai"?` */
export function unknown(what: string, input: unknown, options: readonly string[]): string {
  const guess = typeof input === 'string' ? nearest(input, options) : undefined
  const hint = guess === undefined ? '' : `; did you mean "${guess}"?`
  return `unknown ${what} ${show(input)}, expected one of ${options.join(', ')}${hint}`
}

/** Text that may be shown, as one line. */
export const name: Reader<string> = checked(
  v.pipe(
    v.string(must('a string')),
    v.regex(/^\P{C}{1,100}$/u, must('a string of 1 to 100 characters without line breaks or control characters')),
  ),
)

/** What a model is told. */
export const prose: Reader<string> = checked(
  v.pipe(
    v.string(must('a string')),
    v.maxLength(2000, 'must be at most 2000 characters long'),
    v.regex(/\S/, 'must not be empty'),
  ),
)

/** A word to look up in a table. */
export const word: Reader<string> = checked(v.string(must('a string')))

/**
 * Goes into a header, or encoded into a path. `.` and `..` are not changed by encoding, and would climb in the path.
 */
export const text: Reader<string> = checked(
  v.pipe(
    v.string(must('a string')),
    v.regex(/^(?!\.{1,2}$)[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, must('printable ASCII without spaces at its ends')),
  ),
)

/** Becomes part of a host name; anything else in it could name another host. */
export const hostLabel: Reader<string> = checked(
  v.pipe(
    v.string(must('a string')),
    v.regex(
      /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i,
      must('letters, digits and dashes only (it is part of a host name)'),
    ),
  ),
)

/** A key or token. Its value never shows. */
export const secret: Reader<string> = checked(
  v.pipe(
    v.string(must('a string', kind)),
    v.nonEmpty('must not be empty (is an environment variable empty?)'),
    v.regex(/^[\x21-\x7e]+$/, 'has a space, a line break or another character that no key has (not shown here)'),
  ),
)

/** An absolute URL to put paths behind; its trailing slashes are cut. Not quoted, since it may hold a password. */
export const baseUrl: Reader<string> = checked(
  v.pipe(
    v.string(must('an absolute http:// or https:// URL', kind)),
    v.maxLength(2048, 'must be at most 2048 characters long'),
    v.regex(/^https?:\/\//i, 'must be an absolute URL that begins with http:// or https://'),
    v.regex(/^[\x21-\x5b\x5d-\x7e]+$/, 'must not contain spaces, backslashes or characters outside ASCII'),
    v.check(URL.canParse, 'is not a valid URL'),
    v.check((url) => !new URL(url).username && !new URL(url).password, 'must not contain a user name or password'),
    v.regex(/^[^?#]*$/, 'must not contain a query (?) or fragment (#)'),
    v.transform((url) => (new URL(url).origin + new URL(url).pathname).replace(/\/+$/, '')),
  ),
)

/** Headers that belong to one connection or describe one body: ours are not the client's. */
const OWN_HEADERS = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'expect', 'host'],
  ...['content-length', 'content-type', 'content-encoding', 'accept-encoding'],
])

/** Names of headers, in lower case and each once. */
export const headerNames: Reader<string[]> = checked(
  v.pipe(
    v.array(
      v.pipe(
        v.string(must('the name of a header')),
        v.regex(/^[\w!#$%&'*+.^`|~-]+$/, must('the name of a header')),
        v.toLowerCase(),
        v.check(
          (header) => !OWN_HEADERS.has(header),
          ({ input }) => `${show(input)} cannot be forwarded, streamgate sets it itself`,
        ),
      ),
      must('an array of header names'),
    ),
    v.transform((headers) => [...new Set(headers)]),
  ),
)

/** An object as JSON has it: not an array, not an instance of a class. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** The depth of `override_params` and `metadata`; also ends the walk of an object that contains itself. */
const MAX_DATA_DEPTH = 64

/** An object of any JSON; given back as a frozen copy. */
export const data: Reader<Readonly<Record<string, unknown>>> = (value, path, report) => {
  if (isRecord(value)) return copyRecord(value, path, report, 1)
  report(path, `must be an object, got ${show(value)}`)
  return undefined
}

function copyRecord(value: Record<string, unknown>, path: string, report: Report, depth: number) {
  const copies = Object.entries(value).map(([key, item]) => {
    // Harmless here, but not in code that later copies key by key.
    if (key === '__proto__') report(at(path, key), 'is not allowed as a key')
    return [key, copy(item, at(path, key), report, depth + 1)]
  })
  return Object.freeze(Object.fromEntries(copies)) as Readonly<Record<string, unknown>>
}

function copy(value: unknown, path: string, report: Report, depth: number): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value
  if (depth > MAX_DATA_DEPTH) return report(path, `is nested more than ${MAX_DATA_DEPTH} levels deep`)
  if (Array.isArray(value)) {
    return Object.freeze(Array.from(value, (item, index) => copy(item, at(path, index), report, depth + 1)))
  }
  if (isRecord(value)) return copyRecord(value, path, report, depth)
  return report(path, `must be plain JSON data, got ${show(value)}`)
}
