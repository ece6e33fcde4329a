import type { Chunk, ChunkChoice, ChunkDelta, ChunkToolCall, FinishReason } from './types/chunk.ts'
import type { NativeEvent } from './types/provider.ts'

const NATIVE = Symbol('native')

/** The chunk, with the provider's own events that it stands for, if there are any; they are seen by `nativeOf` alone. */
export function withNative(chunk: Chunk, events: readonly NativeEvent[] | undefined): Chunk {
  return events === undefined ? chunk : Object.assign(chunk, { [NATIVE]: events })
}

/** The chunk without them, to be translated. */
export function withoutNative(chunk: Chunk & { [NATIVE]?: unknown }): Chunk {
  const { [NATIVE]: _, ...rest } = chunk
  return rest
}

/** Whether another attempt could not repeat what a chunk stands for. */
export function isOpaque(chunk: Chunk): boolean {
  return nativeOf(chunk)?.some(({ opaque }) => opaque) ?? false
}

/** The provider's own events of a chunk, which go out in its place. Undefined: it is to be translated. */
export function nativeOf(chunk: Chunk): readonly NativeEvent[] | undefined {
  return (chunk as Chunk & { [NATIVE]?: readonly NativeEvent[] })[NATIVE]
}

/** The members of a chunk that stay the same for all of an answer. */
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

/** Whether a choice of this chunk has its finish reason. */
export function isEnding({ choices }: Chunk): boolean {
  for (const { finish_reason } of choices) if (finish_reason !== null) return true
  return false
}

/** The text of a chunk that carries a piece of content (or of reasoning) and nothing else, as most do; undefined for any other. */
export function plainText(chunk: Chunk, kind: 'content' | 'reasoning_content' = 'content'): string | undefined {
  const { choices } = chunk
  const choice = choices[0]
  if (choice === undefined || choices.length > 1 || choice.logprobs !== null || choice.finish_reason !== null)
    return undefined
  const text = kind === 'content' ? choice.delta.content : choice.delta.reasoning_content
  if (typeof text !== 'string') return undefined
  for (const key in choice.delta) if (key !== kind) return undefined
  // Compared with constants: a Set would take several times as long, at every chunk.
  for (const key in choice)
    if (key !== 'index' && key !== 'delta' && key !== 'logprobs' && key !== 'finish_reason') return undefined
  for (const key in chunk) if (key === 'usage' || !isChunkMember(key)) return undefined
  return text
}

/** Whether OpenAI's chunks have a member of this name. A switch, since a Set would take several times as long. */
export function isChunkMember(key: string): boolean {
  switch (key) {
    case 'id':
    case 'object':
    case 'created':
    case 'model':
    case 'service_tier':
    case 'system_fingerprint':
    case 'choices':
    case 'usage':
      return true
    default:
      return false
  }
}

/**
 * In characters; a longer text leaves in several chunks. In JSON a character takes six bytes at most, so that no line comes to
 * 64 KiB: there are clients that read no longer ones.
 */
export const LONGEST_TEXT = 10_000

/** A text in parts that are sent one after the other; none, if there is no text. None divides a character. */
export function partsOf(text: string | null | undefined): string[] {
  if (!text) return []
  if (text.length <= LONGEST_TEXT) return [text]
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

/** A piece of a tool call in parts that are sent one after the other; the first has the head. */
export function callParts(call: ChunkToolCall): ChunkToolCall[] {
  const { index } = call
  const [, ...texts] = partsOf(call.function?.arguments ?? call.custom?.input)
  if (texts.length === 0) return [call]
  if (call.custom !== undefined) {
    const { input, ...custom } = call.custom
    const [first = ''] = partsOf(input)
    return [
      { ...call, custom: { ...custom, input: first } },
      ...texts.map((text) => ({ index, custom: { input: text } })),
    ]
  }
  const [first = ''] = partsOf(call.function?.arguments)
  return [
    { ...call, function: { ...call.function, arguments: first } },
    ...texts.map((text) => ({ index, function: { arguments: text } })),
  ]
}
