import type { Transform } from 'node:stream'
import type { WireEvent } from '../types/provider.ts'
import type { ChunkDecoder } from './chunk-decode.ts'
import type { Framed } from './framing/framing.ts'
import type { Next, Tail } from './join.ts'
import { through, throughFrames } from './through.ts'
import { LONGEST_TEXT, type Tell, type Told } from './told.ts'

/**
 * Reads a body, piece by piece, into OpenAI chunks: those of a piece in one list, since a stream's item for each event would
 * cost more than the event does. What was read before an error is passed on before it.
 */
export interface Reader {
  /** Passes on the chunks that this piece completes, if any. */
  read(piece: never, take: (told: Told[]) => void): void
  /** The body has ended or broken off. */
  end(take: (told: Told[]) => void): void
  /** Whether the provider's terminal was seen: nothing after it is looked at. */
  ended(): boolean
}

/** `onRead` is called after each piece, before its chunks are passed on. */
export function reader({ cutter }: Framed, chunks: ChunkDecoder, onRead?: () => void): Reader {
  // Closures of the stream, not of the read: a read is often one event.
  let told: Told[] = []
  const keep: Tell = (chunk, text) => {
    told.push({ chunk, text })
  }
  const decode = (event: WireEvent) => chunks.decode(event, keep)

  const passOn = (take: (told: Told[]) => void) => {
    onRead?.()
    if (told.length === 0) return
    const list = told
    told = []
    take(list)
  }
  return {
    read(piece, take) {
      if (chunks.ended()) return
      try {
        cutter.cut(piece, decode)
      } finally {
        passOn(take)
      }
    },
    end(take) {
      if (chunks.ended()) return
      try {
        cutter.end(decode)
        // The last event may have been the terminal, without the blank line that ends it.
        if (!chunks.ended()) chunks.end(keep)
      } finally {
        passOn(take)
      }
    },
    ended: chunks.ended,
  }
}

/**
 * A reader as the end of a line. `take` answers false to ask to wait. Behind a long text the rest of what was read waits, too:
 * of one large event no more is worked off at a time than there is room for.
 */
export function readerTail(reader: Reader, take: (told: Told) => boolean): Tail<never> {
  let list: readonly Told[] = NONE
  let at = 0
  const keep = (told: Told[]) => {
    list = told
    at = 0
  }
  const takeSome = (): Next => {
    let ready = true
    while (at < list.length) {
      const told = list[at++] as Told
      ready = take(told)
      if (!ready && isLong(told) && at < list.length) return takeSome
    }
    list = NONE
    if (reader.ended()) return 'over'
    return ready ? 'more' : 'wait'
  }
  const takeAll = () => {
    while (at < list.length) take(list[at++] as Told)
    list = NONE
  }
  return {
    sink(piece) {
      try {
        reader.read(piece, keep)
      } catch (error) {
        takeAll()
        throw error
      }
      return takeSome()
    },
    cutOff() {
      takeAll()
      return reader.ended()
    },
    end() {
      takeAll()
      try {
        reader.end(keep)
      } finally {
        takeAll()
      }
    },
  }
}

const NONE: readonly Told[] = []

/** Short ones may all go at once: there are no more of them than one read holds. */
function isLong({ text }: Told): boolean {
  return text !== undefined && text.length >= LONGEST_TEXT / 2
}

/** A reader as a stage, for the streams that follow. Of bytes, one item waits at most before more is read. */
export function readerStage(reader: Reader, takes: 'bytes' | 'events'): Transform {
  const stage = takes === 'bytes' ? throughFrames<never, Told[]> : through<never, Told[]>
  return stage(
    (piece, push) => {
      if (reader.ended()) return
      reader.read(piece, push)
      if (reader.ended()) push(null)
    },
    (push) => reader.end(push),
  )
}
