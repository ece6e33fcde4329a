import assert from 'node:assert/strict'
import fc from 'fast-check'
import { checkStructure, jsonStructure } from '../../../lib/middleware/incoming/json-structure.ts'
import { cuts } from '../../helpers/stages.ts'

/** Whether a text in these pieces is within the limits. */
function passes(pieces: readonly Buffer[], maxRequestValues: number, maxRequestLevels = 1000): boolean {
  const structure = jsonStructure({ maxRequestValues, maxRequestLevels })
  try {
    for (const piece of pieces) structure.add(piece)
    return true
  } catch {
    return false
  }
}

describe('the structure of a JSON text', () => {
  const texts: [text: string, values: number, levels: number][] = [
    ['1', 0, 0],
    ['[]', 1, 1],
    ['[1,2,3]', 3, 1],
    ['{"a":[1,{"b":2}]}', 4, 3],
    ['[[],[],[]]', 6, 2],
    ['"[[[,,,"', 0, 0],
    ['["[[,,", "\\"[[,,", "\\\\",1]', 4, 1],
    ['["\\\\\\"[,", "é🦢[,"]', 2, 1],
    ['["\\\\", [], "\\\\\\\\"]', 4, 2],
  ]
  for (const [text, values, levels] of texts) {
    it(`is counted whole and cut anywhere: ${text}`, () => {
      for (const pieces of cuts(text)) {
        assert.ok(passes(pieces, values, levels))
        assert.ok(values === 0 || !passes(pieces, values - 1))
        assert.ok(levels === 0 || !passes(pieces, 99, levels - 1))
      }
    })
  }

  it('does not depend on the text of strings', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.integer({ min: 1, max: 9 }), (strings, size) => {
        const bytes = Buffer.from(JSON.stringify(strings))
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
          bytes.subarray(n * size, (n + 1) * size),
        )
        const values = Math.max(1, strings.length)
        assert.ok(passes(pieces, values))
        assert.ok(!passes(pieces, values - 1))
      }),
    )
  })

  it('is the same when it is parsed', () => {
    const isWithin = (text: string, maxRequestValues: number, maxRequestLevels: number) => {
      try {
        checkStructure(JSON.parse(text), { maxRequestValues, maxRequestLevels })
        return true
      } catch {
        return false
      }
    }
    const limit = fc.integer({ min: 0, max: 12 })
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), limit, limit, (text, values, levels) => {
        // Of members with the same name the parser keeps one.
        const plain = JSON.stringify(JSON.parse(text))
        assert.equal(isWithin(plain, values, levels), passes([Buffer.from(plain)], values, levels))
      }),
      { numRuns: 1000 },
    )
  })

  it('ends with the levels of a value that holds itself', () => {
    const value: unknown[] = []
    value.push(value, value)
    assert.throws(() => checkStructure(value, { maxRequestValues: 1e6, maxRequestLevels: 10 }), /at most 10 levels/)
  })
})
