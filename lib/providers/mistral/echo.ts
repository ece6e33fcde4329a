import type { ChatRequest } from '../../types/chat.ts'
import type { ChunkInit, Decoder } from '../../types/provider.ts'
import { prefixOf } from './messages.ts'

/**
 * Mistral begins its answer to a trailing assistant message with that message again, in a piece of its own, and moves
 * white space from its end into the next piece. Other providers go on where it ends, and so does this decoder.
 * Source: vercel/ai #3256.
 */
export function withoutEcho(request: ChatRequest, decoder: Decoder): Decoder {
  const prefix = prefixOf(request)
  return prefix === undefined ? decoder : without(prefix, decoder)
}

function without(prefix: string, decoder: Decoder): Decoder {
  /** The rest of the echo that each choice may still send; a choice has none before its first text. */
  const expected = new Map<number, string>()

  function unrepeated(content: string, index: number): string {
    const space = expected.get(index)
    if (space !== undefined) {
      expected.set(index, '')
      return content.startsWith(space) ? content.slice(space.length) : content
    }
    const isEcho = content === prefix || content === prefix.trimEnd()
    expected.set(index, isEcho ? prefix.slice(content.length) : '')
    return isEcho ? '' : content
  }

  function strip(piece: ChunkInit): ChunkInit {
    if (piece.content === undefined) return piece
    const { content, ...rest } = piece
    const left = unrepeated(content, piece.index ?? 0)
    return left === '' ? rest : { ...rest, content: left }
  }

  return { decode: (event) => mapped(decoder.decode(event), strip), ...(decoder.kept && { kept: decoder.kept }) }
}

function* mapped(pieces: Iterable<ChunkInit>, change: (piece: ChunkInit) => ChunkInit): Iterable<ChunkInit> {
  for (const piece of pieces) yield change(piece)
}
