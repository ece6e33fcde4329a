import type { Transform } from 'node:stream'
import { throughBytes } from '../through.ts'
import { gatherBytes } from './gather.ts'
import { lineBuffer } from './line-buffer.ts'

/**
 * Bytes in, the same bytes out, cut after a line feed. split2 scans an unfinished line again at every read, which makes a
 * long line quadratic; behind this stage it never sees one. At a clean end the rest goes out with a blank line after it.
 *
 * A line of more than `maxEventBytes` is an error.
 */
export function wholeLines(limits: { maxEventBytes: number }): Transform {
  const buffer = lineBuffer(limits, gatherBytes())
  return throughBytes(
    (bytes, push) => {
      const lines = buffer.add(bytes)
      if (lines !== undefined) push(lines)
    },
    (push) => push(buffer.end()),
  )
}
