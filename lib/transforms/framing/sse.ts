import type { Transform } from 'node:stream'
import type { WireEvent } from '../../types/provider.ts'
import { eventTooLong } from './event-too-long.ts'
import { sseEventReader } from './grammar/sse-event.ts'
import { splitWhole } from './split-whole.ts'
import { wholeEvents } from './whole-lines.ts'

/** Bytes in, server-sent events out. An event over `maxEventBytes` is an error. `pings`: whether they are events, too. */
export function serverSentEvents(limits: { maxEventBytes: number; pings?: boolean }): Transform {
  const { maxEventBytes, pings = false } = limits
  const read = sseEventReader(pings)
  let start = BYTE_ORDER_MARK

  const eventOf = (text: string): WireEvent | undefined => {
    if (text.length > maxEventBytes) throw eventTooLong(maxEventBytes)
    const marked = text.charCodeAt(0) === start
    start = NONE
    return read(marked ? text.slice(1) : text)
  }
  return splitWhole('\n\n', wholeEvents(limits), eventOf)
}

const BYTE_ORDER_MARK = 0xfeff
const NONE = -1
