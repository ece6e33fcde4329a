import type { ChunkRate } from '../config.ts'

/** The deadlines of one attempt, in milliseconds; undefined: none. */
export interface DeadlineSettings {
  connectTimeout: number
  firstChunkTimeout: number | undefined
  idleTimeout: number | undefined
  requestTimeout: number | undefined
  /** What is left for all attempts. */
  totalTimeout: number | undefined
  minChunkRate: ChunkRate | undefined
}

export type DeadlineName =
  | 'connect_timeout'
  | 'first_chunk_timeout'
  | 'idle_timeout'
  | 'request_timeout'
  | 'total_timeout'
  | 'min_chunk_rate'

export interface Deadlines {
  /** The connection is being made; starts its deadline anew if that was ended before. */
  connecting(): void
  /** The connection stands, or something else is waited for first. */
  connected(): void
  /** So many characters of content came. Cheap: it only notes them. */
  content(characters: number): void
  /** The client does not read, so the provider cannot be blamed for silence; until `resumed`. */
  paused(): void
  resumed(): void
  stop(): void
}

/** Calls `passed` once, at the first deadline that passes. One timer; progress moves times, never the timer. */
export function deadlines(settings: DeadlineSettings, passed: (name: DeadlineName, ms: number) => void): Deadlines {
  const start = performance.now()
  const { minChunkRate } = settings
  const due = new Map<DeadlineName, { at: number; ms: number }>()
  let lastContent = start
  let begun = false
  let characters = 0
  let timer: NodeJS.Timeout | undefined
  /** When the timer is due. */
  let wakes = Number.POSITIVE_INFINITY
  let stopped = false

  const watch = (name: DeadlineName, from: number, ms: number | undefined) => {
    if (ms !== undefined) due.set(name, { at: from + ms, ms })
  }

  /** A timer that is too early is left: it looks, and is set anew. */
  const arm = () => {
    let next = Number.POSITIVE_INFINITY
    for (const { at } of due.values()) next = Math.min(next, at)
    if (stopped || next >= wakes) return
    clearTimeout(timer)
    wakes = next
    timer = setTimeout(check, Math.max(1, Math.ceil(next - performance.now())))
  }

  const check = () => {
    wakes = Number.POSITIVE_INFINITY
    const now = performance.now()
    if (due.has('idle_timeout')) watch('idle_timeout', lastContent, settings.idleTimeout)
    if ((due.get('min_chunk_rate')?.at ?? now + 1) <= now && fastEnough()) watchRate(now)
    for (const [name, { at, ms }] of due) {
      if (at > now) continue
      stopped = true
      passed(name, ms)
      return
    }
    arm()
  }

  const fastEnough = () =>
    minChunkRate === undefined || characters >= (minChunkRate.charactersPerSecond * minChunkRate.window) / 1000

  const watchRate = (from: number) => {
    characters = 0
    watch('min_chunk_rate', from, minChunkRate?.window)
  }

  /** What is watched between contents, from now on. */
  const watchProgress = () => {
    lastContent = performance.now()
    watch('idle_timeout', lastContent, settings.idleTimeout)
    watchRate(lastContent)
    arm()
  }

  watch('connect_timeout', start, settings.connectTimeout)
  watch('first_chunk_timeout', start, settings.firstChunkTimeout)
  watch('request_timeout', start, settings.requestTimeout)
  watch('total_timeout', start, settings.totalTimeout)
  arm()

  return {
    connecting() {
      if (due.has('connect_timeout')) return
      watch('connect_timeout', performance.now(), settings.connectTimeout)
      arm()
    },
    connected() {
      due.delete('connect_timeout')
    },
    content(count) {
      lastContent = performance.now()
      characters += count
      if (begun) return
      begun = true
      due.delete('first_chunk_timeout')
      watchProgress()
    },
    paused() {
      due.delete('idle_timeout')
      due.delete('min_chunk_rate')
    },
    resumed() {
      if (begun) watchProgress()
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
