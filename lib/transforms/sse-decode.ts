import type { Transform } from 'node:stream'
import split2 from 'split2'
import { streamFailure } from '../errors.ts'
import type { WireEvent } from '../types.ts'

/**
 * Bytes in, events out. Needs whole-lines.ts in front of it: split2 scans an unfinished line again at every read, and a
 * CR at the end of a read could be half of a CRLF. That stage bounds lines, this one an event of many lines.
 */
export function sseDecode(limits: { maxEventBytes: number }): Transform {
  return split2(/\r\n|\n|\r/, sseGrammar(limits.maxEventBytes))
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
