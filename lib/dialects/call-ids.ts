import { callState, ownCallId } from '../transforms/call-id.ts'
import type { ToolCall } from '../types/chat.ts'

/** What the ids of one request's calls may carry in all, in bytes. */
const MAX_STATE_BYTES = 64 * 1024 * 1024
/** What the work of unpacking one counts for: a body has room for a million that carry next to nothing. */
const UNPACKING_BYTES = 8 * 1024

/** Unpacks the ids of one request's calls: the provider's own id, and the state that was put into it. */
export function callIds(): (packed: string) => Pick<ToolCall, 'id' | 'state'> {
  let room = MAX_STATE_BYTES
  return (packed) => {
    const id = ownCallId(packed)
    const state = callState(packed, room)
    // One that cannot be read may have cost all the room.
    if (id !== packed) room -= state === undefined ? room : Buffer.byteLength(state) + UNPACKING_BYTES
    return state === undefined ? { id } : { id, state }
  }
}
