import type { Transform } from 'node:stream'
import { streamFailure } from '../errors.ts'
import { throughBytes } from './through.ts'

const LF = 0x0a
const END = Buffer.from('\n\n')

/** Held pieces are merged at this number, so that a line that comes byte by byte does not cost an object a byte. */
const PIECES = 1024

/**
 * Bytes in, the same bytes out, cut after a line feed: the unfinished last line is held back until its end comes. split2
 * scans an unfinished line again at every read, which makes a long line quadratic; behind this stage it never sees one.
 *
 * A line of more than `maxEventBytes` is an error. At a clean end the rest goes out with a blank line after it, so that
 * a last event without one is read too.
 */
export function wholeLines(limits: { maxEventBytes: number }): Transform {
  let blocks: Buffer[] = []
  let pieces: Buffer[] = []
  let lineBytes = 0

  const grow = (bytes: number) => {
    lineBytes += bytes
    if (lineBytes <= limits.maxEventBytes) return
    throw streamFailure('malformed', `A line of the response exceeds maxEventBytes (${limits.maxEventBytes}).`)
  }

  const hold = (piece: Buffer) => {
    pieces.push(piece)
    if (pieces.length < PIECES) return
    blocks.push(Buffer.concat(pieces))
    pieces = []
  }

  const release = (last: Buffer): Buffer => {
    const line = blocks.length + pieces.length === 0 ? last : Buffer.concat([...blocks, ...pieces, last])
    blocks = []
    pieces = []
    return line
  }

  return throughBytes(
    (bytes, push) => {
      let start = 0
      for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
        grow(end - start)
        lineBytes = 0
        start = end + 1
      }
      if (start > 0) push(release(bytes.subarray(0, start)))
      if (start === bytes.length) return
      grow(bytes.length - start)
      hold(bytes.subarray(start))
    },
    (push) => push(release(END)),
  )
}
