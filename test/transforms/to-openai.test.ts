import assert from 'node:assert/strict'
import type { ChunkAssembler } from '../../lib/transforms/chunk-assembler.ts'
import { toOpenAI } from '../../lib/transforms/to-openai.ts'
import type { Chunk } from '../../lib/types/chunk.ts'
import { flow, turn } from '../helpers/stages.ts'

/** A chunk for each capital letter of an event; `.` is the terminal, and `!` cannot be read. */
function letters(): ChunkAssembler {
  let ended = false
  return {
    ended: () => ended,
    pause: () => undefined,
    usage: () => undefined,
    endPause() {},
    cut() {},
    add({ data }, push) {
      for (const letter of data.replaceAll(/[^A-Z.!]/g, '')) {
        if (letter === '!') throw new Error('bad event')
        if (letter === '.') ended = true
        else push({ id: letter } as Chunk)
      }
    },
    end(push) {
      push({ id: 'end' } as Chunk)
      throw new Error('truncated')
    },
  }
}

const LONG = 'x'.repeat(256 * 1024)
const run = async (...events: string[]) => {
  const wire = events.map((data) => ({ event: undefined, data }))
  const { out, error } = await flow<Chunk>(wire, toOpenAI(letters()))
  return { ids: out.map(({ id }) => id).join(''), error: error?.message }
}

describe('the stage from events to chunks', () => {
  for (const padding of ['', LONG]) {
    const events = padding === '' ? 'events' : 'long events'

    it(`ends at the terminal of ${events}, whatever comes after it`, async () => {
      assert.deepEqual(await run(`AB${padding}`, `C.${padding}`, `D${padding}`), { ids: 'ABC', error: undefined })
    })

    it(`passes on the chunks of ${events} before an error`, async () => {
      assert.deepEqual(await run(`A${padding}`, `B!C${padding}`), { ids: 'AB', error: 'bad event' })
    })

    it(`leaves it to the assembler to judge a body of ${events} without a terminal`, async () => {
      assert.deepEqual(await run(`A${padding}`), { ids: 'Aend', error: 'truncated' })
    })
  }

  it('gives others a turn between the chunks of a long event', async () => {
    const stage = toOpenAI(letters())
    const seen: string[] = []
    stage.on('data', ({ id }: Chunk) => seen.push(id))
    stage.write({ event: undefined, data: `ABC${LONG}` })
    const before: string[] = []
    while (seen.length < 3) {
      await turn()
      before.push(seen.join(''))
    }
    assert.ok(before.includes('A') && before.includes('AB'), before.join(' '))
    stage.destroy()
  })

  it('gives none between chunks that are short', async () => {
    const stage = toOpenAI(letters())
    const seen: string[] = []
    stage.on('data', ({ id }: Chunk) => seen.push(id))
    stage.write({ event: undefined, data: `${'A'.repeat(30_000)}${LONG}` })
    const before = new Set<number>()
    while (seen.length < 30_000) {
      await turn()
      before.add(seen.length)
    }
    // A turn for each 10 000 characters of the event, about.
    assert.ok(before.size > 10 && before.size < 100, `${before.size} turns`)
    stage.destroy()
  })
})
