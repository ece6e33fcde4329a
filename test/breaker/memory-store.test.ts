import assert from 'node:assert/strict'
import { memoryStore } from '../../lib/breaker/memory-store.ts'
import { itKeepsTheContract } from './store-contract.ts'

describe('the store in memory', () => {
  let time = 0
  const now = () => time

  itKeepsTheContract(
    () => memoryStore({ now }),
    async () => {
      time += 201
    },
  )

  it('keeps an entry until its time is over, and not a millisecond longer', async () => {
    const store = memoryStore({ now })
    await store.set('a', '1', 10)
    time += 9
    assert.equal(store.get('a'), '1')
    time += 1
    assert.equal(store.get('a'), undefined)
  })

  it('never holds more than its bound, and forgets what is oldest', async () => {
    const store = memoryStore({ now, maxKeys: 3 })
    for (const key of ['a', 'b', 'c', 'd', 'e']) await store.set(key, key, 1000)
    assert.deepEqual(['a', 'b', 'c', 'd', 'e'].map(store.get), [undefined, undefined, 'c', 'd', 'e'])
    await store.set('c', 'again', 1000)
    await store.increment('f', 1000)
    assert.deepEqual(['c', 'd', 'e', 'f'].map(store.get), ['again', undefined, 'e', '1'])
  })

  it('needs no room for what it has already', async () => {
    const store = memoryStore({ now, maxKeys: 2 })
    for (const key of ['a', 'b', 'b']) await store.set(key, key, 1000)
    await store.increment('b', 1000)
    assert.equal(store.get('a'), 'a')
  })

  it('makes room of what expired before it forgets anything else', async () => {
    const store = memoryStore({ now, maxKeys: 3 })
    await store.set('old but live', '1', 1000)
    await store.set('x', '1', 10)
    await store.set('y', '1', 10)
    time += 10
    await store.set('z', '1', 1000)
    assert.deepEqual(['old but live', 'z'].map(store.get), ['1', '1'])
  })
})
