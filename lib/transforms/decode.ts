import type { Transform } from 'node:stream'
import type { Chunk } from '../types.ts'
import type { ChunkDecoder } from './chunk-decode.ts'
import type { Framed } from './framing.ts'
import type { Tail } from './link.ts'
import { through, throughFrames } from './through.ts'

/**
 * Reads a body, piece by piece, into OpenAI chunks: those of a piece in one list, since a stream's item for each event would
 * cost more than the event does. What was read before an error is passed on before it.
 */
export interface Reader {
  /** Passes on the chunks that this piece completes, if any. */
  read(piece: never, take: (chunks: Chunk[]) => void): void
  /** The body has ended or broken off. */
  end(take: (chunks: Chunk[]) => void): void
  /** Whether the provider's terminal was seen: nothing after it is looked at. */
  ended(): boolean
}

/** `onRead` is called after each piece, before its chunks are passed on. */
export function reader({ cutter }: Framed, chunks: ChunkDecoder, onRead?: () => void): Reader {
  /** Gathers what `work` tells, and passes it on however that ends. */
  const inOne = (take: (chunks: Chunk[]) => void, work: (each: (chunk: Chunk) => void) => void) => {
    if (chunks.ended()) return
    const told: Chunk[] = []
    try {
      work((chunk) => told.push(chunk))
    } finally {
      onRead?.()
      if (told.length > 0) take(told)
    }
  }
  return {
    read: (piece, take) => inOne(take, (each) => cutter.cut(piece, (event) => chunks.decode(event, each))),
    end: (take) =>
      inOne(take, (each) => {
        cutter.end((event) => chunks.decode(event, each))
        chunks.end(each)
      }),
    ended: chunks.ended,
  }
}

/** A reader as the end of a line. `take` answers false to ask to wait. */
export function readerTail(reader: Reader, take: (chunks: Chunk[]) => boolean): Tail<never> {
  let ready = true
  const pass = (chunks: Chunk[]) => {
    ready = take(chunks)
  }
  return {
    sink(piece) {
      ready = true
      reader.read(piece, pass)
      if (reader.ended()) return 'over'
      return ready ? 'more' : 'wait'
    },
    end: () => reader.end(pass),
  }
}

/** A reader as a stage, for the streams that follow. Of bytes, one item waits at most before more is read. */
export function readerStage(reader: Reader, takes: 'bytes' | 'events'): Transform {
  const stage = takes === 'bytes' ? throughFrames<never, Chunk[]> : through<never, Chunk[]>
  return stage(
    (piece, push) => {
      if (reader.ended()) return
      reader.read(piece, push)
      if (reader.ended()) push(null)
    },
    (push) => reader.end(push),
  )
}
