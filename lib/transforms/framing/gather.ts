import { StringDecoder } from 'node:string_decoder'
import { flat } from '../flat.ts'

/** What comes in pieces and is wanted in one. Linear, whatever the pieces. */
export interface Gathered<Whole> {
  /** In bytes. */
  size(): number
  /** Keeps a copy: the piece is a view of a read, which is not to be kept alive by it. */
  add(piece: Buffer): void
  /** All that was added, with `last` behind it. What is added next begins anew. */
  take(last: Buffer): Whole
}

/** Copied together as they come; the room doubles. */
export function gatherBytes(): Gathered<Buffer> {
  let room = NONE
  let size = 0

  return {
    size: () => size,
    add(piece) {
      const total = size + piece.length
      if (total > room.length) {
        const larger = Buffer.allocUnsafe(Math.max(total, 2 * room.length))
        room.copy(larger, 0, 0, size)
        room = larger
      }
      piece.copy(room, size)
      size = total
    },
    take(last) {
      if (size === 0) return last
      const all = Buffer.concat([room.subarray(0, size), last])
      room = NONE
      size = 0
      return all
    },
  }
}

const NONE = Buffer.alloc(0)

/** Texts are joined at this number, so that one that comes byte by byte does not cost an object a byte. */
const PIECES = 1024

/** Decoded from UTF-8 as they come: of a large one little is left to be done when its last piece is there. */
export function gatherText(): Gathered<string> {
  let decoder: StringDecoder | undefined
  let text = ''
  let recent = ''
  let pieces = 0
  let size = 0
  return {
    size: () => size,
    add(piece) {
      decoder ??= new StringDecoder()
      recent += decoder.write(piece)
      size += piece.length
      pieces += 1
      if (pieces < PIECES) return
      // Of long ones there are few, and to put them together takes its time.
      text += recent.length > PIECES * 64 ? recent : flat(recent)
      recent = ''
      pieces = 0
    },
    take(last) {
      if (decoder === undefined) return last.toString()
      const all = text + recent + decoder.write(last) + decoder.end()
      decoder = undefined
      text = ''
      recent = ''
      pieces = 0
      size = 0
      return all
    },
  }
}
