import { deflateRawSync, inflateRawSync } from 'node:zlib'

/**
 * Some providers demand on the next turn what OpenAI's format has no field for (a thought signature, thinking blocks).
 * Every client echoes a tool call's id, so it travels there: `call_1~sg1.<deflated, base64url>`. See
 * docs/decisions/0004-state-in-the-call-id.md.
 */
const MARK = '~sg1.'

/** In characters: what clients and their databases take without harm. A state that cannot be less may make an id longer. */
const LONGEST_ID = 1500

/** The id as the client gets it; `id` itself if there is no state. `less` stands in for a state that would make it too long. */
export function packCallId(id: string, state: string | undefined, less?: string): string {
  if (state === undefined) return id
  const packed = `${id}${MARK}${deflateRawSync(Buffer.from(state)).toString('base64url')}`
  return packed.length > LONGEST_ID && less !== undefined && less !== state ? packCallId(id, less) : packed
}

/** The provider's own id. */
export function ownCallId(packed: string): string {
  const at = packed.lastIndexOf(MARK)
  return at === -1 ? packed : packed.slice(0, at)
}

/**
 * The state that an id carries, if any. A hostile client's may inflate a thousandfold, so what exceeds `maxBytes` is
 * dropped, and so is what cannot be read; never an error.
 */
export function callState(packed: string, maxBytes: number): string | undefined {
  const at = packed.lastIndexOf(MARK)
  if (at === -1 || maxBytes < 1) return undefined
  try {
    const bytes = Buffer.from(packed.slice(at + MARK.length), 'base64url')
    return inflateRawSync(bytes, { maxOutputLength: maxBytes }).toString()
  } catch {
    return undefined
  }
}
