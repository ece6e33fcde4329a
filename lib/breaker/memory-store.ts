import { steadyNow } from './steady-now.ts'
import type { BreakerStore } from './store.ts'

export interface MemoryStoreOptions {
  /** Beyond these, the entries written longest ago are forgotten. */
  maxKeys?: number
  /** Milliseconds since 1970. */
  now?: () => number
}

/**
 * A store for one process. It returns at once and has no timers; what expired is dropped when it is met, or for room.
 *
 * @example
 * const breakerStore = memoryStore()
 * const gates = configs.map((config) => streamgate(config, { breakerStore }))
 */
export function memoryStore({ maxKeys = 10_000, now = steadyNow }: MemoryStoreOptions = {}): BreakerStore {
  const entries = new Map<string, { value: string; expiresAt: number }>()

  const live = (key: string) => {
    const entry = entries.get(key)
    if (entry === undefined || now() < entry.expiresAt) return entry
    entries.delete(key)
    return undefined
  }
  const put = (key: string, value: string, ttl: number) => {
    entries.delete(key)
    if (entries.size >= maxKeys) makeRoom()
    entries.set(key, { value, expiresAt: now() + ttl })
  }
  const makeRoom = () => {
    for (const key of entries.keys()) live(key)
    for (const key of entries.keys()) {
      if (entries.size < maxKeys) return
      entries.delete(key)
    }
  }

  return {
    increment(key, ttl) {
      const entry = live(key)
      if (entry === undefined) put(key, '1', ttl)
      else entry.value = String(Number(entry.value) + 1)
      return Number(entry?.value ?? 1)
    },
    get: (key) => live(key)?.value,
    set: put,
    setIfAbsent(key, value, ttl) {
      if (live(key) !== undefined) return false
      put(key, value, ttl)
      return true
    },
    delete(keys) {
      for (const key of keys) entries.delete(key)
    },
  }
}
