import { ownCopy } from '../../../own-copy.ts'
import type { WireEvent } from '../../../types/provider.ts'

/**
 * Reads the lines of one server-sent event; undefined if they have no data, or, unless `pings` are wanted, are a ping. `id`,
 * `retry`, comments and unknown fields are ignored. Lines from one that starts with `{` on are read as data: some servers send
 * an error like that, in place of an event.
 *
 * Source: WHATWG HTML, 9.2.6 Interpreting an event stream. Line ends are line feeds here.
 *
 * @example readSseEvent('event: message_stop\ndata: {}') // { event: 'message_stop', data: '{}' }
 */
export function readSseEvent(lines: string, pings = false): WireEvent | undefined {
  let event: string | undefined
  let data: string | undefined
  for (let from = 0; from <= lines.length; ) {
    const next = lines.indexOf('\n', from)
    const end = next === -1 ? lines.length : next
    if (lines.charCodeAt(from) === OPEN_BRACE) return { event, data: joined(data, lines.slice(from)) }
    const line = fieldValue('data', lines, from, end)
    if (line !== undefined) data = joined(data, line)
    else event = fieldValue('event', lines, from, end) ?? event
    from = end + 1
  }
  return data === undefined ? undefined : eventOf(event, data, pings)
}

/**
 * Reads the events of one stream, each as `readSseEvent` does. Most begin as the last one of theirs did that was read: with the same
 * name, if any, in front of one line of data. So much of them is compared, not read.
 */
export function sseEventReader(pings: boolean): (lines: string) => WireEvent | undefined {
  let head: string | undefined
  let event: string | undefined
  return (lines) => {
    if (head !== undefined && lines.startsWith(head) && lines.indexOf('\n', head.length) === -1) {
      return eventOf(event, lines.slice(head.length), pings)
    }
    const read = readSseEvent(lines, pings)
    const found = ONE_LINE.exec(lines)?.[1]
    if (read !== undefined && found !== undefined) {
      head = ownCopy(found)
      event = read.event && ownCopy(read.event)
    }
    return read
  }
}

/** One line of data, and in front of it nothing but a short name. The space behind a colon is no part of the value, a second one is. */
const ONE_LINE = /^((?:event: .{0,64}\n)?data: ).*$/

function eventOf(event: string | undefined, data: string, pings: boolean): WireEvent | undefined {
  if (data.trim() === '') return undefined
  if (!pings && (isPing(event) || isPing(data))) return undefined
  return { event, data }
}

/** Names that servers and relays have for an event that says nothing, and words that they send as its data. */
const PING = /^\[?(ping|heart-?beat|keep[-_]?alive)\]?$/i

function isPing(word: string | undefined): boolean {
  return word !== undefined && word.length <= LONGEST_PING && PING.test(word)
}

const LONGEST_PING = '[keep-alive]'.length

const OPEN_BRACE = 0x7b
const COLON = 0x3a
const SPACE = 0x20

function joined(data: string | undefined, line: string): string {
  return data === undefined ? line : `${data}\n${line}`
}

/** The value of a field in the line between two places; undefined if the line is of another one. */
function fieldValue(field: string, lines: string, from: number, end: number): string | undefined {
  if (!lines.startsWith(field, from)) return undefined
  const at = from + field.length
  if (at === end) return ''
  if (lines.charCodeAt(at) !== COLON) return undefined
  return lines.slice(lines.charCodeAt(at + 1) === SPACE ? at + 2 : at + 1, end)
}
