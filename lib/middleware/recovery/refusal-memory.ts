import type { Refusal } from './fitted-request.ts'

/** What models were found to refuse, so that each of them is asked in vain once. */
export interface RefusalMemory {
  /** What the model of this key refuses, as far as is known. */
  of(key: string): readonly Refusal[]
  add(key: string, refusals: readonly Refusal[]): void
}

interface Options {
  /** Beyond these, the models asked longest ago are forgotten: a client chooses their names. */
  maxModels?: number
  /** Milliseconds after which all about a model is forgotten, so that one that was mended is found out. */
  ttl?: number
  /** Milliseconds since 1970. */
  now?: () => number
}

/** Refusals that one model can have. */
const MAX_REFUSALS = 32

const NONE: readonly Refusal[] = []

/** For one process. */
export function refusalMemory({ maxModels = 1000, ttl = 3_600_000, now = Date.now }: Options = {}): RefusalMemory {
  const models = new Map<string, { refusals: readonly Refusal[]; expiresAt: number }>()

  const of = (key: string): readonly Refusal[] => {
    const entry = models.get(key)
    if (entry === undefined || now() < entry.expiresAt) return entry?.refusals ?? NONE
    models.delete(key)
    return NONE
  }

  return {
    of,
    add(key, refusals) {
      const before = of(key)
      const expiresAt = models.get(key)?.expiresAt ?? now() + ttl
      models.delete(key)
      for (const oldest of models.keys()) {
        if (models.size < maxModels) break
        models.delete(oldest)
      }
      models.set(key, { refusals: [...before, ...refusals].slice(-MAX_REFUSALS), expiresAt })
    },
  }
}
