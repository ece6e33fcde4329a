/**
 * Where whole answers and their items are kept for clients that refer to them by id. Every entry expires by itself. `redisStore`
 * is one too.
 */
export interface ItemStore {
  get(key: string): string | undefined | Promise<string | undefined>
  /** `ttl` is in milliseconds. */
  set(key: string, value: string, ttl: number): void | Promise<void>
  delete(keys: readonly string[]): void | Promise<void>
}

export interface MemoryItemStoreOptions {
  /** Characters of keys and values. Beyond these, what was written longest ago is forgotten. @default 64 MB */
  maxBytes?: number
  /** Milliseconds, of a clock that never goes back. */
  now?: () => number
}

/** A store for one process. It has no timers; what expired is dropped when it is met, or for room. */
export function memoryItemStore({
  maxBytes = 64 * 1024 * 1024,
  now = () => performance.now(),
}: MemoryItemStoreOptions = {}): ItemStore {
  const entries = new Map<string, { value: string; expiresAt: number }>()
  let size = 0

  const remove = (key: string) => {
    const entry = entries.get(key)
    if (entry === undefined) return
    entries.delete(key)
    size -= key.length + entry.value.length
  }

  return {
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined || now() < entry.expiresAt) return entry?.value
      remove(key)
      return undefined
    },
    set(key, value, ttl) {
      remove(key)
      const needed = key.length + value.length
      if (needed > maxBytes) return
      for (const oldest of entries.keys()) {
        if (size + needed <= maxBytes) break
        remove(oldest)
      }
      entries.set(key, { value, expiresAt: now() + ttl })
      size += needed
    },
    delete(keys) {
      for (const key of keys) remove(key)
    },
  }
}
