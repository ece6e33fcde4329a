import type { ServerResponse } from 'node:http'

/** Characters that are joined at most: one turn may bring megabytes, and only what is written tells a slow client. */
const MOST_JOINED = 64 * 1024

/**
 * Writes as one what one read brings, and the end of a short answer with it. Nothing is held back beyond the turn of the event
 * loop in which it came. `ending`: whether the end is about to come.
 */
export function joinedWrites(res: ServerResponse, ending: () => boolean) {
  let text = ''

  const flush = () => {
    if (text === '') return
    const joined = text
    text = ''
    res.write(joined)
  }
  // A read may hold many pieces of a chunked body; this runs behind the last of them.
  const afterRead = () => {
    if (ending()) setImmediate(flush)
    else flush()
  }

  return {
    /** False: wait for `drain` before the next. */
    write(frame: string): boolean {
      if (text === '') process.nextTick(afterRead)
      text += frame
      if (text.length >= MOST_JOINED) flush()
      return !res.writableNeedDrain
    },
    end(frame: string): void {
      const last = text + frame
      text = ''
      res.end(last)
    },
  }
}
