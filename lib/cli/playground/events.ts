import type { ServerResponse } from 'node:http'
import type { AttemptEnd, AttemptStart, Chunk, Hooks, Outcome } from '../../index.ts'

/** The chunks of so many milliseconds are told in one event. */
const BATCH_MS = 50
/** How long a listener may wait for its run to begin, in milliseconds. */
const WAIT_MS = 5_000
const MOST_LISTENERS = 32
/** A listener that leaves this much lying has gone. */
const MOST_UNREAD_BYTES = 1024 * 1024

/** What the page is told of its runs, as server-sent events; nothing is kept for those to whom nobody listens. */
export interface RunEvents {
  /** Answers with the events of the run `id`, until it ends. False if there are too many listeners, or one for it already. */
  listen(id: string, res: ServerResponse): boolean
  /** Begins the run `id`: what these hooks are told is told to who listens. */
  begin(id: string): Hooks
}

export function runEvents(): RunEvents {
  const waiting = new Map<string, { res: ServerResponse; deadline: NodeJS.Timeout }>()
  let open = 0
  return {
    listen(id, res) {
      if (waiting.has(id) || open >= MOST_LISTENERS) return false
      open += 1
      const deadline = setTimeout(() => res.end(), WAIT_MS)
      waiting.set(id, { res, deadline })
      res.once('close', () => {
        open -= 1
        clearTimeout(deadline)
        if (waiting.get(id)?.res === res) waiting.delete(id)
      })
      res.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      res.write(': listening\n\n')
      return true
    },
    begin(id) {
      const listener = waiting.get(id)
      if (listener === undefined) return {}
      waiting.delete(id)
      clearTimeout(listener.deadline)
      return tellingHooks(listener.res)
    },
  }
}

/** Hooks that write to `res` what they are told, and end it with the request. */
function tellingHooks(res: ServerResponse): Hooks {
  const began = performance.now()
  const now = () => Math.round((performance.now() - began) * 10) / 10
  let chunks = new Map<number, number[]>()
  const withContent = new Set<number>()
  let timer: NodeJS.Timeout | undefined

  const write = (event: string, data: object) => {
    if (res.destroyed || res.writableEnded) return
    if (res.writableLength > MOST_UNREAD_BYTES) res.destroy()
    else res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }
  const writeChunks = () => {
    clearTimeout(timer)
    timer = undefined
    const batch = chunks
    chunks = new Map()
    for (const [attempt, at] of batch) write('chunks', { attempt, at })
  }
  const tell = (event: string, data: object) => {
    writeChunks()
    write(event, { at: now(), ...data })
  }

  return {
    onAttemptStart: ({ attempt, reason, target, provider, model }: AttemptStart) => {
      tell('start', { attempt, reason, target, provider, model })
    },
    onChunk: (chunk: Chunk, { attempt }: AttemptStart) => {
      if (!hasMoreThanRole(chunk)) return
      if (!withContent.has(attempt)) {
        withContent.add(attempt)
        tell('content', { attempt })
      }
      const times = chunks.get(attempt) ?? []
      chunks.set(attempt, times)
      times.push(now())
      timer ??= setTimeout(writeChunks, BATCH_MS)
    },
    onAttemptEnd: ({ attempt, outcome, failure, usage, cost }: AttemptEnd) => {
      tell('end', { attempt, outcome, failure, usage, cost })
    },
    onFinish: ({ outcome, attempts, failure, usage, cost, duration }: Outcome) => {
      tell('finish', { outcome, attempts, failure, usage, cost, duration })
      res.end()
    },
  }
}

function hasMoreThanRole({ choices }: Chunk): boolean {
  return choices.some(({ delta }) => Object.entries(delta).some(([key, value]) => key !== 'role' && Boolean(value)))
}
