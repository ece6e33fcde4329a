import assert from 'node:assert/strict'
import { splitWhole } from '../../../lib/transforms/framing/split-whole.ts'
import type { WholeParts } from '../../../lib/transforms/framing/whole-lines.ts'
import type { WireEvent } from '../../../lib/types/provider.ts'
import { flow } from '../../helpers/stages.ts'

/** What comes is whole as it is, but for what is `held` and goes at the end. */
function parts(more: Partial<WholeParts> = {}): WholeParts {
  return { add: (bytes) => (String(bytes) === 'held' ? undefined : bytes), end: () => Buffer.from('held|'), ...more }
}

const read = (text: string): WireEvent | undefined =>
  text === '' ? undefined : { event: undefined, data: text.toUpperCase() }
const split = async (pieces: string[], more?: Partial<WholeParts>, mapper = read) => {
  const bytes = pieces.map((piece) => Buffer.from(piece))
  const { out, error } = await flow<WireEvent>(bytes, splitWhole('|', parts(more), mapper))
  return { out: out.map(({ data }) => data), error: error?.message }
}

describe('the stage of split2', () => {
  it('splits what is whole, at once, and the rest at the end', async () => {
    assert.deepEqual(await split(['a|é|', 'held', 'c|']), { out: ['A', 'É', 'C', 'HELD'], error: undefined })
  })

  it('fails by what is thrown while it holds', async () => {
    const add = (bytes: Buffer) => {
      if (String(bytes) === 'b|') throw new Error('too long')
      return bytes
    }
    assert.deepEqual(await split(['a|', 'b|'], { add }), { out: ['A'], error: 'too long' })
  })

  it('fails by what its mapper throws, at the end too', async () => {
    const strict = (text: string) => {
      if (text === 'held') throw new Error('no event')
      return read(text)
    }
    assert.deepEqual(await split(['a|'], {}, strict), { out: ['A'], error: 'no event' })
    assert.deepEqual(await split(['a|held|b|'], {}, strict), { out: ['A'], error: 'no event' })
  })
})
