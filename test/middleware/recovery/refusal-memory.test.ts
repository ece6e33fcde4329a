import assert from 'node:assert/strict'
import type { Refusal } from '../../../lib/middleware/recovery/fitted-request.ts'
import { refusalMemory } from '../../../lib/middleware/recovery/refusal-memory.ts'

const gone = (param: string): Refusal => ({ param, instead: { type: 'left-out' } })

describe('the memory of refusals', () => {
  it('knows nothing of a model at first, then all that was added', () => {
    const memory = refusalMemory()
    assert.deepEqual(memory.of('a'), [])
    memory.add('a', [gone('stop')])
    memory.add('a', [gone('user')])
    assert.deepEqual(memory.of('a'), [gone('stop'), gone('user')])
    assert.deepEqual(memory.of('b'), [])
  })

  it('forgets a model an hour after its first refusal', () => {
    let now = 0
    const memory = refusalMemory({ now: () => now })
    memory.add('a', [gone('stop')])
    now = 3_500_000
    memory.add('a', [gone('user')])
    now = 3_600_000
    assert.deepEqual(memory.of('a'), [])
    memory.add('a', [gone('user')])
    assert.deepEqual(memory.of('a'), [gone('user')])
  })

  it('has room for so many models, and lets the oldest go', () => {
    const memory = refusalMemory({ maxModels: 2 })
    for (const key of ['a', 'b', 'c']) memory.add(key, [gone(key)])
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => memory.of(key).length),
      [0, 1, 1],
    )
  })

  it('keeps so many refusals of one model', () => {
    const memory = refusalMemory()
    for (let number = 0; number < 40; number += 1) memory.add('a', [gone(`p${number}`)])
    assert.equal(memory.of('a').length, 32)
    assert.deepEqual(memory.of('a').at(-1), gone('p39'))
  })
})
