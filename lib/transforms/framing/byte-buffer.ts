/** The unfinished end of a stream, of which pieces are copied together as they come. Linear, whatever the pieces. */
export interface ByteBuffer {
  /** In bytes. */
  size(): number
  /** The last byte; undefined if it is empty. */
  last(): number | undefined
  /** Keeps a copy: the piece is a view of a read, which is not to be kept alive by it. */
  add(piece: Buffer): void
  /** All that was added, with `end` behind it. The buffer is empty then. */
  take(end: Buffer): Buffer
}

/** The room doubles. */
export function byteBuffer(): ByteBuffer {
  let room = NONE
  let size = 0

  return {
    size: () => size,
    last: () => (size === 0 ? undefined : room[size - 1]),
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
    take(end) {
      if (size === 0) return end
      const all = Buffer.concat([room.subarray(0, size), end])
      room = NONE
      size = 0
      return all
    },
  }
}

const NONE = Buffer.alloc(0)
