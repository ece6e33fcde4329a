import type { Transform } from 'node:stream'
import { throughBytes } from '../through.ts'
import { byteBuffer } from './byte-buffer.ts'
import { eventTooLong } from './event-too-long.ts'

/**
 * split2 scans what is unfinished again at every read, so that a long line that comes in small pieces costs quadratic time.
 * Behind one of these stages it never sees anything unfinished: what has no end yet is held here, up to `maxEventBytes`.
 * At a clean end the rest goes out with the mark that it lacks.
 */

/** Bytes in, the same bytes out, cut behind a line feed. */
export function wholeLines(limits: { maxEventBytes: number }): Transform {
  return cutBehind((bytes) => bytes.lastIndexOf(LF) + 1, limits)
}

/** Bytes in, the same bytes out, cut behind a blank line; each line end, be it CRLF or CR, becomes a line feed. */
export function wholeEvents(limits: { maxEventBytes: number }): Transform {
  return cutBehind(behindBlankLine, limits, lineFeeds())
}

/** `placeOf` returns the place behind the last mark, 0 for none. `before` is the byte in front of these, if any is held. */
function cutBehind(
  placeOf: (bytes: Buffer, before: number | undefined) => number,
  { maxEventBytes }: { maxEventBytes: number },
  normalised: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Transform {
  const held = byteBuffer()
  return throughBytes(
    (raw, push) => {
      const bytes = normalised(raw)
      const place = placeOf(bytes, held.last())
      if (place > 0) push(held.take(place === bytes.length ? bytes : bytes.subarray(0, place)))
      if (place < bytes.length) held.add(bytes.subarray(place))
      if (held.size() > maxEventBytes) throw eventTooLong(maxEventBytes)
    },
    (push) => push(held.take(END)),
  )
}

const LF = 0x0a
const CR = 0x0d
const END = Buffer.from('\n\n')

function behindBlankLine(bytes: Buffer, before: number | undefined): number {
  for (let at = bytes.lastIndexOf(LF); at !== -1; at = at === 0 ? -1 : bytes.lastIndexOf(LF, at - 1)) {
    if ((at === 0 ? before : bytes[at - 1]) === LF) return at + 1
  }
  return 0
}

/** A CR is a line end as soon as it is there; the LF that may follow, in the next read perhaps, belongs to it. */
function lineFeeds(): (bytes: Buffer) => Buffer {
  let afterReturn = false
  return (raw) => {
    const bytes = afterReturn && raw[0] === LF ? raw.subarray(1) : raw
    if (raw.length > 0) afterReturn = bytes[bytes.length - 1] === CR
    if (!bytes.includes(CR)) return bytes
    // Latin-1 has a character for each byte: no other byte is changed, and none is looked at as a part of a character.
    return Buffer.from(bytes.toString('latin1').replaceAll(/\r\n?/g, '\n'), 'latin1')
  }
}
