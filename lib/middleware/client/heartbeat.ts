import type { ServerResponse } from 'node:http'

/** Calls `beat` whenever nothing was written to the response for `ms` milliseconds, until it is closed. */
export function heartbeat(res: ServerResponse, ms: number, beat: () => void): void {
  let written = bytesOf(res)
  const timer = setInterval(() => {
    // A client that does not read needs no sign of life.
    if (bytesOf(res) === written && !res.writableNeedDrain && !res.writableEnded) beat()
    written = bytesOf(res)
  }, ms)
  res.once('close', () => clearInterval(timer))
}

function bytesOf({ socket }: ServerResponse): number {
  return socket?.bytesWritten ?? 0
}
