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
