import { deflateRawSync, inflateRawSync } from 'node:zlib'

/**
 * What providers want back with their calls (thought signatures, thinking blocks) travels in `encrypted_content` of a reasoning
 * item, for clients that ask for it; else in the ids of the calls. OpenAI's own has no such beginning.
 */
const MARK = 'sg1.'

/** Whether `encrypted_content` is ours. */
export function isOurState(packed: string): boolean {
  return packed.startsWith(MARK)
}

/** The states of calls by the calls' ids, as a client keeps them. Without any it says only that the item is one of ours. */
export function packStates(states: ReadonlyMap<string, string>): string {
  if (states.size === 0) return MARK
  return MARK + deflateRawSync(Buffer.from(JSON.stringify(Object.fromEntries(states)))).toString('base64url')
}

/** What all the reasoning items of one request may carry, in bytes. */
const MAX_STATE_BYTES = 64 * 1024 * 1024
/** What the work of unpacking one counts for: a body has room for a million that carry next to nothing. */
const UNPACKING_BYTES = 8 * 1024

/** Unpacks the states of one request. A client's may be hostile: what cannot be read, or is too much, has none. */
export function stateReader(): (packed: string) => ReadonlyMap<string, string> {
  let room = MAX_STATE_BYTES
  return (packed) => {
    if (!isOurState(packed) || packed === MARK || room < 1) return NONE
    try {
      const json = inflateRawSync(Buffer.from(packed.slice(MARK.length), 'base64url'), { maxOutputLength: room })
      room -= json.length + UNPACKING_BYTES
      const states = Object.entries(JSON.parse(json.toString()) as object)
      return new Map(states.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
    } catch {
      room -= UNPACKING_BYTES
      return NONE
    }
  }
}

const NONE: ReadonlyMap<string, string> = new Map()
