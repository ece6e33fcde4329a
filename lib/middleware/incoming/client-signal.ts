import type { ServerResponse } from 'node:http'

/** A signal that aborts when the client leaves before the end of the response. */
export function clientSignal(res: ServerResponse): AbortSignal {
  const controller = new AbortController()
  const onClose = () => {
    // To HTTP/2 a response that its client has reset is finished, too.
    const whole = res.writableEnded && res.writableFinished
    if (!whole) controller.abort(Object.assign(new Error('the client left'), { code: 'ECONNRESET' }))
  }
  res.once('close', onClose)
  // The client may have left while middleware before this one had the request.
  if (res.closed) onClose()
  return controller.signal
}
