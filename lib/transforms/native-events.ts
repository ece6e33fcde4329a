import { isEnding, makeChunk, withNative } from '../chunk.ts'
import { streamFailure } from '../errors.ts'
import type { Chunk } from '../types/chunk.ts'
import type { NativeEvent, NativePassage, WireEvent } from '../types/provider.ts'
import type { ChunkAssembler } from './chunk-assembler.ts'

/**
 * An assembler whose chunks carry the provider's own events, for a client that speaks the same. Every event that is passed on
 * stands in one chunk, in the order of the wire; a chunk whose events stand in others has an empty list. Events that would let
 * a broken answer look finished wait: at most `maxBytes` of them, in characters.
 */
export function nativeEvents(assembler: ChunkAssembler, read: NativePassage['read'], maxBytes: number): ChunkAssembler {
  let waiting: NativeEvent[] = []
  let size = 0
  /** Whether all that comes waits for the terminal. */
  let closing = false

  const take = (): NativeEvent[] => {
    const taken = waiting
    waiting = []
    size = 0
    return taken
  }

  /** The events that may go out, now that this one has come. */
  const ready = (event: WireEvent): NativeEvent[] => {
    const native = read(event)
    if (native === undefined) return []
    waiting.push(native)
    closing ||= native.goes === 'with-terminal'
    if (!closing && native.goes === 'at-once') return take()
    size += native.data.length
    if (size <= maxBytes) return []
    throw streamFailure('malformed', `Events that wait for the end exceed maxToolCallBytes (${maxBytes}).`)
  }

  const pushEnd = (chunks: readonly Chunk[], push: (chunk: Chunk) => void) => {
    const ending = chunks.find(isEnding)
    for (const chunk of chunks) push(withNative(chunk, chunk === ending ? take() : []))
  }

  return {
    ...assembler,
    add(event, push) {
      const chunks: Chunk[] = []
      assembler.add(event, (chunk) => chunks.push(chunk))
      const natives = ready(event)
      if (assembler.ended()) return pushEnd(chunks, push)
      if (chunks.length === 0 && natives.length > 0) chunks.push(makeChunk(NO_ENVELOPE, 0, {}))
      for (const [at, chunk] of chunks.entries()) push(withNative(chunk, at === 0 ? natives : []))
    },
    end(push) {
      const chunks: Chunk[] = []
      assembler.end((chunk) => chunks.push(chunk))
      pushEnd(chunks, push)
    },
  }
}

/** Of a chunk that only carries events. */
const NO_ENVELOPE = { id: '', object: 'chat.completion.chunk', created: 0, model: '' } as const
