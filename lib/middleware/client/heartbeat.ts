import type { ServerResponse } from 'node:http'
import { performance } from 'node:perf_hooks'

/** Writes a sign of life after each `ms` milliseconds in which nothing else was written. */
export interface Heartbeat {
  /** Something was written. Cheap: it only notes the time. */
  note(): void
}

/** `beat` is called at each silence, until the response is closed. A client that does not read needs no sign of life. */
export function heartbeat(res: ServerResponse, ms: number, beat: () => void): Heartbeat {
  let last = performance.now()
  const look = () => {
    const left = last + ms - performance.now()
    if (left > 0) return wait(left)
    if (!res.writableNeedDrain && !res.writableEnded) beat()
    last = performance.now()
    wait(ms)
  }
  let timer: NodeJS.Timeout
  const wait = (left: number) => {
    timer = setTimeout(look, Math.ceil(left))
  }
  wait(ms)
  res.once('close', () => clearTimeout(timer))
  return {
    note() {
      last = performance.now()
    },
  }
}
