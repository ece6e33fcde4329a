import { streamFailure } from '../errors.ts'

const LF = 0x0a
const END = Buffer.from('\n\n')

/** Held pieces are merged at this number, so that a line that comes byte by byte does not cost an object a byte. */
const PIECES = 1024

/** Cuts bytes after line feeds; the unfinished last line is held back until its end comes. Linear, whatever the pieces. */
export interface LineBuffer {
  /** The whole lines that these bytes complete, as bytes; undefined if there are none. Throws for a line over the limit. */
  add(bytes: Buffer): Buffer | undefined
  /** The rest, with a blank line after it, so that a last event without one is read too. */
  end(): Buffer
}

/** A line of more than `maxEventBytes` is an error. */
export function lineBuffer({ maxEventBytes }: { maxEventBytes: number }): LineBuffer {
  let blocks: Buffer[] = []
  let pieces: Buffer[] = []
  let held = 0

  const hold = (piece: Buffer) => {
    if (piece.length === 0) return
    held += piece.length
    pieces.push(piece)
    if (pieces.length < PIECES) return
    blocks.push(Buffer.concat(pieces))
    pieces = []
  }

  const release = (last: Buffer): Buffer => {
    if (held === 0) return last
    const lines = Buffer.concat([...blocks, ...pieces, last])
    blocks = []
    pieces = []
    held = 0
    return lines
  }

  return {
    add(bytes) {
      // So little cannot hold a line that is too long.
      if (held + bytes.length > maxEventBytes) checkLines(bytes, held, maxEventBytes)
      const end = bytes.lastIndexOf(LF) + 1
      if (end === bytes.length && end > 0) return release(bytes)
      const lines = end === 0 ? undefined : release(bytes.subarray(0, end))
      hold(bytes.subarray(end))
      return lines
    },
    end: () => release(END),
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
