import { createHash } from 'node:crypto'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/**
 * Letters and digits that stand for `id`, the same each time: a call and its result keep fitting together, on every turn.
 * `length` up to 32.
 */
export function shortId(id: string, length: number): string {
  const digest = createHash('sha256').update(id).digest().subarray(0, length)
  return Array.from(digest, (byte) => LETTERS[byte % LETTERS.length]).join('')
}
