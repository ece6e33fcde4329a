/** The deadlines of one attempt, in milliseconds; undefined: none. */
export interface DeadlineSettings {
  connectTimeout: number
  firstChunkTimeout: number | undefined
  idleTimeout: number | undefined
  requestTimeout: number | undefined
}

export type DeadlineName = 'connect_timeout' | 'first_chunk_timeout' | 'idle_timeout' | 'request_timeout'

export interface Deadlines {
  /** The connection stands. */
  connected(): void
  /** Content came. Cheap: it only notes the time. */
  content(): void
  /** The client does not read, so the provider cannot be blamed for silence; until `resumed`. */
  paused(): void
  resumed(): void
  stop(): void
}

/** Calls `passed` once, at the first deadline that passes. One timer; progress moves times, never the timer. */
export function deadlines(settings: DeadlineSettings, passed: (name: DeadlineName, ms: number) => void): Deadlines {
  const start = performance.now()
  const due = new Map<DeadlineName, number>([['connect_timeout', start + settings.connectTimeout]])
  if (settings.firstChunkTimeout !== undefined) due.set('first_chunk_timeout', start + settings.firstChunkTimeout)
  if (settings.requestTimeout !== undefined) due.set('request_timeout', start + settings.requestTimeout)
  let lastContent: number | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  const limits: Record<DeadlineName, number | undefined> = {
    connect_timeout: settings.connectTimeout,
    first_chunk_timeout: settings.firstChunkTimeout,
    idle_timeout: settings.idleTimeout,
    request_timeout: settings.requestTimeout,
  }

  const arm = () => {
    clearTimeout(timer)
    if (stopped) return
    const next = Math.min(...due.values())
    timer = Number.isFinite(next) ? setTimeout(check, Math.max(1, Math.ceil(next - performance.now()))) : undefined
  }

  const check = () => {
    if (due.has('idle_timeout')) watchIdle()
    const now = performance.now()
    for (const [name, at] of due) {
      if (at > now) continue
      passed(name, limits[name] ?? 0)
      return
    }
    arm()
  }

  const watchIdle = () => {
    if (settings.idleTimeout !== undefined) due.set('idle_timeout', (lastContent ?? start) + settings.idleTimeout)
  }

  arm()
  return {
    connected() {
      if (due.delete('connect_timeout')) arm()
    },
    content() {
      const first = lastContent === undefined
      lastContent = performance.now()
      if (!first) return
      due.delete('first_chunk_timeout')
      watchIdle()
      arm()
    },
    paused() {
      due.delete('idle_timeout')
    },
    resumed() {
      lastContent = performance.now()
      watchIdle()
      arm()
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
