import type { Worker } from 'node:cluster'

/** What node:cluster's primary tells a worker with a new connection. Source: Node's lib/internal/cluster/round_robin_handle.js. */
interface Handover {
  act: 'newconn'
  /** Of the port that is listened on. */
  key: string
  seq: number
}

/** The connection itself; its `fd` is negative once it is closed. */
interface Connection {
  readonly fd: number
}

/** What a worker tells the primary: its reply to a handover, and that it listens no more. */
type News = { ack: number; accepted: boolean } | { act: 'close'; key: string }

/**
 * Says for a worker that has died what it said no more. Node waits for its reply to the last connection that was handed over,
 * and, since it waits, does not even notice that the worker is gone: the client would wait for ever, and its connection stay
 * open here. A worker replies before it reads, so nothing of a request is lost when another worker, if one `canTake` it, gets
 * the connection.
 */
export function answerHandovers({ process: child }: Worker, canTake: () => boolean): void {
  const unanswered = new Map<number, { key: string; connection: Connection }>()
  const { send } = child
  const noting = (...args: Parameters<typeof send>) => {
    const message = args[0] as Handover
    if (message.act === 'newconn') {
      unanswered.set(message.seq, { key: message.key, connection: args[1] as unknown as Connection })
    }
    return send.apply(child, args)
  }
  child.send = noting as typeof send
  child.on('internalMessage', ({ ack }: { ack?: number }) => {
    if (ack !== undefined) unanswered.delete(ack)
  })

  const say = (news: News) => child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ...news })
  // The process has ended, and all that it said was heard.
  child.once('close', () => {
    for (const [ack, { key, connection }] of unanswered) {
      say({ act: 'close', key })
      // What is not accepted is given to another one, what is accepted is closed here.
      say({ ack, accepted: connection.fd < 0 || !canTake() })
    }
  })
}
