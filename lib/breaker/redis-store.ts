import type { BreakerStore } from './store.ts'

/** A connected client of `ioredis` (also its cluster) or of `redis`; of any other, an object that sends a command. */
export type RedisClient =
  | { call(name: string, ...args: string[]): Promise<unknown> }
  | { sendCommand(command: string[]): Promise<unknown> }

/** A count that is made without an expiry in the same step could stay for ever. */
const INCREMENT = `local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count`

/**
 * A store that all processes with the same Redis and `prefix` share. The client stays yours: to connect, to close.
 *
 * @example
 * const breakerStore = redisStore(new Redis(process.env.REDIS_URL), { prefix: 'chat:' })
 * streamgate({ cb_config: { failure_threshold: 5 }, targets }, { breakerStore })
 */
export function redisStore(client: RedisClient, { prefix = 'streamgate:' }: { prefix?: string } = {}): BreakerStore {
  const send = (name: string, ...args: string[]) =>
    'call' in client ? client.call(name, ...args) : client.sendCommand([name, ...args])
  const set = (key: string, value: string, ttl: number, ...mode: string[]) =>
    send('SET', prefix + key, value, 'PX', milliseconds(ttl), ...mode)

  return {
    async increment(key, ttl) {
      return Number(await send('EVAL', INCREMENT, '1', prefix + key, milliseconds(ttl)))
    },
    async get(key) {
      const value = await send('GET', prefix + key)
      return value === null ? undefined : String(value)
    },
    async set(key, value, ttl) {
      await set(key, value, ttl)
    },
    async setIfAbsent(key, value, ttl) {
      return (await set(key, value, ttl, 'NX')) !== null
    },
    // One by one, since the keys of a cluster may live on different nodes.
    async delete(keys) {
      await Promise.all(keys.map((key) => send('DEL', prefix + key)))
    },
  }
}

/** Redis takes whole milliseconds above 0. */
function milliseconds(ttl: number): string {
  return String(Math.max(1, Math.ceil(ttl)))
}
