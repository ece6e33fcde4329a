import type { Transform } from 'node:stream'
import type { Chunk } from '../types.ts'
import type { ChunkDecoder } from './chunk-decode.ts'
import type { Framed } from './framing.ts'
import { through, throughFrames } from './through.ts'

/**
 * The stages from the bytes of a body to OpenAI chunks, those of a read in one list: a stream's item for each event would
 * cost more than the event does. What was read before an error is passed on before it.
 */
export function decode({ stages, cutter }: Framed, chunks: ChunkDecoder): Transform[] {
  const stage = stages.length === 0 ? throughFrames<never, Chunk[]> : through<never, Chunk[]>

  /** Gathers what `work` tells, and passes it on however that ends. */
  const inOne = (push: (item: Chunk[] | null) => void, work: (each: (chunk: Chunk) => void) => void) => {
    const told: Chunk[] = []
    try {
      work((chunk) => told.push(chunk))
    } finally {
      if (told.length > 0) push(told)
    }
    if (chunks.ended()) push(null)
  }

  const last = stage(
    (piece, push) => {
      if (chunks.ended()) return
      inOne(push, (each) => cutter.cut(piece, (event) => chunks.decode(event, each)))
    },
    (push) => {
      if (chunks.ended()) return
      inOne(push, (each) => {
        cutter.end((event) => chunks.decode(event, each))
        chunks.end(each)
      })
    },
  )
  return [...stages, last]
}
