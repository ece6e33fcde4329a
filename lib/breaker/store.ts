import type { Awaitable } from './when.ts'

/**
 * Where circuit breakers keep what they know. Each operation is atomic, and every entry expires by itself. What a store
 * throws, or does not answer in time, never harms a request: circuits then count as closed.
 */
export interface BreakerStore {
  /** Adds one to a count and gives the new one. The count is gone `ttl` ms after its first increment. */
  increment(key: string, ttl: number): Awaitable<number>
  /** A count comes as its digits. */
  get(key: string): Awaitable<string | undefined>
  set(key: string, value: string, ttl: number): Awaitable<void>
  /** Whether there was no such entry, so that this call made it. */
  setIfAbsent(key: string, value: string, ttl: number): Awaitable<boolean>
  delete(keys: readonly string[]): Awaitable<void>
}
