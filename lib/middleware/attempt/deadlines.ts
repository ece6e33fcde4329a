// The global one is a getter, and this is asked at every event.
import { performance } from 'node:perf_hooks'
import type { ChunkRate } from '../../config.ts'

/** The deadlines of one attempt, in milliseconds; undefined: none. */
export interface DeadlineSettings {
  connectTimeout: number | undefined
  firstChunkTimeout: number | undefined
  idleTimeout: number | undefined
  requestTimeout: number | undefined
  /** The rest of what all attempts together may take. */
  totalTimeout: number | undefined
  minChunkRate: ChunkRate | undefined
}

/** In order of precedence: of deadlines that pass at once the first is reported. */
const NAMES = [
  'connect_timeout',
  'first_chunk_timeout',
  'request_timeout',
  'total_timeout',
  'idle_timeout',
  'min_chunk_rate',
] as const

export type DeadlineName = (typeof NAMES)[number]

export interface Deadlines {
  /** The connection is being made; starts its deadline anew if that was ended before. */
  connecting(): void
  /** The connection stands, or is not asked for yet: media are fetched first, which has a deadline of its own. */
  connected(): void
  /** Content of so many characters came. Cheap: it only counts. */
  content(characters: number): void
  /** The client does not read, so the provider cannot be blamed for silence; until `clientReady`. */
  clientSlow(): void
  clientReady(): void
  /**
   * The provider has said all. What transforms still hold has to reach the client: `idle_timeout` and `total_timeout` go on, the
   * provider's other deadlines are over.
   */
  whole(): void
  stop(): void
}

const NEVER = Number.POSITIVE_INFINITY

function dueAt(from: number, ms: number = NEVER): number {
  return from + ms
}

/** Calls `passed` once, at the first deadline that passes. One timer; progress moves times, never the timer. */
export function deadlines(settings: DeadlineSettings, passed: (name: DeadlineName, ms: number) => void): Deadlines {
  const start = performance.now()
  const { idleTimeout } = settings
  /** Undefined, too, once the provider has said all. */
  let rate = settings.minChunkRate
  /** When each is due. */
  const due: Record<DeadlineName, number> = {
    connect_timeout: dueAt(start, settings.connectTimeout),
    first_chunk_timeout: dueAt(start, settings.firstChunkTimeout),
    idle_timeout: NEVER,
    request_timeout: dueAt(start, settings.requestTimeout),
    total_timeout: dueAt(start, settings.totalTimeout),
    min_chunk_rate: NEVER,
  }
  let lastContent = start
  let begun = false
  let characters = 0
  let timer: NodeJS.Timeout | undefined
  /** When the timer is due. */
  let wakes = NEVER
  let stopped = false

  /** A timer that is due before the next deadline is left: its check sets it anew. */
  const arm = () => {
    let next = NEVER
    for (const name of NAMES) next = Math.min(next, due[name])
    if (stopped || next >= wakes) return
    clearTimeout(timer)
    wakes = next
    timer = setTimeout(check, Math.max(1, Math.ceil(next - performance.now())))
  }

  /**
   * Timers come before I/O in a turn of the event loop. If this process was busy, what came in time still waits in the socket: it
   * is read before a deadline counts as passed.
   */
  const check = () => {
    wakes = NEVER
    if (overdue() === undefined) arm()
    else setImmediate(settle)
  }

  const settle = () => {
    if (stopped) return
    const name = overdue()
    if (name === undefined) return arm()
    stop()
    passed(name, limitOf(settings, name))
  }

  /** The first deadline that is past, by the progress noted so far. */
  const overdue = (): DeadlineName | undefined => {
    const now = performance.now()
    if (due.idle_timeout < NEVER) due.idle_timeout = dueAt(lastContent, idleTimeout)
    if (due.min_chunk_rate <= now && characters >= leastCharacters(rate)) watchRate(now)
    return NAMES.find((name) => due[name] <= now)
  }

  const stop = () => {
    stopped = true
    clearTimeout(timer)
  }

  const watchRate = (from: number) => {
    characters = 0
    due.min_chunk_rate = dueAt(from, rate?.window)
  }

  /** Watches the time between contents from now on. */
  const watchProgress = () => {
    lastContent = performance.now()
    due.idle_timeout = dueAt(lastContent, idleTimeout)
    watchRate(lastContent)
    arm()
  }

  arm()

  return {
    connecting() {
      if (due.connect_timeout < NEVER) return
      due.connect_timeout = dueAt(performance.now(), settings.connectTimeout)
      arm()
    },
    connected() {
      due.connect_timeout = NEVER
    },
    content(count) {
      lastContent = performance.now()
      characters += count
      if (begun) return
      begun = true
      due.first_chunk_timeout = NEVER
      watchProgress()
    },
    clientSlow() {
      due.idle_timeout = NEVER
      due.min_chunk_rate = NEVER
    },
    clientReady() {
      if (begun) watchProgress()
    },
    whole() {
      for (const name of ['connect_timeout', 'first_chunk_timeout', 'request_timeout'] as const) due[name] = NEVER
      rate = undefined
      const clientIsSlow = begun && due.idle_timeout === NEVER
      begun = true
      if (!clientIsSlow) watchProgress()
    },
    stop,
  }
}

/** In milliseconds. */
function limitOf(settings: DeadlineSettings, name: DeadlineName): number {
  const limits: Record<DeadlineName, number | undefined> = {
    connect_timeout: settings.connectTimeout,
    first_chunk_timeout: settings.firstChunkTimeout,
    request_timeout: settings.requestTimeout,
    total_timeout: settings.totalTimeout,
    idle_timeout: settings.idleTimeout,
    min_chunk_rate: settings.minChunkRate?.window,
  }
  return limits[name] ?? NEVER
}

/** In a window. */
function leastCharacters(rate: ChunkRate | undefined): number {
  return rate === undefined ? 0 : (rate.charactersPerSecond * rate.window) / 1000
}
