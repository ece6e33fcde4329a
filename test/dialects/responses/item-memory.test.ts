import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { redisStore } from '../../../lib/breaker/redis-store.ts'
import { itemMemory } from '../../../lib/dialects/responses/item-memory.ts'
import { type ItemStore, memoryItemStore } from '../../../lib/dialects/responses/item-store.ts'
import { RequestError } from '../../../lib/errors.ts'
import { type RedisServer, startRedis } from '../../breaker/redis.ts'

const OPTIONS = { ttl: 60_000, onError: (error: Error) => assert.fail(error) }

describe('the store of items in memory', () => {
  it('forgets what was written longest ago for room', () => {
    const store = memoryItemStore({ maxBytes: 10 })
    void store.set('a', '1234', 1000)
    void store.set('b', '1234', 1000)
    // Again: now it is the youngest, and takes its room once.
    void store.set('a', '1234', 1000)
    void store.set('c', '1', 1000)
    assert.deepEqual([store.get('a'), store.get('b'), store.get('c')], ['1234', undefined, '1'])
  })

  it('keeps nothing that is larger than its room', () => {
    const store = memoryItemStore({ maxBytes: 10 })
    void store.set('a', '1234', 1000)
    void store.set('b', '1234567890', 1000)
    assert.deepEqual([store.get('a'), store.get('b')], ['1234', undefined])
  })

  it('forgets what expired, and makes room of it', () => {
    let now = 0
    const store = memoryItemStore({ maxBytes: 10, now: () => now })
    void store.set('a', '1234', 1000)
    now = 999
    assert.equal(store.get('a'), '1234')
    now = 1000
    assert.equal(store.get('a'), undefined)
    void store.set('b', '12345678', 1000)
    assert.equal(store.get('b'), '12345678')
  })

  it('forgets what it is told to', () => {
    const store = memoryItemStore({ maxBytes: 10 })
    void store.set('a', '1', 1000)
    void store.delete(['a', 'b'])
    assert.equal(store.get('a'), undefined)
  })
})

function contract(store: () => ItemStore): void {
  it('gives an owner its items, and nobody else', async () => {
    const [ours, theirs] = [itemMemory(store(), 'us', OPTIONS), itemMemory(store(), 'them', OPTIONS)]
    ours.put({ msg_1: { text: 'hi' }, resp_1: [] })
    assert.deepEqual([await ours.get('msg_1'), await ours.get('resp_1')], [{ text: 'hi' }, []])
    assert.equal(await theirs.get('msg_1'), undefined)
    await theirs.delete(['msg_1'])
    assert.deepEqual(await ours.get('msg_1'), { text: 'hi' })
    await ours.delete(['msg_1', 'no id at all'])
    assert.equal(await ours.get('msg_1'), undefined)
  })

  it('asks for no id that cannot be one', async () => {
    const ours = itemMemory(store(), 'us', OPTIONS)
    for (const id of ['', 'a b', '../x', 'x'.repeat(129)]) assert.equal(await ours.get(id), undefined)
  })
}

describe('items in memory', () => {
  const store = memoryItemStore({ maxBytes: 1000 })
  contract(() => store)
})

describe('items in Redis', () => {
  let server: RedisServer | undefined
  let client: Redis

  before(async function () {
    server = await startRedis()
    if (server === undefined) this.skip()
    client = new Redis({ path: server.path }).on('error', () => {})
    await once(client, 'ready')
  })
  after(async () => {
    client?.disconnect()
    await server?.stop()
  })
  contract(() => redisStore(client, { prefix: 'items:' }))

  it('expire', async () => {
    itemMemory(redisStore(client), 'us', { ...OPTIONS, ttl: 5_000 }).put({ msg_2: 1 })
    const left = Number(await client.pttl('streamgate:item:us:msg_2'))
    assert.ok(left > 0 && left <= 5_000)
  })
})

const isUnavailable = (error: unknown) => error instanceof RequestError && error.api.status === 503

describe('a store of items that fails', () => {
  const failing = (fault: () => never | Promise<never>): ItemStore => ({ get: fault, set: fault, delete: fault })
  const faults: [string, () => never | Promise<never>][] = [
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
  ]
  for (const [title, fault] of faults) {
    it(`harms no answer when it ${title}, and is no empty one`, async () => {
      const errors: Error[] = []
      const memory = itemMemory(failing(fault), 'us', { ttl: 1, onError: (error) => errors.push(error) })
      memory.put({ msg_1: 1 })
      await assert.rejects(memory.get('msg_1'), isUnavailable)
      await assert.rejects(memory.delete(['msg_1']), isUnavailable)
      assert.equal(errors.length, 3)
      assert.match(String(errors[0]?.cause), /down/)
    })
  }

  it('is not waited for for ever', async () => {
    const silent = failing(() => new Promise<never>(() => {}))
    const errors: Error[] = []
    const memory = itemMemory(silent, 'us', { ttl: 1, onError: (error) => errors.push(error) })
    await assert.rejects(memory.get('msg_1'), isUnavailable)
    assert.match(String(errors[0]?.cause), /no answer within/)
  }).timeout(5_000)
})
