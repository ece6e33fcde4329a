import type { ServerResponse } from 'node:http'

/** Calls back once when the client has taken what was written, or has left. One that takes nothing for `timeout` ms has left. */
export function onDrain(res: ServerResponse, timeout: number, callback: () => void): void {
  const timer = setTimeout(() => res.destroy(), timeout)
  const settled = () => {
    clearTimeout(timer)
    res.off('drain', settled).off('close', settled)
    callback()
  }
  res.on('drain', settled).on('close', settled)
}
