import assert from 'node:assert/strict'
import { type Gathered, gatherBytes, gatherText } from '../../../lib/transforms/framing/gather.ts'

const LONG = `${'é😀 x'.repeat(1000)}\n`

const KINDS: Record<string, () => Gathered<Buffer | string>> = { bytes: gatherBytes, text: gatherText }

for (const [kind, gather] of Object.entries(KINDS)) {
  describe(`gathered ${kind}`, () => {
    it('is all that was added, with the last piece behind it, and then begins anew', () => {
      const held = gather()
      for (const [first, ...more] of [['a'], ['b', 'c', 'd'], ['e', 'f']]) {
        for (const piece of [first, ...more.slice(0, -1)]) held.add(Buffer.from(piece as string))
        const last = more.at(-1) ?? ''
        assert.equal(held.size(), Math.max(1, more.length))
        assert.equal(String(held.take(Buffer.from(last))), [first, ...more].join(''))
        assert.equal(held.size(), 0)
      }
    })

    it('is the last piece if nothing was added', () => {
      assert.equal(String(gather().take(Buffer.from('é'))), 'é')
    })

    for (const size of [1, 2, 3, 1000]) {
      it(`is the same in pieces of ${size} bytes`, () => {
        const bytes = Buffer.from(LONG)
        const held = gather()
        const last = bytes.length - (bytes.length % size || size)
        for (let at = 0; at < last; at += size) held.add(bytes.subarray(at, at + size))
        assert.equal(held.size(), last)
        assert.equal(String(held.take(bytes.subarray(last))), LONG)
      })
    }

    it('is the same in many long pieces', () => {
      const piece = Buffer.from(LONG.repeat(4).slice(0, 4000))
      const held = gather()
      for (let n = 0; n < 1100; n++) held.add(piece)
      assert.equal(String(held.take(Buffer.from('.'))), `${String(piece).repeat(1100)}.`)
    })

    it('keeps nothing of the piece itself', () => {
      const piece = Buffer.from('before')
      const held = gather()
      held.add(piece)
      piece.fill('x')
      assert.equal(String(held.take(Buffer.from('!'))), 'before!')
    })
  })
}

describe('gathered bytes', () => {
  it('of two takes share no memory', () => {
    const held = gatherBytes()
    held.add(Buffer.from('a'))
    const first = held.take(Buffer.from('b'))
    held.add(Buffer.from('c'))
    held.take(Buffer.from('d'))
    assert.equal(String(first), 'ab')
  })
})
