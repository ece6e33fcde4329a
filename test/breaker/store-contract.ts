import assert from 'node:assert/strict'
import type { BreakerStore } from '../../lib/breaker/store.ts'

const LONG = 60_000
const SHORT = 200

/** What every store promises. `expire` resolves when the entry's time is over. */
export function itKeepsTheContract(
  fresh: () => BreakerStore,
  expire: (store: BreakerStore, key: string) => Promise<void>,
): void {
  it('counts from one', async () => {
    const store = fresh()
    assert.equal(await store.increment('a', LONG), 1)
    assert.equal(await store.increment('a', LONG), 2)
    assert.equal(await store.increment('b', LONG), 1)
    assert.equal(await store.get('a'), '2')
  })

  it('lets a count expire, however often it grew', async () => {
    const store = fresh()
    await store.increment('a', SHORT)
    await store.increment('a', LONG)
    await expire(store, 'a')
    assert.equal(await store.increment('a', LONG), 1)
  })

  it('knows nothing of what was never set', async () => {
    assert.equal(await fresh().get('a'), undefined)
  })

  it('sets, and sets anew', async () => {
    const store = fresh()
    await store.set('a', 'x y\n"é"', LONG)
    assert.equal(await store.get('a'), 'x y\n"é"')
    await store.set('a', '', LONG)
    assert.equal(await store.get('a'), '')
  })

  it('lets an entry expire', async () => {
    const store = fresh()
    await store.set('a', '1', SHORT + 0.5)
    await expire(store, 'a')
    assert.equal(await store.get('a'), undefined)
  })

  it('sets only what is absent', async () => {
    const store = fresh()
    assert.equal(await store.setIfAbsent('a', '1', SHORT), true)
    assert.equal(await store.setIfAbsent('a', '2', LONG), false)
    assert.equal(await store.get('a'), '1')
    await expire(store, 'a')
    assert.equal(await store.setIfAbsent('a', '3', LONG), true)
    assert.equal(await store.get('a'), '3')
  })

  it('deletes several at once, and does not mind those that are not there', async () => {
    const store = fresh()
    await store.set('a', '1', LONG)
    await store.increment('b', LONG)
    await store.set('c', '1', LONG)
    await store.delete(['a', 'b', 'none'])
    assert.deepEqual([await store.get('a'), await store.get('b'), await store.get('c')], [undefined, undefined, '1'])
    await store.delete([])
  })
}
