import { plainText } from '../../chunk.ts'
import type { Chunk } from '../../types/chunk.ts'

/** Chunks that may wait for the first content, and their characters. */
const MAX_CHUNKS = 1000
const MAX_CHARACTERS = 16 * 1024 * 1024

/** Chunks that wait: a bounded number, lest a stream without content fill the memory. */
export interface HeldChunks {
  /** False: there are too many now. Throws what a chunk that cannot be written throws, so that none does later. */
  add(chunk: Chunk): boolean
  /** Empties it. */
  take(): Chunk[]
}

export function heldChunks(): HeldChunks {
  const chunks: Chunk[] = []
  let size = 0
  return {
    add(chunk) {
      chunks.push(chunk)
      size += plainText(chunk)?.length ?? JSON.stringify(chunk).length
      return chunks.length < MAX_CHUNKS && size < MAX_CHARACTERS
    },
    take() {
      size = 0
      return chunks.splice(0)
    },
  }
}
