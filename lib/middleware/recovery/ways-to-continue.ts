import { MIN_TEXT } from './join-check.ts'

/**
 * How an attempt goes on with an answer of which the client has a part.
 *
 * - `fresh`: the request stays as it was; the client's part is spliced off the answer, else a restart is announced
 * - `append`: the request ends with the text so far as the assistant's, and the target goes on right behind it
 * - `anchor`: the target is asked to repeat the last words and go on; only a verified repetition is accepted
 */
export type Resume = { type: 'fresh' } | { type: 'append' | 'anchor'; text: string }

/** The first half of a character at the end of a text: no request can end so, and no target could go on with the other half. */
export const HALF_CHARACTER = /[\ud800-\udbff]$/

/**
 * The ways to go on, best first, for a target that takes a prefill or does not. `text` is the content that the client has;
 * empty after reasoning alone: the request then stays as it was, and no reasoning is sent again. Undefined: not an answer of
 * text alone, so that no request can continue it.
 */
export function waysToContinue(text: string | undefined, takesPrefill: boolean): Resume[] {
  const fresh: Resume = { type: 'fresh' }
  if (text === undefined) return [fresh]
  if (text.trim() === '') return [{ type: 'append', text }, fresh]
  // A fresh answer is as cheap, and its repetition can be verified in full.
  if (text.trim().length < MIN_TEXT) return [fresh]
  const anchor: Resume = { type: 'anchor', text }
  return takesPrefill && !HALF_CHARACTER.test(text) ? [{ type: 'append', text }, anchor, fresh] : [anchor, fresh]
}
