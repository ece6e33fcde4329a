import { ownCopy } from '../own-copy.ts'
import type { JsonPath } from '../types/provider.ts'

/**
 * The JSON of an event with gaps, in which others of its kind may differ. All of another event but its gaps is compared
 * character by character, and each gap takes only what JSON allows there, so that by construction what fits means the same.
 */
export interface EventTemplate {
  readonly gaps: readonly Gap[]
  /** The text behind the last gap. */
  readonly rest: string
}

interface Gap {
  /** The text between the gap before and this one. */
  readonly before: string
  readonly isPiece: boolean
  /** The place where the gap ends that begins at `from`; -1 if what stands there is none. */
  endOf(data: string, from: number): number
}

/** Places in an event that may differ. */
export interface Gaps {
  /** A string: the piece that the event tells. */
  readonly piece: JsonPath
  /** Scalars that say nothing. */
  readonly idle: readonly JsonPath[]
  /** A value whose whole numbers above 0 may differ. */
  readonly counts: JsonPath | undefined
}

/** Undefined if the piece does not stand in one place. `data` is valid JSON. */
export function templateOf(data: string, { piece, idle, counts }: Gaps): EventTemplate | undefined {
  const gaps: Gap[] = []
  let at = 0
  let pieces = 0
  const add = (from: number, to: number, endOf: Gap['endOf'], isPiece = false) => {
    gaps.push({ before: ownCopy(data.slice(at, from)), isPiece, endOf })
    at = to
  }
  for (const { path, from, to } of scalarsIn(data)) {
    if (isAt(path, piece)) {
      if (data.charCodeAt(from) !== QUOTE) return undefined
      add(from + 1, to - 1, endOfString, true)
      pieces += 1
    } else if (idle.some((each) => isAt(path, each))) add(from, to, endOfScalar)
    else if (counts !== undefined && isWithin(path, counts) && endOfCount(data, from) === to) add(from, to, endOfCount)
  }
  const close = data.lastIndexOf('}')
  if (pieces !== 1 || close < at) return undefined
  const space = data.slice(at, close).trimEnd().length + at
  add(space, close, endOfSpace)
  return { gaps, rest: ownCopy(data.slice(close)) }
}

/** The piece of an event that fits; undefined for any other. */
export function pieceIn(data: string, { gaps, rest }: EventTemplate): string | undefined {
  let at = 0
  let start = 0
  let end = 0
  for (const { before, isPiece, endOf } of gaps) {
    const from = at + before.length
    // `startsWith` looks at each character, which takes several times as long.
    if (data.slice(at, from) !== before) return undefined
    at = endOf(data, from)
    if (at === -1) return undefined
    if (isPiece) {
      start = from
      end = at
    }
  }
  if (data.slice(at) !== rest) return undefined
  return stringAt(data, start, end)
}

/** A slice this short is a copy; a longer one would keep the whole read alive that it was cut from. */
const SHORT = 12

/** What the JSON string means that stands between two quotes. */
function stringAt(data: string, from: number, to: number): string | undefined {
  if (to - from <= SHORT) {
    const literal = data.slice(from, to)
    if (isPlain(literal)) return literal
  }
  try {
    return JSON.parse(data.slice(from - 1, to + 1)) as string
  } catch {
    return undefined
  }
}

/** Whether nothing in a literal without quotes is escaped, and nothing would have to be. A RegExp would take several times as long. */
function isPlain(literal: string): boolean {
  for (let at = 0; at < literal.length; at += 1) {
    const code = literal.charCodeAt(at)
    if (code < SPACE || code === BACKSLASH) return false
  }
  return true
}

// ----------------------------------------------------------------------------------------------------------------- gaps

const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const ZERO = 0x30
const NINE = 0x39

/** The place of the quote that ends a string; whether what is in it is right shows when it is read. */
function endOfString(data: string, from: number): number {
  let at = data.indexOf('"', from)
  while (at !== -1 && isEscaped(data, at, from)) at = data.indexOf('"', at + 1)
  return at
}

function isEscaped(data: string, at: number, from: number): boolean {
  let before = at
  while (before > from && data.charCodeAt(before - 1) === BACKSLASH) before -= 1
  return (at - before) % 2 === 1
}

const SCALAR =
  /"(?:[\x20\x21\x23-\x5b\x5d-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

function endOfScalar(data: string, from: number): number {
  if (data.charCodeAt(from) === QUOTE) {
    const end = data.indexOf('"', from + 1)
    if (end !== -1 && isPlain(data.slice(from + 1, end))) return end + 1
  }
  SCALAR.lastIndex = from
  return SCALAR.test(data) ? SCALAR.lastIndex : -1
}

/** Above 0, and not too large to be exact. */
function endOfCount(data: string, from: number): number {
  let at = from
  while (data.charCodeAt(at) >= ZERO && data.charCodeAt(at) <= NINE) at += 1
  return at === from || at - from > 15 || data.charCodeAt(from) === ZERO ? -1 : at
}

function endOfSpace(data: string, from: number): number {
  let at = from
  while (isSpace(data.charCodeAt(at))) at += 1
  return at
}

function isSpace(code: number): boolean {
  return code === SPACE || code === 0x0a || code === 0x0d || code === 0x09
}

// -------------------------------------------------------------------------------------------------------------- reading

type Step = string | number

interface Scalar {
  /** Changed with the next one. */
  path: Step[]
  from: number
  to: number
}

const TOKEN = /[{}[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+/g

/** The strings, numbers and words in a JSON text that are no keys, in order. */
function* scalarsIn(json: string): Iterable<Scalar> {
  /** Of the values that are open. Each object's last step is the key that was read last. */
  const path: Step[] = []
  let isKey = false
  for (const { 0: token, index } of json.matchAll(TOKEN)) {
    switch (token) {
      case '{':
        path.push('')
        isKey = true
        break
      case '[':
        path.push(0)
        isKey = false
        break
      case '}':
      case ']':
        path.pop()
        isKey = false
        break
      case ',': {
        const last = path.at(-1)
        if (typeof last === 'number') path[path.length - 1] = last + 1
        else isKey = true
        break
      }
      case ':':
        isKey = false
        break
      default:
        if (isKey) path[path.length - 1] = JSON.parse(token) as string
        else yield { path, from: index, to: index + token.length }
    }
  }
}

function isAt(path: readonly Step[], place: JsonPath): boolean {
  return path.length === place.length && isWithin(path, place)
}

function isWithin(path: readonly Step[], place: JsonPath): boolean {
  return place.every((step, n) => step === path[n])
}
