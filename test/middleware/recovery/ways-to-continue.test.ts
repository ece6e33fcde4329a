import assert from 'node:assert/strict'
import { waysToContinue } from '../../../lib/middleware/recovery/ways-to-continue.ts'

describe('the ways to go on with a broken answer', () => {
  const text = 'Long enough for it'
  const table: [why: string, sent: string | undefined, prefill: boolean, types: string[]][] = [
    ['of a text, for a target that takes a prefill', text, true, ['append', 'anchor', 'fresh']],
    ['of a text, for any other', text, false, ['anchor', 'fresh']],
    ['of what is not text', undefined, true, ['fresh']],
    ['of a text that is too short', 'Fifteen letters', true, ['fresh']],
    ['of the shortest text', 'Sixteen letters.', true, ['append', 'anchor', 'fresh']],
    ['of white space around too short a text', `${' '.repeat(20)}a${' '.repeat(20)}`, true, ['fresh']],
    ['of reasoning alone', '', false, ['append', 'fresh']],
    ['of reasoning and white space', '\n', false, ['append', 'fresh']],
  ]
  for (const [why, sent, prefill, types] of table) {
    it(`${why}: ${types.join(', ')}`, () => {
      const ways = waysToContinue(sent, prefill)
      assert.deepEqual(
        ways.map(({ type }) => type),
        types,
      )
      for (const way of ways) if (way.type !== 'fresh') assert.equal(way.text, sent)
    })
  }
})
