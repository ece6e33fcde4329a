import { streamFailure } from '../../errors.ts'
import type { WireEvent } from '../../types/provider.ts'
import type { Cutter } from '../cutter.ts'
import { gatherText } from './gather.ts'
import { lineBuffer } from './line-buffer.ts'

/** Cuts server-sent events. A line or an event over `maxEventBytes` is an error. */
export function sseCutter(limits: { maxEventBytes: number }): Cutter {
  const buffer = lineBuffer(limits, gatherText())
  const read = sseGrammar(limits.maxEventBytes)
  const usual = usualEvents(limits.maxEventBytes)
  /** Whether nothing of an event has been read yet, nor is a byte order mark to be expected. */
  let fresh = false

  const cutText = (told: string, each: (event: WireEvent) => void) => {
    // Whole lines end in a line feed: no CRLF and no character is ever divided, and a line's end is always found.
    const text = told.includes('\r') ? told.replaceAll(/\r\n?/g, '\n') : told
    for (let from = 0; from < text.length; ) {
      const next = fresh ? usual(text, from, each) : from
      if (next > from) {
        from = next
        continue
      }
      const end = text.indexOf('\n', from)
      const event = read(text.slice(from, end))
      from = end + 1
      fresh = event !== undefined
      if (event !== undefined) each(event)
    }
  }

  return {
    cut(bytes, each) {
      const lines = buffer.add(bytes)
      if (lines !== undefined) cutText(lines, each)
    },
    end: (each) => cutText(buffer.end(), each),
  }
}

/**
 * Reads the event that begins at `from` if it has the usual shape: `event: …` or no such line, one `data: …`, a blank line. It
 * is then what the grammar would read of these lines, at half the price. Answers where the next one begins; `from` if it did not.
 */
function usualEvents(maxCharacters: number): (text: string, from: number, each: (event: WireEvent) => void) => number {
  /** What stood before the data of the last one: most often it stands there again. */
  let head = DATA
  let event: string | undefined

  const readHead = (text: string, from: number) => {
    const named = text.slice(from, from + EVENT.length) === EVENT
    head = named ? text.slice(from, text.indexOf('\n', from) + 1) + DATA : DATA
    // A part of the head, not of the text: that would be kept alive by it.
    event = named ? head.slice(EVENT.length, -DATA.length - 1) : undefined
  }

  return (text, from, each) => {
    if (text.slice(from, from + head.length) !== head) {
      readHead(text, from)
      if (text.slice(from, from + head.length) !== head) return from
    }
    const start = from + head.length
    const end = text.indexOf('\n', start)
    if (text.charCodeAt(end + 1) !== LF || end - start + LINE_SIZE > maxCharacters) return from
    each({ event, data: text.slice(start, end) })
    return end + 2
  }
}

const LF = 0x0a
const EVENT = 'event: '
const DATA = 'data: '

/** What a line takes besides its text, about. */
const LINE_SIZE = 32

/**
 * The grammar of server-sent events, a line at a time: answers the event that a blank line completes, else undefined.
 * `id`, `retry`, comments and unknown fields are ignored. Lines from one that starts with `{` to the next blank one are read
 * as data: that is how some servers report an error in place of an event. Throws if an event
 * of many lines takes more than `maxCharacters`.
 *
 * Source: WHATWG HTML, 9.2.6 Interpreting an event stream.
 */
export function sseGrammar(maxCharacters = Number.POSITIVE_INFINITY): (line: string) => WireEvent | undefined {
  let event: string | undefined
  let data: string | undefined
  let size = 0
  let bare = false
  let start = 0xfeff

  const append = (text: string) => {
    data = data === undefined ? text : `${data}\n${text}`
    size += text.length + LINE_SIZE
    if (size > maxCharacters) {
      throw streamFailure('malformed', `An event of the provider exceeds maxEventBytes (${maxCharacters}).`)
    }
  }

  return (raw) => {
    const line = raw.charCodeAt(0) === start ? raw.slice(1) : raw
    start = -1
    if (line === '') {
      const complete = data === undefined ? undefined : { event, data }
      event = undefined
      data = undefined
      size = 0
      bare = false
      return complete
    }
    if (bare || line.charCodeAt(0) === 0x7b) {
      bare = true
      append(line)
      return undefined
    }
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1)
    if (field === 'data') append(value)
    else if (field === 'event') event = value
    return undefined
  }
}
