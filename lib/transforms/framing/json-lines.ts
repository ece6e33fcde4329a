import type { Transform } from 'node:stream'
import type { WireEvent } from '../../types/provider.ts'
import { eventTooLong } from './event-too-long.ts'
import { splitWhole } from './split-whole.ts'
import { wholeLines } from './whole-lines.ts'

/**
 * Bytes in, one event for each line that is not blank. Trimming takes the CR of a CRLF and a byte order mark off, and nothing
 * that counts in JSON. A line over `maxEventBytes` is an error.
 */
export function jsonLines(limits: { maxEventBytes: number }): Transform {
  const eventOf = (line: string): WireEvent | undefined => {
    if (line.length > limits.maxEventBytes) throw eventTooLong(limits.maxEventBytes)
    const data = line.trim()
    return data === '' ? undefined : { event: undefined, data }
  }
  return splitWhole('\n', wholeLines(limits), eventOf)
}
