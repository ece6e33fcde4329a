import type { ServerResponse } from 'node:http'

/**
 * Writes as one what one read of the upstream brings: the frames of a tick are joined, and written at its end. Nothing is held
 * back for longer.
 */
export function joinedWrites(res: ServerResponse) {
  let text = ''

  const flush = () => {
    if (text === '') return
    const joined = text
    text = ''
    res.write(joined)
  }

  return {
    /** False: wait for `drain` before the next. */
    write(frame: string): boolean {
      if (text === '') process.nextTick(flush)
      text += frame
      return !res.writableNeedDrain
    },
    end(frame: string): void {
      const last = text + frame
      text = ''
      res.end(last)
    },
  }
}
