import { deflateRawSync, inflateRawSync } from 'node:zlib'

/**
 * Some providers demand on the next turn what OpenAI's format has no field for (a thought signature, thinking blocks).
 * Every client echoes a tool call's id, so it travels there: `call_1~sg1.<deflated, base64url>`. See
 * docs/decisions/0004-state-in-the-call-id.md.
 */
const MARK = '~sg1.'

/** A state that a hostile client inflates must stay bounded, in bytes. */
const MAX_STATE_BYTES = 4 * 1024 * 1024

/** The id as the client gets it; `id` itself if there is no state. */
export function packCallId(id: string, state: string | undefined): string {
  if (state === undefined) return id
  return `${id}${MARK}${deflateRawSync(Buffer.from(state)).toString('base64url')}`
}

/** The provider's own id, and the state if the id carries one. Whatever cannot be read is dropped, never an error. */
export function unpackCallId(packed: string): { id: string; state?: string } {
  const at = packed.indexOf(MARK)
  if (at === -1) return { id: packed }
  const id = packed.slice(0, at)
  try {
    const bytes = Buffer.from(packed.slice(at + MARK.length), 'base64url')
    return { id, state: inflateRawSync(bytes, { maxOutputLength: MAX_STATE_BYTES }).toString() }
  } catch {
    return { id }
  }
}
