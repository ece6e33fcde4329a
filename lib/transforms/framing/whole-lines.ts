import { byteBuffer } from './byte-buffer.ts'
import { eventTooLong } from './event-too-long.ts'

/**
 * Bytes, of which only what has its end is passed on. split2 scans what is unfinished again at every read, so that a long line that
 * comes in small pieces costs quadratic time; behind one of these it never sees anything unfinished.
 */
export interface WholeParts {
  /** What has its end now; undefined: nothing. Throws UpstreamError when what has none is longer than `maxEventBytes`. */
  add(bytes: Buffer): Buffer | undefined
  /** At a clean end: the rest, with the mark that it lacks. */
  end(): Buffer
}

interface Limits {
  maxEventBytes: number
}

/** The same bytes, cut behind a line feed. */
export function wholeLines(limits: Limits): WholeParts {
  return cutBehind((bytes) => bytes.lastIndexOf(LF) + 1, limits)
}

/** The same bytes, cut behind a blank line; each line end, be it CRLF or CR, becomes a line feed. */
export function wholeEvents(limits: Limits): WholeParts {
  return cutBehind(behindBlankLine, limits, lineFeeds())
}

/** `placeOf` returns the place behind the last mark, 0 for none. `before` is the byte in front of these, if any is held. */
function cutBehind(
  placeOf: (bytes: Buffer, before: number | undefined) => number,
  { maxEventBytes }: Limits,
  normalised: (bytes: Buffer) => Buffer = (bytes) => bytes,
): WholeParts {
  const held = byteBuffer()
  return {
    add(raw) {
      const bytes = normalised(raw)
      const place = placeOf(bytes, held.last())
      const whole = place > 0 ? held.take(place === bytes.length ? bytes : bytes.subarray(0, place)) : undefined
      if (place < bytes.length) held.add(bytes.subarray(place))
      if (held.size() > maxEventBytes) throw eventTooLong(maxEventBytes)
      return whole
    },
    end: () => held.take(END),
  }
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
