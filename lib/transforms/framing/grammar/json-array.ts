import { streamFailure } from '../../../errors.ts'
import { byteBuffer } from '../byte-buffer.ts'
import { eventTooLong } from '../event-too-long.ts'

/**
 * Cuts one JSON array of objects (or arrays) into the texts of its elements, each as soon as its last byte is there. One
 * bare object in place of the array is one element. Elements are counted out by their brackets and left unchecked: whoever
 * parses them sees what is wrong. Anything else at the top level, and an element over `maxBytes`, is `malformed`.
 */
export function jsonArrayGrammar(maxBytes: number): {
  cut(bytes: Buffer, onElement: (text: string) => void): void
  /** Throws `truncated` if the array or an element is still open. */
  end(): void
} {
  const open = byteBuffer()
  let place: 'before' | 'array' | 'after' = 'before'
  let depth = 0
  let quoted = false
  let escaped = false

  /** What of an element is in these bytes, if there is room for it. */
  const part = (bytes: Buffer, from: number, to: number): Buffer => {
    if (open.size() + to - from > maxBytes) {
      throw eventTooLong(maxBytes)
    }
    return bytes.subarray(from, to)
  }

  /** Reads a byte outside of the elements; returns whether it opens one. */
  const opensElement = (byte: number): boolean => {
    if (BLANK.has(byte)) return false
    if (place === 'before') {
      if (BYTE_ORDER_MARK.has(byte)) return false
      if (byte === OPEN_BRACE) place = 'after'
      if (byte === OPEN_BRACKET) place = 'array'
      if (place !== 'before') return byte === OPEN_BRACE
    } else if (place === 'array') {
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return true
      if (byte === CLOSE_BRACKET) place = 'after'
      if (byte === CLOSE_BRACKET || byte === COMMA) return false
    }
    throw streamFailure('malformed', 'The provider sent something other than a JSON array of objects.')
  }

  return {
    cut(bytes, onElement) {
      let from = 0
      for (let at = 0; at < bytes.length; at++) {
        const byte = bytes[at] as number
        if (depth === 0) {
          if (!opensElement(byte)) continue
          from = at
          depth = 1
        } else if (quoted) {
          if (escaped) escaped = false
          else if (byte === BACKSLASH) escaped = true
          else if (byte === QUOTE) quoted = false
        } else if (byte === QUOTE) {
          quoted = true
        } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
          depth++
        } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
          depth--
          if (depth > 0) continue
          onElement(open.take(part(bytes, from, at + 1)).toString())
        }
      }
      if (depth > 0) open.add(part(bytes, from, bytes.length))
    },
    end() {
      if (depth > 0 || place === 'array') {
        throw streamFailure('truncated', 'The provider broke off its JSON array before the end.')
      }
    },
  }
}

const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d])
const BYTE_ORDER_MARK = new Set([0xef, 0xbb, 0xbf])
