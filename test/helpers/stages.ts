import type { Transform } from 'node:stream'
import { type ChunkAssemblerOptions, chunkAssembler } from '../../lib/transforms/chunk-assembler.ts'
import { toOpenAI } from '../../lib/transforms/to-openai.ts'

/** Events in, chunks out. `cut`: what breaks the body off behind the last event. */
export function chunkStage(options: ChunkAssemblerOptions, cut?: Error): Transform {
  const assembler = chunkAssembler(options)
  if (cut !== undefined) assembler.cut(cut)
  return toOpenAI(assembler)
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
