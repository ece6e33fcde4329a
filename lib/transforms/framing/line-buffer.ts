import { streamFailure } from '../../errors.ts'
import type { Gathered } from './gather.ts'

const LF = 0x0a
const END = Buffer.from('\n\n')

/** Cuts bytes after line feeds; the unfinished last line is held back until its end comes. */
export interface LineBuffer<Lines> {
  /** The whole lines that these bytes complete; undefined if there are none. Throws for a line over the limit. */
  add(bytes: Buffer): Lines | undefined
  /** The rest, with a blank line after it, so that a last event without one is read too. */
  end(): Lines
}

/** A line of more than `maxEventBytes` is an error. `held` is for what is not finished yet. */
export function lineBuffer<Lines>(
  { maxEventBytes }: { maxEventBytes: number },
  held: Gathered<Lines>,
): LineBuffer<Lines> {
  return {
    add(bytes) {
      // So little cannot hold a line that is too long.
      if (held.size() + bytes.length > maxEventBytes) checkLines(bytes, held.size(), maxEventBytes)
      const end = bytes.lastIndexOf(LF) + 1
      if (end === bytes.length && end > 0) return held.take(bytes)
      const lines = end === 0 ? undefined : held.take(bytes.subarray(0, end))
      if (end < bytes.length) held.add(bytes.subarray(end))
      return lines
    },
    end: () => held.take(END),
  }
}

/** Throws for a line that is too long; of the first one so many bytes came before. */
function checkLines(bytes: Buffer, before: number, maxEventBytes: number): void {
  let line = before
  let start = 0
  let end: number
  do {
    end = bytes.indexOf(LF, start)
    line += (end === -1 ? bytes.length : end) - start
    if (line > maxEventBytes) {
      throw streamFailure('malformed', `A line of the response exceeds maxEventBytes (${maxEventBytes}).`)
    }
    line = 0
    start = end + 1
  } while (end !== -1)
}
