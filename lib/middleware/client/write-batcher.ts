import type { ServerResponse } from 'node:http'
import type { Options } from '../../options.ts'
import { useResponse } from './use-response.ts'

/** Characters of one write: one turn may bring megabytes, and only a write shows that a client is slow. */
const LONGEST_WRITE = 64 * 1024

interface WriteBatcherOptions {
  logger: Options['logger']
  onWrite: () => void
}

/**
 * Joins the frames of one turn of the event loop into one write: those of a read, and the end of a short answer with them.
 * `onWrite` is called at each write but the last.
 */
export function writeBatcher(res: ServerResponse, { logger, onWrite }: WriteBatcherOptions) {
  let text = ''

  const flush = () => {
    if (text === '') return
    const joined = text
    text = ''
    useResponse(res, logger, () => res.write(joined))
    onWrite()
  }

  return {
    /** False: wait for `drain` before the next write. */
    hasRoom: () => !res.writableNeedDrain,
    write(frame: string): void {
      if (text === '') setImmediate(flush)
      text += frame
      if (text.length >= LONGEST_WRITE) flush()
    },
    end(frame: string): void {
      const last = text + frame
      text = ''
      res.end(last)
    },
  }
}
