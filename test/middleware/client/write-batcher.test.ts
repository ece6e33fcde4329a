import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import { writeBatcher } from '../../../lib/middleware/client/write-batcher.ts'
import { turn } from '../../helpers/stages.ts'

/** What is written, one entry a write. Takes 10 bytes before it asks to wait, and no more until `take` is called. */
function slow() {
  const writes: string[] = []
  let take = () => {}
  const stream = new Writable({
    highWaterMark: 10,
    decodeStrings: false,
    write(text: string, _encoding, done) {
      writes.push(text)
      take = done
    },
  })
  return {
    writes,
    take: () => take(),
    stream,
    out: writeBatcher(stream as unknown as ServerResponse, { logger: undefined, onWrite() {} }),
  }
}

describe('batched writes', () => {
  it('are one write a turn, in order', async () => {
    const { out, writes, take } = slow()
    out.write('a')
    out.write('b')
    assert.deepEqual(writes, [])
    await turn()
    assert.deepEqual(writes, ['ab'])
    take()
    out.write('c')
    await turn()
    assert.deepEqual(writes, ['ab', 'c'])
  })

  it('are not joined beyond 64 K characters, so that a slow client is noticed within a turn', () => {
    const { out, writes } = slow()
    out.write('a'.repeat(60_000))
    assert.equal(out.hasRoom(), true)
    out.write('b'.repeat(60_000))
    assert.equal(out.hasRoom(), false)
    assert.deepEqual(
      writes.map(({ length }) => length),
      [120_000],
    )
  })

  it('ask to wait as soon as what was written before has not been taken', async () => {
    const { out, take, stream } = slow()
    out.write('more than ten bytes')
    assert.equal(out.hasRoom(), true)
    await turn()
    out.write('.')
    assert.equal(out.hasRoom(), false)
    take()
    await turn()
    take()
    await turn()
    assert.equal(stream.writableNeedDrain, false)
    out.write('.')
    assert.equal(out.hasRoom(), true)
  })

  it('end with the end, once', async () => {
    const { out, writes, stream, take } = slow()
    out.write('a')
    out.end('b')
    await turn()
    assert.deepEqual(writes, ['ab'])
    take()
    await turn()
    assert.equal(stream.writableFinished, true)
    assert.deepEqual(writes, ['ab'])
  })

  it('are dropped without harm when the client is gone', async () => {
    const { out, writes, stream } = slow()
    out.write('a')
    stream.on('error', () => {}).destroy()
    await turn()
    assert.deepEqual(writes, [])
  })
})
