/**
 * - `held`: more text is needed to decide
 * - `continues`: the answer joins what the client has, which gets `text` next; ends the check
 * - `refused`: the target does not continue this answer; ends the check
 */
export type JoinVerdict = { type: 'held' } | { type: 'continues'; text: string } | { type: 'refused' }

/** Decides, a piece of text at a time, whether a new answer continues where the client's text ends. */
export interface JoinCheck {
  accept(text: string): JoinVerdict
  /** No more text comes: the answer ended before it was decided, or turned to tool calls (`callFollows`). */
  end(how: { callFollows: boolean }): JoinVerdict
}

/** Characters below which a text is too short to verify a continuation of it. */
export const MIN_TEXT = 16

/** Characters that both begin with, from which on an answer counts as starting over. */
const SAME_START = 4

/**
 * The check for `append`. A target that ignores the prefill starts over: that is refused, and never passed on as the rest. An
 * answer that adds nothing but its end is refused too: a stream that was cut may look the same.
 */
export function afterPrefill(sent: string): JoinCheck {
  const text = sent.trimEnd()
  const gap = sent.slice(text.length)
  const head = text.trimStart()
  const lead = text.length - head.length
  let received = ''

  const startsOver = () => {
    const said = received.trimStart()
    // Most continuations begin with white space, and few answers begin with it.
    const enough = said === received || commonLength(received, text) > lead ? SAME_START : MIN_TEXT
    return commonLength(said, head) >= enough
  }

  return {
    accept(piece) {
      received += piece
      const said = received.trimStart()
      if (received.length - said.length > MOST_HELD) return { type: 'refused' }
      if (said === '' || (said.length < MIN_TEXT && head.startsWith(said))) return { type: 'held' }
      return startsOver() ? { type: 'refused' } : onwards(received, gap, false)
    },
    end({ callFollows }) {
      const said = received.trimStart()
      const nothing = said === '' && (text === '' || callFollows)
      if (!nothing && head.startsWith(said)) return { type: 'refused' }
      return startsOver() ? { type: 'refused' } : onwards(received, gap, true)
    },
  }
}

/** How far back in the text, in characters, a repetition may begin. */
const ANCHOR_REACH = 400
/** Characters without white space; a shorter repetition could be chance. */
const ANCHOR_LENGTH = 12
/** Characters that are held at most before the decision, white space included: more is no repetition. */
const MOST_HELD = 4 * ANCHOR_REACH
/** Characters without white space; a shorter reading is not even considered. */
const SHORTEST_READING = 4

/**
 * The check for `anchor`. A repetition of the last words, or of all of a short text, equal after white space is normalised, is
 * accepted and cut off.
 * In a text that repeats itself the same words can be read as a longer or as a shorter repetition, or as one of an earlier
 * place. That is refused: each reading but one would lose text, or double it.
 */
export function afterRepetition(sent: string): JoinCheck {
  const text = sent.trimEnd()
  const gap = sent.slice(text.length)
  const words = normalised(text)
  let starts = startsIn(words)
  let received = ''
  let said = ''

  const judge = (final: boolean): JoinVerdict => {
    starts = starts.filter((start) => agree(words, start, said))
    const complete = starts.filter((start) => words.length - start <= said.length)
    if (complete.length < starts.length && !final) return { type: 'held' }
    const [start = words.length] = complete
    const repeated = words.slice(start)
    const clear = complete.length === 1 && words.indexOf(repeated) === start
    // All that the client has, once more, is a repetition however short it is.
    const all = repeated === words.trimStart()
    if (!clear || (!all && lettersIn(repeated) < ANCHOR_LENGTH)) return { type: 'refused' }
    return onwards(behind(received, repeated.length), gap, final)
  }

  return {
    accept(piece) {
      received += piece
      if (received.length > MOST_HELD) return { type: 'refused' }
      const next = normalised(piece)
      said = said === '' ? next.trimStart() : said + (said.endsWith(' ') ? next.trimStart() : next)
      return said === '' ? { type: 'held' } : judge(false)
    },
    end: () => judge(true),
  }
}

/** Whether the text from a place on and the answer so far are equal, as far as both go. */
function agree(words: string, start: number, said: string): boolean {
  return words.length - start <= said.length ? said.startsWith(words.slice(start)) : words.startsWith(said, start)
}

/** Scripts without white space, from the radicals on: a word may begin before or behind any of their characters. */
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

/** The text behind the first `length` characters, counted in normalised text. */
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

/** The verdict on a verified rest. The client may already have white space that it begins with. */
function onwards(rest: string, gap: string, final: boolean): JoinVerdict {
  if (gap === '') return { type: 'continues', text: rest }
  if (rest.trim() === '' && !final) return { type: 'held' }
  if (rest.trim() === '') return { type: 'continues', text: rest.startsWith(gap) ? rest.slice(gap.length) : '' }
  const text = behindGap(rest, gap)
  return text === undefined ? { type: 'refused' } : { type: 'continues', text }
}

/** The part that the client lacks of a text that follows white space; undefined if the two do not fit. */
function behindGap(rest: string, gap: string): string | undefined {
  if (rest.startsWith(gap)) return rest.slice(gap.length)
  const text = rest.trimStart()
  const blank = rest.slice(0, rest.length - text.length)
  // "re" does not continue "the ".
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
