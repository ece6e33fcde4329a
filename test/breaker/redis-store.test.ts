import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { type BreakerTarget, createBreaker, type Verdict } from '../../lib/breaker/breaker.ts'
import { type RedisClient, redisStore } from '../../lib/breaker/redis-store.ts'
import type { Answer, Order } from './peer.ts'
import { type RedisServer, startRedis } from './redis.ts'
import { settings } from './settings.ts'
import { itKeepsTheContract } from './store-contract.ts'

interface Connection {
  client: RedisClient
  /** Any command, past the store. */
  command(name: string, ...args: string[]): Promise<unknown>
  close(): void
}

const CLIENTS: Record<string, (path: string) => Promise<Connection>> = {
  async redis(path) {
    const client = createClient({ socket: { path, tls: false } }).on('error', () => {})
    await client.connect()
    return { client, command: (...command) => client.sendCommand(command), close: () => client.destroy() }
  },
  async ioredis(path) {
    const client = new Redis({ path }).on('error', () => {})
    await once(client, 'ready')
    return { client, command: (name, ...args) => client.call(name, ...args), close: () => client.disconnect() }
  },
}

for (const [library, connect] of Object.entries(CLIENTS)) {
  describe(`the store on Redis, with a client of ${library}`, () => {
    let server: RedisServer | undefined
    let connection: Connection
    let stores = 0

    before(async function () {
      server = await startRedis()
      if (server === undefined) this.skip()
      connection = await connect(server.path)
    })
    after(async () => {
      connection?.close()
      await server?.stop()
    })
    const fresh = () => {
      stores += 1
      return redisStore(connection.client, { prefix: `test ${stores}:` })
    }

    itKeepsTheContract(fresh, async (store, key) => {
      while ((await store.get(key)) !== undefined);
    })

    it('writes under its prefix alone, and nothing that stays for ever', async () => {
      await connection.command('FLUSHALL')
      const breaker = createBreaker(redisStore(connection.client), { now: () => 0 })
      const target: BreakerTarget = { name: 'a', settings: settings({ failureThreshold: 1, cooldown: 1 }) }
      const at = (now: number) => createBreaker(redisStore(connection.client), { now: () => now })
      await breaker.record(target, { type: 'closed' }, 'success')
      await breaker.record(target, { type: 'closed' }, 'failure')
      assert.equal((await at(1).admit(target)).type, 'probe')

      const keys = (await connection.command('KEYS', '*')) as string[]
      assert.deepEqual(
        keys.sort(),
        ['failures:0:a', 'open:a', 'probe:1:a', 'successes:0:a'].map((key) => `streamgate:${key}`),
      )
      for (const key of keys) assert.ok(Number(await connection.command('PTTL', key)) > 0, key)
    })

    it('lets requests pass when the server dies, and tells it once', async () => {
      const told: Error[] = []
      const breaker = createBreaker(redisStore(connection.client), { logger: { error: (error) => told.push(error) } })
      const target: BreakerTarget = { name: 'b', settings: settings({ failureThreshold: 1 }) }
      await breaker.record(target, { type: 'closed' }, 'failure')
      assert.equal((await breaker.admit(target)).type, 'open')
      await server?.stop()
      assert.equal((await breaker.admit(target)).type, 'closed')
      await breaker.record(target, { type: 'closed' }, 'failure')
      assert.equal(told.length, 1)
    })
  })
}

describe('two processes with one Redis', () => {
  const target: BreakerTarget = { name: 'shared', settings: settings() }
  const CLOSED: Verdict = { type: 'closed' }
  const OPEN: Verdict = { type: 'open', until: 20_000 }
  let server: RedisServer | undefined
  let a: Peer
  let b: Peer

  before(async function () {
    server = await startRedis()
    if (server === undefined) this.skip()
    a = startPeer(server.path)
    b = startPeer(server.path)
  })
  after(async () => {
    a?.stop()
    b?.stop()
    await server?.stop()
  })

  /** All of 20 that ask at once, ten in each process. */
  const race = async (at: number) =>
    (await Promise.all([a.ask({ target, at, admit: 10 }), b.ask({ target, at, admit: 10 })])).flat()

  it('share what they know of a target: its failures, its one probe and its recovery', async () => {
    for (const peer of [a, b, a]) await peer.ask({ target, at: 10_000, record: CLOSED, result: 'failure' })
    assert.deepEqual(await race(19_999), Array(20).fill(OPEN))

    const verdicts = await race(20_000)
    const probes = verdicts.filter(({ type }) => type === 'probe')
    assert.equal(probes.length, 1)
    assert.equal(verdicts.filter(({ type }) => type === 'open').length, 19)
    assert.deepEqual(await race(20_000), Array(20).fill(OPEN))

    const [probe = CLOSED] = probes
    const prober = verdicts.indexOf(probe) < 10 ? a : b
    await prober.ask({ target, at: 21_000, record: probe, result: 'success' })
    assert.deepEqual(await race(21_000), Array(20).fill(CLOSED))
  })

  it('leave the probe to the other when one gives it back', async () => {
    for (const peer of [a, b, a]) await peer.ask({ target, at: 40_000, record: CLOSED, result: 'failure' })
    const [probe = CLOSED] = await a.ask({ target, at: 50_000, admit: 1 })
    assert.equal(probe.type, 'probe')
    await a.ask({ target, at: 50_000, record: probe, result: 'neutral' })
    assert.equal((await b.ask({ target, at: 50_000, admit: 1 }))[0]?.type, 'probe')
    assert.equal((await a.ask({ target, at: 50_000, admit: 1 }))[0]?.type, 'open')
  })
})

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

interface Peer {
  ask(order: DistributiveOmit<Order, 'id'>): Promise<readonly Verdict[]>
  stop(): void
}

function startPeer(path: string): Peer {
  const child = fork(new URL('./peer.ts', import.meta.url), [path])
  let orders = 0
  return {
    async ask(order) {
      orders += 1
      const id = orders
      child.send({ ...order, id })
      for (;;) {
        const [answer] = (await once(child, 'message')) as [Answer]
        if (answer.id === id) return answer.verdicts
      }
    },
    stop: () => child.disconnect(),
  }
}
