import type { Chunk, ChunkChoice, ChunkDelta, FinishReason } from '../types.ts'

/**
 * What a stream tells: a chunk or, if there is a text, one that is like it in all but this text of its first choice. Most
 * chunks of a stream differ in nothing else, and are made only for those who want to see them.
 */
export interface Told {
  readonly chunk: Chunk
  readonly text: string | undefined
}

/** In characters; longer ones are told in pieces. */
export const LONGEST_TEXT = 64 * 1024

/** Takes what is told, without an object for it. */
export type Tell = (chunk: Chunk, text?: string) => void

/** The chunk that is told. */
export function wholeChunk({ chunk, text }: Told): Chunk {
  return text === undefined ? chunk : makeChunk(chunk, firstIndex(chunk), { content: text })
}

export function firstIndex({ choices }: Chunk): number {
  return choices[0]?.index ?? 0
}

export type Envelope = Pick<Chunk, 'id' | 'object' | 'created' | 'model' | 'service_tier' | 'system_fingerprint'>

/** A chunk of one choice, in this envelope. */
export function makeChunk(
  { id, object, created, model, service_tier, system_fingerprint }: Envelope,
  index: number,
  delta: ChunkDelta,
  finish: FinishReason | null = null,
): Envelope & { choices: [ChunkChoice] } {
  const choices: [ChunkChoice] = [{ index, delta, logprobs: null, finish_reason: finish }]
  const chunk: Envelope & { choices: [ChunkChoice] } = { id, object, created, model, choices }
  if (service_tier !== undefined) chunk.service_tier = service_tier
  if (system_fingerprint !== undefined) chunk.system_fingerprint = system_fingerprint
  return chunk
}
