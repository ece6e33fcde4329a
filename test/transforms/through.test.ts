import assert from 'node:assert/strict'
import { through, throughEvents } from '../../lib/transforms/through.ts'
import { flow } from '../helpers/stages.ts'

describe('through', () => {
  it('passes on none, one or many items for each', async () => {
    const stage = through<number, number>((count, push) => {
      for (let i = 0; i < count; i += 1) push(count)
    })
    assert.deepEqual(await flow([0, 1, 3], stage), { out: [1, 3, 3, 3], error: undefined })
  })

  it('runs flush at a clean end, after the last item', async () => {
    const stage = through<string, string>(
      (item, push) => push(item),
      (push) => push('end'),
    )
    assert.deepEqual((await flow(['a'], stage)).out, ['a', 'end'])
  })

  it('takes falsy items for items', async () => {
    assert.deepEqual(
      (
        await flow(
          [0, '', false],
          through<unknown, unknown>((item, push) => push(item)),
        )
      ).out,
      [0, '', false],
    )
  })

  it('makes a throw the error of the stream, after what was passed on before', async () => {
    const stage = through<number, number>((item, push) => {
      if (item === 2) throw new Error('two')
      push(item)
    })
    const { out, error } = await flow([1, 2, 3], stage)
    assert.deepEqual([out, error?.message], [[1], 'two'])
  })

  it('makes a throw in flush the error of the stream', async () => {
    const stage = through<number, number>(
      (item, push) => push(item),
      () => {
        throw new Error('at the end')
      },
    )
    const { out, error } = await flow([1], stage)
    assert.deepEqual([out, error?.message], [[1], 'at the end'])
  })

  it('does not run flush after an error', async () => {
    let flushed = false
    const stage = through<number, number>(
      () => {
        throw new Error('no')
      },
      () => {
        flushed = true
      },
    )
    await flow([1], stage)
    assert.equal(flushed, false)
  })

  it('ends early when null is passed on', async () => {
    const stage = through<number, number>((item, push) => push(item === 2 ? null : item))
    assert.deepEqual(await flow([1, 2], stage), { out: [1], error: undefined })
  })
})

describe('throughEvents', () => {
  it('takes bytes and gives objects', async () => {
    const stage = throughEvents<{ size: number }>(
      (bytes, push) => push({ size: bytes.length }),
      (push) => push({ size: -1 }),
    )
    assert.deepEqual((await flow([Buffer.from('abc')], stage)).out, [{ size: 3 }, { size: -1 }])
  })
})
