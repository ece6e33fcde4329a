import { RequestError } from '../../errors.ts'

/** The limits of a JSON text, as it is known before anything is made of it. */
export interface StructureLimits {
  /** Values: members of objects, items of lists, and the lists and objects themselves. */
  maxRequestValues: number
  /** Lists and objects within each other. */
  maxRequestLevels: number
}

/** Looks at a JSON text piece by piece. What is no JSON passes: the parser knows better. */
export interface JsonStructure {
  /** Throws RequestError when a limit is exceeded. */
  add(piece: Uint8Array): void
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const [OPEN_LIST, OPEN_OBJECT, CLOSE_LIST, CLOSE_OBJECT] = [0x5b, 0x7b, 0x5d, 0x7d]

/**
 * The same limits for what a JSON text says. Throws RequestError. Level by level: a hostile value is deeper than a stack is.
 */
export function checkStructure(value: unknown, limits: StructureLimits): void {
  let values = 0
  let within = [value]
  for (let levels = 0; within.length > 0; levels += 1) {
    const members: unknown[] = []
    for (const each of within) {
      if (typeof each !== 'object' || each === null) continue
      if (levels === limits.maxRequestLevels) throw tooDeep(limits)
      const own: unknown[] = Array.isArray(each) ? each : Object.values(each)
      values += Math.max(1, own.length)
      if (values > limits.maxRequestValues) throw tooMany(limits)
      for (const member of own) if (typeof member === 'object') members.push(member)
    }
    within = members
  }
}

function tooDeep({ maxRequestLevels }: StructureLimits): RequestError {
  return new RequestError(`The request body is nested too deep, at most ${maxRequestLevels} levels.`)
}

function tooMany({ maxRequestValues }: StructureLimits): RequestError {
  return new RequestError(`The request body has more than ${maxRequestValues} values.`)
}

/**
 * Counts what makes a text expensive. To parse it, check it and write it for a provider takes time for each value and not for
 * each character, and megabytes have room for millions of values; nesting is recursion in all who walk over it.
 */
export function jsonStructure(limits: StructureLimits): JsonStructure {
  let values = 0
  let levels = 0
  let isQuoted = false
  /** Whether the piece before ended within an escape. */
  let isEscaped = false

  const count = (byte: number) => {
    if (byte === QUOTE) isQuoted = true
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) levels -= 1
    else if (byte === COMMA) values += 1
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      values += 1
      levels += 1
      if (levels > limits.maxRequestLevels) throw tooDeep(limits)
    }
    if (values > limits.maxRequestValues) throw tooMany(limits)
  }

  /** Where the string that is open goes on behind its end; the length of the piece if it does not end here. */
  const endOfString = (piece: Uint8Array, from: number): number => {
    for (let at = piece.indexOf(QUOTE, from); at !== -1; at = piece.indexOf(QUOTE, at + 1)) {
      if (!isEscapedAt(piece, at, from)) {
        isQuoted = false
        isEscaped = false
        return at + 1
      }
    }
    isEscaped = isEscapedAt(piece, piece.length, from)
    return piece.length
  }

  /** Whether an odd number of backslashes stands in front of a place of the open string. */
  const isEscapedAt = (piece: Uint8Array, place: number, from: number): boolean => {
    let at = place
    while (at > from && piece[at - 1] === BACKSLASH) at -= 1
    const odd = (place - at) % 2 === 1
    return at === 0 && isEscaped ? !odd : odd
  }

  return {
    add(piece) {
      for (let at = 0; at < piece.length; ) {
        if (isQuoted) at = endOfString(piece, at)
        else count(piece[at++] as number)
      }
    },
  }
}
