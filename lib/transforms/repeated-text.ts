import { ownCopy } from '../own-copy.ts'
import type { PlainText, WireEvent } from '../types/provider.ts'

/**
 * Reads the text of events that differ from an earlier one in their text alone, without parsing them: most of a stream's.
 * What stands around the text is compared character by character, so that by construction the answer is what parsing
 * would give, or undefined.
 */
export interface RepeatedText {
  /** The text of this event, if all else of it is like the learned one's. */
  read(event: WireEvent): string | undefined
  /** Learns from an event that was parsed: the content that it told, if it told nothing else. */
  learn(event: WireEvent, content: string | undefined): void
}

/** Learning costs about as much as parsing, so it is given up after as many events that were like none before. */
const MOST_LESSONS = 16
/** In characters: learning from more would cost more than the next texts can save. */
const LONGEST_LESSON = 4096

export function repeatedText({ path }: PlainText): RepeatedText {
  let like: Likeness | undefined
  let lessons = 0

  return {
    read(event) {
      if (like === undefined || event.event !== like.event) return undefined
      const literal = literalIn(event.data, like)
      const text = literal === undefined ? undefined : textOf(literal)
      if (text !== undefined) lessons = 0
      return text
    },
    learn(event, content) {
      like = undefined
      if (content === undefined || content.length > LONGEST_LESSON || lessons === MOST_LESSONS) return
      lessons += 1
      like = likenessOf(event, content, path)
    },
  }
}

/** The parts around the text. `padded`: what follows ends in a string that may differ, and tells nothing. */
interface Likeness {
  event: string | undefined
  before: string
  after: string
  padded: boolean
}

/** The last member of OpenAI's, Azure's, Mistral's and Bedrock's events: noise against guessing texts by their length. */
const PADDING = /,"(?:obfuscation|p)":"[\w-]*"\}$/

const PROBE = 'a text that no event has'

function likenessOf(
  { event, data }: WireEvent,
  content: string,
  path: readonly (string | number)[],
): Likeness | undefined {
  const literal = JSON.stringify(content)
  const at = data.indexOf(literal)
  if (at === -1 || data.includes(literal, at + 1)) return undefined
  const before = ownCopy(data.slice(0, at + 1))
  const rest = ownCopy(data.slice(at + literal.length - 1))
  // The same words could stand elsewhere, and here in another spelling.
  if (valueAt(JSON.parse(`${before}${PROBE}${rest}`), path) !== PROBE) return undefined
  const padding = PADDING.exec(rest)
  return padding === null
    ? { event, before, after: rest, padded: false }
    : { event, before, after: rest.slice(0, rest.lastIndexOf('"', rest.length - 3) + 1), padded: true }
}

function valueAt(json: unknown, path: readonly (string | number)[]): unknown {
  let value = json
  for (const key of path) value = (value as Record<string | number, unknown> | null | undefined)?.[key]
  return value
}

/** What stands between the quotes, if all around it is alike. It may still be no JSON string. */
function literalIn(data: string, { before, after, padded }: Likeness): string | undefined {
  const end = padded ? paddingIn(data) : data.length
  const from = end - after.length
  if (from <= before.length) return undefined
  // Slices compare several times faster than `startsWith` and `endsWith` do.
  const alike = data.slice(from, end) === after && data.slice(0, before.length) === before
  return alike ? data.slice(before.length, from) : undefined
}

/** Where the padding begins; 0 if there is none. */
function paddingIn(data: string): number {
  let at = data.length - 3
  if (data.charCodeAt(at + 1) !== QUOTE || data.charCodeAt(at + 2) !== CLOSING_BRACE) return 0
  while (isNoise(data.charCodeAt(at))) at -= 1
  return data.charCodeAt(at) === QUOTE ? at + 1 : 0
}

const QUOTE = 0x22
const CLOSING_BRACE = 0x7d

/** A letter, a digit, `_` or `-`. */
function isNoise(code: number): boolean {
  const letter = code | 0x20
  return (letter >= 0x61 && letter <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x5f || code === 0x2d
}

/** Nothing in it is escaped, and nothing would have to be. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\uffff]+$/

/** A piece this short is a copy; a longer one would keep the whole read alive that it was cut from. */
const SHORT = 12

function textOf(literal: string): string | undefined {
  if (literal.length <= 2 * SHORT && PLAIN.test(literal)) return literal.slice(0, SHORT) + literal.slice(SHORT)
  try {
    return JSON.parse(`"${literal}"`) as string
  } catch {
    return undefined
  }
}
