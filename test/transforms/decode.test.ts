import assert from 'node:assert/strict'
import type { ChunkDecoder } from '../../lib/transforms/chunk-decode.ts'
import type { Cutter } from '../../lib/transforms/cutter.ts'
import { reader, readerStage, readerTail } from '../../lib/transforms/decode.ts'
import { LONGEST_TEXT, type Told } from '../../lib/transforms/told.ts'
import type { Chunk } from '../../lib/types/chunk.ts'
import type { WireEvent } from '../../lib/types/provider.ts'
import { flow } from '../helpers/stages.ts'

/** A chunk an event, of a capital one with a long text; until `.`, the terminal. `!` throws, as does an end without terminal. */
const LONG = 'x'.repeat(LONGEST_TEXT)
function letters(): ChunkDecoder {
  let ended = false
  return {
    ended: () => ended,
    decode({ data }, push) {
      if (data === '!') throw new Error('bad event')
      push({ id: data } as Chunk, /[A-Z]/.test(data) ? LONG : undefined)
      if (data === '.') ended = true
    },
    end(push) {
      push({ id: 'end' } as Chunk)
      throw new Error('truncated')
    },
  }
}

/** An event a character; at the end one that says so. */
const characters: Cutter<string> = {
  cut(piece, each) {
    for (const data of piece) each({ event: undefined, data })
  },
  end: (each) => each({ event: undefined, data: 'last' }),
}
const letterReader = (onRead?: () => void) =>
  reader({ stages: [], cutter: characters as Cutter<never> }, letters(), onRead)
const ids = (told: readonly Told[]) => told.map(({ chunk }) => chunk.id).join('')

describe('a reader', () => {
  it('passes on the chunks of a piece in one list, and nothing for a piece without any', () => {
    const read = letterReader()
    const lists: string[] = []
    for (const piece of ['ab', '', 'c']) read.read(piece as never, (list) => lists.push(ids(list)))
    assert.deepEqual(lists, ['ab', 'c'])
  })

  it('passes on what was read before an error', () => {
    const lists: string[] = []
    assert.throws(() => letterReader().read('ab!c' as never, (list) => lists.push(ids(list))), /bad event/)
    assert.deepEqual(lists, ['ab'])
  })

  it('tells what the end has before its error', () => {
    const lists: string[] = []
    assert.throws(() => letterReader().end((list) => lists.push(ids(list))), /truncated/)
    assert.deepEqual(lists, ['lastend'])
  })

  it('is content with a terminal that comes at the end', () => {
    const cutter: Cutter<string> = { ...characters, end: (each) => each({ event: undefined, data: '.' }) }
    const read = reader({ stages: [], cutter: cutter as Cutter<never> }, letters())
    const lists: string[] = []
    read.end((list) => lists.push(ids(list)))
    assert.deepEqual([lists, read.ended()], [['.'], true])
  })

  it('looks at nothing after the terminal', () => {
    const read = letterReader()
    const lists: string[] = []
    const take = (list: Told[]) => lists.push(ids(list))
    read.read('a.' as never, take)
    assert.equal(read.ended(), true)
    read.read('b' as never, take)
    read.end(take)
    assert.deepEqual(lists, ['a.'])
  })

  it('tells that a piece was read before it passes on its chunks, and also when it was bad', () => {
    const log: string[] = []
    const read = letterReader(() => log.push('read'))
    read.read('a' as never, (list) => log.push(ids(list)))
    assert.throws(() => read.read('b!' as never, (list) => log.push(ids(list))))
    assert.deepEqual(log, ['read', 'a', 'read', 'b'])
  })

  it('as the end of a line says what is to come next', () => {
    const ready = [true, false, true]
    const tail = readerTail(letterReader(), () => ready.shift() as boolean)
    const next = ['a', 'b', '', 'c', '.'].map((piece) => tail.sink(piece as never))
    assert.deepEqual(next, ['more', 'wait', 'more', 'more', 'over'])
    assert.doesNotThrow(() => tail.end?.())
  })

  describe('as the end of a line whose client asks to wait after a long text', () => {
    /** What was taken; the client asks to wait after each of `slow`. */
    const slowly = (slow: string) => {
      const taken: string[] = []
      const tail = readerTail(letterReader(), ({ chunk: { id } }) => {
        taken.push(id)
        return !slow.includes(id)
      })
      return { taken, tail }
    }

    it('keeps the rest of what was read, and goes on with it', () => {
      const { taken, tail } = slowly('aBCf')
      const steps: unknown[] = []
      let next = tail.sink('aBCd' as never)
      for (; typeof next === 'function'; next = next()) steps.push(taken.join(''))
      steps.push(taken.join(''), next, tail.sink('e' as never), taken.join(''))
      assert.deepEqual(steps, ['aB', 'aBC', 'aBCd', 'more', 'more', 'aBCde'])
    })

    it('is over when the rest is taken, and not before', () => {
      const { taken, tail } = slowly('A.')
      const next = tail.sink('Ab.' as never)
      assert.deepEqual(taken, ['A'])
      assert.ok(typeof next === 'function')
      assert.equal(next(), 'over')
      assert.deepEqual(taken, ['A', 'b', '.'])
    })

    it('passes on what it still holds when a stage in front of it fails, and tells whether that was all', () => {
      for (const [piece, all] of [
        ['Ab', false],
        ['Ab.', true],
      ] as const) {
        const { taken, tail } = slowly('A')
        tail.sink(piece as never)
        assert.equal(tail.cutOff?.(), all)
        assert.equal(taken.join(''), piece)
      }
    })

    it('passes on what is left before an error, a break and the end', () => {
      const bad = slowly('AB')
      assert.throws(() => bad.tail.sink('ABc!' as never), /bad event/)
      assert.deepEqual(bad.taken, ['A', 'B', 'c'])

      const broken = slowly('A')
      broken.tail.sink('Abc' as never)
      assert.throws(() => broken.tail.end?.(), /truncated/)
      assert.deepEqual(broken.taken, ['A', 'b', 'c', 'last', 'end'])

      const ended = slowly('A')
      ended.tail.sink('Ab.' as never)
      assert.doesNotThrow(() => ended.tail.end?.())
      assert.deepEqual(ended.taken, ['A', 'b', '.'])
    })
  })

  for (const takes of ['bytes', 'events'] as const) {
    it(`as a stage of ${takes} ends at the terminal, whatever comes after it`, async () => {
      const pieces = ['ab', 'c.d', 'e'].map((piece) => (takes === 'bytes' ? Buffer.from(piece) : piece))
      const cutter: Cutter<Buffer | string> = {
        cut: (piece, each) => characters.cut(piece.toString(), each),
        end: (each) => characters.end(each),
      }
      const read = reader({ stages: [], cutter: cutter as Cutter<never> }, lettersUntilEnd())
      const { out, error } = await flow<Told[]>(pieces, readerStage(read, takes))
      assert.deepEqual([out.map(ids), error], [['ab', 'c.'], undefined])
    })
  }

  it('as a stage fails with what its end throws, behind the chunks before it', async () => {
    const read = reader({ stages: [], cutter: characters as Cutter<never> }, letters())
    const { out, error } = await flow<Told[]>(['a'], readerStage(read, 'events'))
    assert.deepEqual([out.map(ids), error?.message], [['a', 'lastend'], 'truncated'])
  })
})

/** As the real decoder: what comes after the terminal in the same piece is not looked at. */
function lettersUntilEnd(): ChunkDecoder {
  const all = letters()
  const decode = (event: WireEvent, push: (chunk: Chunk) => void) => {
    if (!all.ended()) all.decode(event, push)
  }
  return { ...all, decode }
}
