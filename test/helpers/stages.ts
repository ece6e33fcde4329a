import type { Transform } from 'node:stream'
import { type ChunkDecodeOptions, chunkDecode } from '../../lib/transforms/chunk-decode.ts'
import type { Cutter } from '../../lib/transforms/cutter.ts'
import { framing } from '../../lib/transforms/framing/framing.ts'
import { through, throughFrames } from '../../lib/transforms/through.ts'
import { wholeChunk } from '../../lib/transforms/told.ts'
import type { Chunk } from '../../lib/types/chunk.ts'
import type { Framing, WireEvent } from '../../lib/types/provider.ts'

/** The stages that cut a body of this framing into events. */
export function framingStages(kind: Framing, limits: { maxEventBytes: number }): Transform[] {
  const { stages, cutter } = framing(kind, limits)
  const stage = stages.length === 0 ? throughFrames<never, WireEvent> : through<never, WireEvent>
  return [...stages, stage(cutter.cut, cutter.end)]
}

/** Bytes in, events out. */
export function cutterStage({ cut, end }: Cutter): Transform {
  return throughFrames(cut, end)
}

/** Events in, chunks out. */
export function chunkStage(options: ChunkDecodeOptions): Transform {
  const chunks = chunkDecode(options)
  const ended = (push: (end: null) => void) => {
    if (chunks.ended()) push(null)
  }
  return through<WireEvent, Chunk>(
    (event, push) => {
      if (chunks.ended()) return
      chunks.decode(event, (chunk, text) => push(wholeChunk({ chunk, text })))
      ended(push)
    },
    (push) => {
      if (chunks.ended()) return
      chunks.end((chunk) => push(chunk))
      ended(push)
    },
  )
}

export interface Flowed<Out> {
  out: Out[]
  error: Error | undefined
}

/** Lets everything that is due happen. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Writes each piece on its own into a line of stages and ends it; answers what came out, and what failed. */
export async function flow<Out>(pieces: Iterable<unknown>, ...stages: Transform[]): Promise<Flowed<Out>> {
  const [first, last] = [stages[0] as Transform, stages.at(-1) as Transform]
  const out: Out[] = []
  let error: Error | undefined
  const closed = new Promise<void>((resolve) => {
    for (const stage of stages) {
      stage.on('error', (cause) => {
        error ??= cause
        resolve()
      })
    }
    last.on('data', (item: Out) => out.push(item)).on('end', resolve)
  })
  stages.reduce((from, to) => from.pipe(to))
  for (const piece of pieces) {
    if (first.destroyed) break
    first.write(piece)
    await turn()
  }
  if (!first.destroyed) first.end()
  await closed
  return { out, error }
}

/** The bytes of a text whole, one by one, and cut in two at each place. */
export function* cuts(text: string): Generator<Buffer[]> {
  const bytes = Buffer.from(text)
  yield [bytes]
  yield Array.from(bytes, (byte) => Buffer.of(byte))
  for (let at = 1; at < bytes.length; at += 1) yield [bytes.subarray(0, at), bytes.subarray(at)]
}
