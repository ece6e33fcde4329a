import type { ServerResponse } from 'node:http'

/** Characters that are joined at most: one turn may bring megabytes, and only what is written tells a slow client. */
const MOST_JOINED = 64 * 1024

/**
 * Writes as one what one turn of the event loop brings: the frames of a read, and the end of a short answer with them.
 * Nothing is held back for longer.
 */
export function joinedWrites(res: ServerResponse) {
  let text = ''

  const flush = () => {
    if (text === '') return
    const joined = text
    text = ''
    res.write(joined)
  }

  /** False: wait for `drain` before the next write. */
  const hasRoom = () => !res.writableNeedDrain

  return {
    hasRoom,
    /** Whether there is room for more. */
    write(frame: string): boolean {
      if (text === '') setImmediate(flush)
      text += frame
      if (text.length >= MOST_JOINED) flush()
      return hasRoom()
    },
    end(frame: string): void {
      const last = text + frame
      text = ''
      res.end(last)
    },
  }
}
