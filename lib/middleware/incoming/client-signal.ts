import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { TCP_KEEP_ALIVE_MS } from '../tcp-keep-alive.ts'
import { watchPeer } from '../vanished-peers.ts'

/**
 * A signal that aborts when the client leaves before the end of the response: closes or resets its connection, ends its half of
 * it (a FIN, by which nearly all clients leave), or vanishes without a word.
 */
export function clientSignal(res: ServerResponse): AbortSignal {
  const controller = new AbortController()
  const leave = () => controller.abort(Object.assign(new Error('the client left'), { code: 'ECONNRESET' }))
  const onClose = () => {
    // To HTTP/2 a response that its client has reset is finished, too.
    const whole = res.writableEnded && res.writableFinished
    if (!whole) leave()
  }
  res.once('close', onClose)
  // The application may end the response itself, as a time limit of its own does: the next write is an error of the response.
  res.on('error', leave)
  // Where a request comes over none, something else stands for it.
  if (res.socket instanceof Socket) {
    res.socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS)
    watchPeer(res.socket)
  }
  // The client may have left while middleware before this one had the request.
  if (res.closed) onClose()
  return controller.signal
}
