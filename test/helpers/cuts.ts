/** Where tests cut a body: `at` is how many of its bytes are left. */
import { seeded } from './random.ts'

/** A place in each of so many equal parts of a length, the same ones for the same seed. */
export function placesIn(length: number, parts: number, seed: string): number[] {
  const random = seeded(seed)
  return Array.from({ length: parts }, (_, part) => Math.floor(((part + random()) / parts) * length))
}

/**
 * Whether a cut is alike to the one before it, for all that reads JSON, lines or frames: it is in a word, behind the first of
 * its letters and digits and ahead of its last.
 */
export function isDeepInWord(body: Buffer, at: number): boolean {
  return /^\w{3}$/.test(body.toString('latin1', at - 2, at + 1))
}

/**
 * A stream of events as a network might bring it: byte by byte what is the first of its name, and all that is alike to an event
 * before it in pieces of chance.
 */
export function inPieces(stream: string, random: () => number): Uint8Array[] {
  const known = new Set<string>()
  return stream.split(/(?<=\n\n)/).flatMap((event) => {
    const isNew = known.size < known.add(/^.*/.exec(event)?.[0] ?? '').size
    const bytes = Buffer.from(event)
    const pieces: Uint8Array[] = []
    for (let at = 0; at < bytes.length; ) {
      const end = at + (isNew ? 1 : 1 + Math.floor(random() * 50))
      pieces.push(bytes.subarray(at, end))
      at = end
    }
    return pieces
  })
}
