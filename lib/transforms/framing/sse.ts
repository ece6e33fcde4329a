import type { Transform } from 'node:stream'
import split2 from 'split2'
import type { WireEvent } from '../../types/provider.ts'
import { eventTooLong } from './event-too-long.ts'
import { readSseEvent } from './grammar/sse-event.ts'
import { wholeEvents } from './whole-lines.ts'

/** Bytes in, server-sent events out. An event over `maxEventBytes` is an error. `keepAlives`: those that say no more are events, too. */
export function sseStages(limits: { maxEventBytes: number; keepAlives?: boolean }): Transform[] {
  const { maxEventBytes, keepAlives = false } = limits
  let start = BYTE_ORDER_MARK

  const eventOf = (text: string): WireEvent | undefined => {
    if (text.length > maxEventBytes) throw eventTooLong(maxEventBytes)
    const marked = text.charCodeAt(0) === start
    start = NONE
    return readSseEvent(marked ? text.slice(1) : text, keepAlives)
  }
  return [wholeEvents(limits), split2('\n\n', eventOf)]
}

const BYTE_ORDER_MARK = 0xfeff
const NONE = -1
