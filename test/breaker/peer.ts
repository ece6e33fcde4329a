import { createClient } from 'redis'
import { type BreakerTarget, createBreaker, type Verdict } from '../../lib/breaker/breaker.ts'
import { redisStore } from '../../lib/breaker/redis-store.ts'

/** What the other process is asked. `at` is the time on its clock. */
export type Order = { id: number; target: BreakerTarget; at: number } & (
  | { admit: number }
  | { record: Verdict; result: 'success' | 'failure' | 'neutral' }
)
export type Answer = { id: number; verdicts: readonly Verdict[] }

/** A process with a breaker of its own. Its argument is the socket of the Redis that it shares with others. */
const client = await createClient({ socket: { path: process.argv[2] ?? '', tls: false } })
  .on('error', () => {})
  .connect()
let time = 0
const breaker = createBreaker(redisStore(client), { now: () => time })

process.on('message', async ({ id, target, at, ...order }: Order) => {
  time = at
  let verdicts: readonly Verdict[] = []
  if ('admit' in order) verdicts = await Promise.all(Array.from({ length: order.admit }, () => breaker.admit(target)))
  else await breaker.record(target, order.record, order.result)
  process.send?.({ id, verdicts } satisfies Answer)
})
process.on('disconnect', () => client.destroy())
