import type { Transform } from 'node:stream'
import split2 from 'split2'
import type { WireEvent } from '../../types/provider.ts'

/**
 * Bytes in, one event for each line that is not blank. Trimming takes the CR of a CRLF and a BOM off, and nothing that
 * counts in JSON. Needs whole-lines.ts in front of it: split2 scans an unfinished line again at every read.
 */
export function jsonLinesDecode(): Transform {
  return split2('\n', (line): WireEvent | undefined => {
    const data = line.trim()
    return data === '' ? undefined : { event: undefined, data }
  })
}
