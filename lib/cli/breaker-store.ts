import type { Logger } from 'pino'
import { type BreakerStore, redisStore } from '../index.ts'

/**
 * The store for circuit breakers in the Redis at `url`, shared with all processes that have the same. Returns at once: a
 * Redis that is down at the start keeps nobody from starting, and circuits count as closed until it is there. Throws an
 * Error if the package `ioredis`, which does the talking, is not installed.
 */
export async function openBreakerStore(url: string, log: Pick<Logger, 'info' | 'warn'>): Promise<BreakerStore> {
  const { Redis } = await import('ioredis').catch(() => {
    throw new Error('--redis-url needs the package ioredis, which is not installed: npm install ioredis')
  })
  // Waiting requests would only be late: without a connection the breaker goes on as if there were no store.
  const client = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0 })

  let known: 'up' | 'down' | undefined
  client.on('ready', () => {
    if (known !== 'up') log.info('redis is connected')
    known = 'up'
  })
  // At each try to connect; one line is enough.
  client.on('error', ({ message }: Error) => {
    if (known !== 'down') log.warn({ reason: message }, 'redis is not connected')
    known = 'down'
  })
  return redisStore(client)
}
