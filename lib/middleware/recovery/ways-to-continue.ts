import type { MidStream } from '../../types/answer.ts'
import { MIN_TEXT } from './join-check.ts'

/**
 * How an attempt continues an answer of which the client has a part.
 *
 * - `fresh`: the request stays as it was; the client's part is spliced off the answer, else a restart is announced
 * - `splice`: the same, but an answer that is another one is refused
 * - `append`: the request ends with the text so far as the assistant's, and the target continues right behind it
 * - `anchor`: the target is asked to repeat the last words and continue; only a verified repetition is accepted
 */
export type Way = { type: 'fresh' | 'splice' } | { type: 'append' | 'anchor'; text: string }

/** The first half of a character at the end of a text: no request can end so, and no target could begin with the other half. */
export const HALF_CHARACTER = /[\ud800-\udbff]$/

/** What decides in which ways a target may continue. */
export interface WayFacts {
  /** The config's `mid_stream`, or what the client asked for in its place. */
  rungs: readonly MidStream[]
  /** Whether an announced restart would do no harm: not in JSON, nor behind a tool call, which the client would run twice. */
  mayRestart: boolean
  /**
   * The content that the client has; empty after reasoning alone: the request then stays as it was, and no reasoning is sent
   * again. Undefined: not an answer of text alone, so that no request can continue it.
   */
  text: string | undefined
  takesPrefill: boolean
}

/** The ways to continue, best first; one at least. */
export function waysToContinue({ rungs, mayRestart, text, takesPrefill }: WayFacts): [Way, ...Way[]] {
  const last: Way = { type: mayRestart && rungs.includes('restart') ? 'fresh' : 'splice' }
  if (text === undefined || !rungs.includes('continue')) return [last]
  if (text.trim() === '') return [{ type: 'append', text }, last]
  const anchor: Way = { type: 'anchor', text }
  // Behind so little text a target that starts over could not be told from one that continues.
  const mayAppend = takesPrefill && text.trim().length >= MIN_TEXT && !HALF_CHARACTER.test(text)
  return mayAppend ? [{ type: 'append', text }, anchor, last] : [anchor, last]
}
