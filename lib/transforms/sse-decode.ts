import { streamFailure } from '../errors.ts'
import type { WireEvent } from '../types.ts'
import type { Cutter } from './cutter.ts'
import { lineBuffer } from './line-buffer.ts'

/** Cuts server-sent events. A line or an event over `maxEventBytes` is an error. */
export function sseCutter(limits: { maxEventBytes: number }): Cutter {
  const buffer = lineBuffer(limits)
  const read = sseGrammar(limits.maxEventBytes)

  const cutLines = (text: string, each: (event: WireEvent) => void) => {
    for (let from = 0, end = text.indexOf('\n'); end !== -1; from = end + 1, end = text.indexOf('\n', from)) {
      const event = read(text.slice(from, end))
      if (event !== undefined) each(event)
    }
  }
  // Whole lines end in a line feed, so that no CRLF and no character is ever divided.
  const cutText = (text: string, each: (event: WireEvent) => void) =>
    cutLines(text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text, each)

  return {
    cut(bytes, each) {
      const lines = buffer.add(bytes)
      if (lines !== undefined) cutText(lines.toString(), each)
    },
    end: (each) => cutText(buffer.end().toString(), each),
  }
}

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
