import type { Transform } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { LONGEST_TEXT } from '../chunk.ts'
import type { Chunk } from '../types/chunk.ts'
import type { WireEvent } from '../types/provider.ts'
import type { ChunkAssembler } from './chunk-assembler.ts'
import { type Push, through } from './through.ts'

/** In characters: to read a longer event, and to write its chunks, takes a time in which others want their turns. */
const LONG_EVENT = 256 * 1024

/** A provider's events in, OpenAI chunks out. Its output ends at the provider's terminal, whatever comes after it. */
export function toOpenAI(assembler: ChunkAssembler): Transform {
  return through<WireEvent, Chunk>(
    (event, push) => {
      if (assembler.ended()) return undefined
      if (event.data.length > LONG_EVENT) return inTurns(assembler, event, push)
      assembler.add(event, push)
      if (assembler.ended()) push(null)
      return undefined
    },
    (push) => {
      if (assembler.ended()) return
      assembler.end(push)
      push(null)
    },
  )
}

/** In a turn of the event loop go chunks of about `LONGEST_TEXT` characters of the event: one, where they are long. */
async function inTurns(assembler: ChunkAssembler, event: WireEvent, push: Push<Chunk>): Promise<void> {
  await turn()
  const chunks: Chunk[] = []
  try {
    assembler.add(event, (chunk) => chunks.push(chunk))
  } finally {
    const together = Math.max(1, Math.floor((LONGEST_TEXT * chunks.length) / event.data.length))
    for (const [at, chunk] of chunks.entries()) {
      if (at % together === 0) await turn()
      push(chunk)
    }
  }
  if (assembler.ended()) push(null)
}
