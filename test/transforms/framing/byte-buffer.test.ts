import assert from 'node:assert/strict'
import { byteBuffer } from '../../../lib/transforms/framing/byte-buffer.ts'

const LONG = `${'é😀 x'.repeat(1000)}\n`

describe('a byte buffer', () => {
  it('is all that was added, with the last piece behind it, and then empty', () => {
    const held = byteBuffer()
    assert.equal(held.last(), undefined)
    for (const [first, ...more] of [['a'], ['b', 'c', 'd'], ['e', 'f']]) {
      for (const piece of [first, ...more.slice(0, -1)]) held.add(Buffer.from(piece as string))
      const last = more.at(-1) ?? ''
      assert.equal(held.size(), Math.max(1, more.length))
      assert.equal(held.last(), Buffer.from([first, ...more.slice(0, -1)].join('')).at(-1))
      assert.equal(String(held.take(Buffer.from(last))), [first, ...more].join(''))
      assert.equal(held.size(), 0)
    }
  })

  it('is the last piece if nothing was added', () => {
    assert.equal(String(byteBuffer().take(Buffer.from('é'))), 'é')
  })

  for (const size of [1, 2, 3, 1000]) {
    it(`is the same in pieces of ${size} bytes`, () => {
      const bytes = Buffer.from(LONG)
      const held = byteBuffer()
      const last = bytes.length - (bytes.length % size || size)
      for (let at = 0; at < last; at += size) held.add(bytes.subarray(at, at + size))
      assert.equal(held.size(), last)
      assert.equal(String(held.take(bytes.subarray(last))), LONG)
    })
  }

  it('is the same in many long pieces', () => {
    const piece = Buffer.from(LONG.repeat(4).slice(0, 4000))
    const held = byteBuffer()
    for (let n = 0; n < 1100; n++) held.add(piece)
    assert.equal(String(held.take(Buffer.from('.'))), `${String(piece).repeat(1100)}.`)
  })

  it('keeps nothing of the piece itself', () => {
    const piece = Buffer.from('before')
    const held = byteBuffer()
    held.add(piece)
    piece.fill('x')
    assert.equal(String(held.take(Buffer.from('!'))), 'before!')
  })

  it('of two takes share no memory', () => {
    const held = byteBuffer()
    held.add(Buffer.from('a'))
    const first = held.take(Buffer.from('b'))
    held.add(Buffer.from('c'))
    held.take(Buffer.from('d'))
    assert.equal(String(first), 'ab')
  })
})
