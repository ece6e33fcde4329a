import * as v from 'valibot'
import { OTHER_NAMES } from './foreign-keys.ts'
import { nearest } from './nearest.ts'
import { kind, show } from './problems.ts'

/**
 * The values of a config as valibot schemas whose messages say what is wrong. `v.metadata` holds what only the JSON Schema
 * needs to know: a check by code has no form there.
 */

type Message = (issue: v.BaseIssue<unknown>) => string
export const must =
  (be: string, say = show): Message =>
  ({ input }) =>
    `must be ${be}, got ${say(input)}`

export function integer(min: number, max: number, unit = '') {
  const message = must(`an integer from ${min} to ${max}${unit}`)
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message))
}

/** Node's timers overflow above this. */
const MAX_DURATION = 2_147_483_647
export const duration = integer(1, MAX_DURATION, ' (milliseconds)')
/** 0: none. */
export const durationOrNone = integer(0, MAX_DURATION, ' (milliseconds)')
export const positive = integer(1, MAX_DURATION)

/** Milliseconds, or as long as the slowest twentieth takes. */
export const delay = v.union(
  [v.literal('p95'), integer(1, MAX_DURATION, ' (milliseconds) or "p95"')],
  must(`an integer from 1 to ${MAX_DURATION} (milliseconds) or "p95"`),
)

/** 200 is left out since it is no failure, and what comes below it never is an answer. */
export const statuses = v.array(
  integer(201, 599, ' (an HTTP status that is a failure)'),
  must('an array of HTTP statuses'),
)

export const flag = v.boolean(must('true or false'))

const finite = (message: Message) => v.pipe(v.number(message), v.finite(message))

const WEIGHT = must('a number of 0 or more')
export const weight = v.pipe(finite(WEIGHT), v.minValue(0, WEIGHT))
const AMOUNT = must('a number of 0 or more')
export const amount = v.pipe(finite(AMOUNT), v.minValue(0, AMOUNT))
const RATE = must('a number above 0')
export const rate = v.pipe(finite(RATE), v.gtValue(0, RATE))
const SHARE = must('a number above 0 and at most 1')
export const share = v.pipe(finite(SHARE), v.gtValue(0, SHARE), v.maxValue(1, SHARE))
const PERCENTAGE = must('a number from 1 to 100')
export const percentage = v.pipe(finite(PERCENTAGE), v.minValue(1, PERCENTAGE), v.maxValue(100, PERCENTAGE))

/** An array of at least one item. */
export function each<Item extends v.GenericSchema>(item: Item) {
  return v.pipe(v.array(item, must('an array')), v.minLength(1, 'must not be empty'))
}

export const metadataKeys = v.array(v.string(must('a key of the metadata')), must('an array of keys of the metadata'))

/** One of a few words. */
export function oneOf<const T extends string>(options: readonly T[]) {
  return v.picklist(options, ({ input }) => unknown('value', input, options))
}

/** `unknown provider "opena1", expected one of …; did you mean "openai"?` */
export function unknown(what: string, input: unknown, options: readonly string[]): string {
  const guess = typeof input === 'string' ? guessOf(input, options) : undefined
  const hint = guess === undefined ? '' : `; did you mean "${guess}"?`
  return `unknown ${what} ${show(input)}, expected one of ${options.join(', ')}${hint}`
}

function guessOf(word: string, options: readonly string[]): string | undefined {
  const meant = options.find((option) => OTHER_NAMES[option]?.includes(word.toLowerCase()))
  return meant ?? nearest(word, options)
}

/** A word to look up in a table. */
export const word = v.string(must('a string'))

/** Text that may be shown, as one line. */
export const name = v.pipe(
  word,
  v.regex(/^\P{C}{1,100}$/u, must('a string of 1 to 100 characters without line breaks or control characters')),
)

/** Part of a prompt. */
export const prose = v.pipe(
  word,
  v.maxLength(2000, 'must be at most 2000 characters long'),
  v.regex(/\S/, 'must not be empty'),
)

/**
 * For what mostly comes from the environment: `process.env.NAME` passes the compiler, and a variable that is not set is
 * refused at start, by the path of what it was for.
 */
function fromEnvironment<Output>(schema: v.GenericSchema<string, Output>): v.GenericSchema<string | undefined, Output> {
  return schema as v.GenericSchema<string | undefined, Output>
}

/** Goes into a header, or encoded into a path. `.` and `..` are not changed by encoding, and would climb in the path. */
export const text = fromEnvironment(
  v.pipe(
    word,
    v.regex(/^(?!\.{1,2}$)[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, must('printable ASCII without spaces at its ends')),
  ),
)

/** Becomes part of a host name; anything else in it could name another host. */
export const hostLabel = fromEnvironment(
  v.pipe(
    word,
    v.regex(
      /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
      must('letters, digits and dashes only (it is part of a host name)'),
    ),
  ),
)

/** A key or token. Its value never shows. */
export const secret = fromEnvironment(
  v.pipe(
    v.string(must('a string', kind)),
    v.nonEmpty('must not be empty (is an environment variable empty?)'),
    v.regex(/^[\x21-\x7e]+$/, 'has a space, a line break or another character that no key has (not shown here)'),
  ),
)

/** An absolute URL to put paths behind; its trailing slashes are cut. Not quoted, since it may hold a password. */
export const baseUrl = fromEnvironment(
  v.pipe(
    v.string(must('an absolute http:// or https:// URL', kind)),
    v.maxLength(2048, 'must be at most 2048 characters long'),
    v.regex(/^[Hh][Tt][Tt][Pp][Ss]?:\/\//, 'must be an absolute URL that begins with http:// or https://'),
    v.check(
      (url) => /^[\x21-\x5b\x5d-\x7e]+$/.test(url),
      'must not contain spaces, backslashes or characters outside ASCII',
    ),
    v.check(URL.canParse, 'is not a valid URL'),
    v.check((url) => !new URL(url).username && !new URL(url).password, 'must not contain a user name or password'),
    v.check((url) => !/[?#]/.test(url), 'must not contain a query (?) or fragment (#)'),
    v.metadata({
      allOf: [{ pattern: '^[\\x21-\\x5b\\x5d-\\x7e]+$' }, { pattern: '^[^?#]*$' }],
      not: { pattern: '^[^/]*\\/\\/[^/]*@' },
    }),
    v.transform((url) => (new URL(url).origin + new URL(url).pathname).replace(/\/+$/, '')),
  ),
)

/** Headers that belong to one connection or describe one body: ours are not the client's. */
const OWN_HEADERS = [
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'expect', 'host'],
  ...['content-length', 'content-type', 'content-encoding', 'accept-encoding'],
]

/** Names of headers, in lower case and each once. */
export const headerNames = v.pipe(
  v.array(
    v.pipe(
      v.string(must('the name of a header')),
      v.regex(/^[\w!#$%&'*+.^`|~-]+$/, must('the name of a header')),
      v.toLowerCase(),
      v.notValues(OWN_HEADERS, ({ input }) => `${show(input)} cannot be forwarded, streamgate sets it itself`),
      v.metadata({ not: { pattern: anyCase(OWN_HEADERS) } }),
    ),
    must('an array of header names'),
  ),
  v.transform((headers) => [...new Set(headers)]),
)

/** A pattern of these words alone, in letters of any case. */
function anyCase(words: readonly string[]): string {
  return `^(${words.join('|').replace(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`)})$`
}

/** An object as JSON has it: not an array, not an instance of a class. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
