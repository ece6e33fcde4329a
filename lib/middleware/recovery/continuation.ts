import type { ChatRequest, Message } from '../../types/chat.ts'

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

/** The first half of a character: no request can end in it, so that nobody could go on with the second. */
const HALF_CHARACTER = /[\ud800-\udbff]$/

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
  return takesPrefill && !HALF_CHARACTER.test(text) ? [{ type: 'append', text }, anchor, fresh] : [anchor, fresh]
}

/** The request that makes a target go on. `instruction` asks for the repetition. */
export function continued(request: ChatRequest, resume: Resume, instruction: string): ChatRequest {
  if (resume.type === 'fresh' || resume.text.trim() === '') return request
  const text = resume.text.replace(HALF_CHARACTER, '').trimEnd()
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
  /** No more text comes: the answer ended, or turned to tool calls, before it could be told. */
  end(callFollows: boolean): Joint
}

/** So many characters that both begin with, and an answer starts over. */
const SAME_START = 4

/**
 * For `append`. A target that ignores the prefix starts over: that is noticed, and never passed on as the rest. One that has
 * nothing to add but the end is not believed: a stream that was cut, too, may say nothing.
 */
export function appended(sent: string): Joiner {
  const text = sent.trimEnd()
  const gap = sent.slice(text.length)
  const head = text.trimStart()
  const lead = text.length - head.length
  let come = ''

  const startsOver = () => {
    const said = come.trimStart()
    // A text goes on with white space most of the time, and few answers begin with it.
    const enough = said === come || commonLength(come, text) > lead ? SAME_START : MIN_TEXT
    return commonLength(said, head) >= enough
  }

  return {
    accept(piece) {
      come += piece
      const said = come.trimStart()
      if (come.length - said.length > MOST_HELD) return { type: 'refused' }
      if (said === '' || (said.length < MIN_TEXT && head.startsWith(said))) return { type: 'held' }
      return startsOver() ? { type: 'refused' } : onwards(come, gap, false)
    },
    end(callFollows) {
      const said = come.trimStart()
      const nothing = said === '' && (text === '' || callFollows)
      if (!nothing && head.startsWith(said)) return { type: 'refused' }
      return startsOver() ? { type: 'refused' } : onwards(come, gap, true)
    },
  }
}

/** How far back in the text, in characters, a repetition may begin. */
const ANCHOR_REACH = 400
/** A shorter repetition, in characters without white space, could be chance. */
const ANCHOR_LENGTH = 12
/** What is held at most before it is decided, in characters: more is no repetition, white space included. */
const MOST_HELD = 4 * ANCHOR_REACH
/** A repetition as short as this is none. */
const SHORTEST_READING = 4

/**
 * For `anchor`: accepts a repetition of the last words, or of all of a short text, equal after white space is normalised, and
 * cuts behind it.
 * In a text that repeats itself the same words can be read as a longer or as a shorter repetition, or as one of an earlier
 * place. Such a one is refused: each reading but one would lose text, or double it.
 */
export function anchored(sent: string): Joiner {
  const text = sent.trimEnd()
  const gap = sent.slice(text.length)
  const words = normalised(text)
  let starts = startsIn(words)
  let come = ''
  let said = ''

  const judge = (final: boolean): Joint => {
    starts = starts.filter((start) => agree(words, start, said))
    const complete = starts.filter((start) => words.length - start <= said.length)
    if (complete.length < starts.length && !final) return { type: 'held' }
    const [start = words.length] = complete
    const repeated = words.slice(start)
    const clear = complete.length === 1 && words.indexOf(repeated) === start
    if (!clear || lettersIn(repeated) < ANCHOR_LENGTH) return { type: 'refused' }
    return onwards(behind(come, repeated.length), gap, final)
  }

  return {
    accept(piece) {
      come += piece
      if (come.length > MOST_HELD) return { type: 'refused' }
      const next = normalised(piece)
      said = said === '' ? next.trimStart() : said + (said.endsWith(' ') ? next.trimStart() : next)
      return said === '' ? { type: 'held' } : judge(false)
    },
    end: () => judge(true),
  }
}

/** Whether a text from a place on and what was said are the same, as far as both go. */
function agree(words: string, start: number, said: string): boolean {
  return words.length - start <= said.length ? said.startsWith(words.slice(start)) : words.startsWith(said, start)
}

/** Before or behind these a word may begin, though there is no white space: scripts without it, from the radicals on. */
const UNSPACED = /[\u2e80-\uffef]/

/** Where a repetition may begin: at the beginning of a short text, and at each of the last words. */
function startsIn(words: string): number[] {
  const short = words !== '' && words.length <= ANCHOR_REACH
  const starts = short ? [words.length - words.trimStart().length] : []
  for (let at = Math.max(1, words.length - ANCHOR_REACH); at < words.length; at += 1) {
    const around = words.slice(at - 1, at + 1)
    const begins = around[0] === ' ' || (around[1] !== ' ' && UNSPACED.test(around))
    if (begins && lettersIn(words.slice(at)) >= SHORTEST_READING) starts.push(at)
  }
  return starts
}

function lettersIn(words: string): number {
  return words.replaceAll(' ', '').length
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
  if (rest.trim() === '') return { type: 'goes-on', text: rest.startsWith(gap) ? rest.slice(gap.length) : '' }
  const text = behindGap(rest, gap)
  return text === undefined ? { type: 'refused' } : { type: 'goes-on', text }
}

/** What the client does not have of a text that follows white space; undefined if the two do not fit. */
function behindGap(rest: string, gap: string): string | undefined {
  if (rest.startsWith(gap)) return rest.slice(gap.length)
  const text = rest.trimStart()
  const blank = rest.slice(0, rest.length - text.length)
  // "the " is not gone on with by "re".
  if (blank === '') return undefined
  const line = blank.lastIndexOf('\n') + 1
  if (!gap.includes('\n')) return line > 0 ? rest : text
  // It is indented already, and not like this.
  if (!gap.endsWith('\n')) return undefined
  return line > 0 ? rest.slice(line) : text
}

function commonLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length += 1
  return length
}
