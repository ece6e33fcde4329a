import type { Chunk, ChunkChoice, ChunkDelta, FinishReason } from '../types/chunk.ts'

/**
 * What a stream tells: a chunk or, if there is a text, one with this content in the envelope of `chunk` and for its first
 * choice, with nothing else. Most chunks are like that, and are made only for those who want to see them.
 */
export interface Told {
  readonly chunk: Chunk
  readonly text?: string | undefined
}

/** In characters; a longer one is told in parts. */
export const LONGEST_TEXT = 64 * 1024

/** A text in parts to be sent one after the other; none, if there is no text. None divides a character. */
export function partsOf(text: string | null | undefined): string[] {
  if (!text) return []
  const parts: string[] = []
  let from = 0
  while (text.length - from > LONGEST_TEXT) {
    const last = text.charCodeAt(from + LONGEST_TEXT - 1)
    const to = from + LONGEST_TEXT - (last >= 0xd800 && last < 0xdc00 ? 1 : 0)
    parts.push(text.slice(from, to))
    from = to
  }
  parts.push(text.slice(from))
  return parts
}

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

export type ChunkOfOne = Envelope & { choices: [ChunkChoice] }

/** A chunk of one choice, in this envelope. */
export function makeChunk(
  { id, object, created, model, service_tier, system_fingerprint }: Envelope,
  index: number,
  delta: ChunkDelta,
  finish: FinishReason | null = null,
): ChunkOfOne {
  const choices: [ChunkChoice] = [{ index, delta, logprobs: null, finish_reason: finish }]
  const chunk: ChunkOfOne = { id, object, created, model, choices }
  if (service_tier !== undefined) chunk.service_tier = service_tier
  if (system_fingerprint !== undefined) chunk.system_fingerprint = system_fingerprint
  return chunk
}
