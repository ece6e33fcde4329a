import type { ChatRequest, Message } from '../types.ts'

/**
 * How an attempt goes on with an answer of which the client has a part. Pure; nothing here writes.
 *
 * - `fresh`: it answers from the beginning; what the client has is spliced off, else a restart is announced (recovery.ts)
 * - `append`: its request ends with the text so far as the assistant's, and it goes on right behind it
 * - `anchor`: it is asked to repeat the last words and go on; only a verified repetition is accepted
 */
export type Resume = { type: 'fresh' } | { type: 'append' | 'anchor'; text: string }

/** What the client has of one answer that consists of text alone. */
export interface Sent {
  content: string
}

/** Too little text is not worth a continuation: a fresh answer is as cheap, and its repetition can be verified in full. */
const MIN_TEXT = 16

/**
 * The ways to go on, best first, for a target that takes a prefill or does not. Without content (only reasoning was sent) the
 * request stays as it was, and no reasoning is sent again.
 */
export function ladder(sent: Sent | undefined, takesPrefill: boolean): Resume[] {
  const fresh: Resume = { type: 'fresh' }
  if (sent === undefined) return [fresh]
  const text = sent.content
  if (text.trim() === '') return [{ type: 'append', text }, fresh]
  if (text.trim().length < MIN_TEXT) return [fresh]
  const anchor: Resume = { type: 'anchor', text }
  return takesPrefill ? [{ type: 'append', text }, anchor, fresh] : [anchor, fresh]
}

/** The request that makes a target go on. `instruction` asks for the repetition. */
export function continued(request: ChatRequest, resume: Resume, instruction: string): ChatRequest {
  if (resume.type === 'fresh' || resume.text.trim() === '') return request
  const text = resume.text.trimEnd()
  const messages = [...withPrefix(request.messages, text)]
  if (resume.type === 'anchor') messages.push({ role: 'user', content: instruction })
  return Object.freeze({ ...request, ...lessTokens(request, text), messages: Object.freeze(messages) })
}

/** The text as the last message; the client's own prefix, if it gave one, stays in front of it. */
function withPrefix(messages: readonly Message[], text: string): Message[] {
  const last = messages.at(-1)
  if (last?.role === 'assistant' && typeof last.content === 'string' && !last.tool_calls?.length) {
    return [...messages.slice(0, -1), { ...last, content: last.content + text }]
  }
  return [...messages, { role: 'assistant', content: text }]
}

/** Characters of a token, roughly, in prose. */
const TOKEN_LENGTH = 4
const FEWEST_TOKENS = 16

/** What the client allowed, less what it has. */
function lessTokens(request: ChatRequest, text: string): Pick<ChatRequest, 'max_tokens' | 'max_completion_tokens'> {
  const less = (allowed: number) => Math.max(FEWEST_TOKENS, allowed - Math.ceil(text.length / TOKEN_LENGTH))
  return {
    ...(request.max_tokens != null && { max_tokens: less(request.max_tokens) }),
    ...(request.max_completion_tokens != null && { max_completion_tokens: less(request.max_completion_tokens) }),
  }
}

/**
 * Compares what comes with what the client has, a piece of text at a time.
 * - `held`: cannot be told yet
 * - `goes-on`: `text` is what the client is to get next; ends the comparison
 * - `refused`: the target does not go on with this answer; ends the comparison
 */
export type Joint = { type: 'held' } | { type: 'goes-on'; text: string } | { type: 'refused' }

export interface Joiner {
  accept(text: string): Joint
  /** The answer ended, or turned to tool calls, before it could be told. */
  end(): Joint
}

/**
 * For `append`. A target that ignores the prefix starts over: that is noticed, and never passed on as the rest. Linear: what
 * repeats the text is compared piece by piece.
 */
export function appended(sent: string): Joiner {
  const text = sent.trimEnd()
  const gap = sent.slice(text.length)
  /** How much of the text has come again, and what came behind all of it, or in its place. */
  let repeated = 0
  let rest = ''

  const judge = (final: boolean): Joint => {
    if (repeated === text.length) return onwards(rest, gap, final)
    if (rest === '' && !final) return { type: 'held' }
    return repeated < MIN_TEXT ? onwards(text.slice(0, repeated) + rest, gap, final) : { type: 'refused' }
  }

  return {
    accept(piece) {
      const common = rest === '' ? commonLength(piece, text, repeated) : 0
      repeated += common
      rest += piece.slice(common)
      return judge(false)
    },
    end: () => judge(true),
  }
}

/** How far back in the text, in characters, a repetition may begin. */
const ANCHOR_REACH = 400
/** A shorter repetition, in characters without white space, could be chance. */
const ANCHOR_LENGTH = 12

/** What comes before it is decided, in characters: more is no repetition, white space included. */
const MOST_HELD = 4 * ANCHOR_REACH

/**
 * For `anchor`: accepts a repetition of the last words, or of all of a short text, equal after white space is normalised; cuts
 * behind it.
 */
export function anchored(sent: string): Joiner {
  const text = sent.trimEnd()
  const gap = sent.slice(text.length)
  const words = normalised(text.slice(-MOST_HELD))
  const starts = startsIn(words, text.length <= ANCHOR_REACH)
  let come = ''

  const judge = (final: boolean): Joint => {
    const said = normalised(come.trimStart())
    const undecided = starts.some((start) => words.length - start > said.length && words.startsWith(said, start))
    if (undecided && !final) return { type: 'held' }
    // The longest repetition comes first.
    const start = starts.find((at) => said.startsWith(words.slice(at)))
    if (said === '' || start === undefined) return { type: 'refused' }
    return onwards(behind(come, words.length - start), gap, final)
  }

  return {
    accept(piece) {
      come += piece
      if (come.length > MOST_HELD) return judge(true)
      return come.trim() === '' ? { type: 'held' } : judge(false)
    },
    end: () => judge(true),
  }
}

/** Where a repetition may begin: at each of the last words but for the very last ones, and at the beginning of a short text. */
function startsIn(words: string, short: boolean): number[] {
  const starts = short ? [0] : []
  for (let at = Math.max(1, words.length - ANCHOR_REACH); at < words.length; at += 1) {
    if (words[at - 1] === ' ' && words.slice(at).replaceAll(' ', '').length >= ANCHOR_LENGTH) starts.push(at)
  }
  return starts
}

/** What comes behind the first `length` characters, counted in normalised text. */
function behind(raw: string, length: number): string {
  let at = raw.length - raw.trimStart().length
  for (let counted = 0; counted < length; counted += 1) {
    const blank = /^\s+/.exec(raw.slice(at))
    at += blank === null ? 1 : blank[0].length
  }
  return raw.slice(at)
}

function normalised(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}

/** The client may have white space already that the continuation begins with. */
function onwards(rest: string, gap: string, final: boolean): Joint {
  if (gap === '') return { type: 'goes-on', text: rest }
  if (rest.trim() === '' && !final) return { type: 'held' }
  return { type: 'goes-on', text: rest.startsWith(gap) ? rest.slice(gap.length) : rest.trimStart() }
}

/** How many characters of `piece` are those of `text` from `at` on. */
function commonLength(piece: string, text: string, at: number): number {
  let length = 0
  while (length < piece.length && at + length < text.length && piece[length] === text[at + length]) length += 1
  return length
}
