import assert from 'node:assert/strict'
import { type WayFacts, waysToContinue } from '../../../lib/middleware/recovery/ways-to-continue.ts'

describe('the ways to go on with a broken answer', () => {
  const text = 'Long enough for it'
  const table: [why: string, ways: Partial<WayFacts>, types: string[]][] = [
    ['of a text, for a target that takes a prefill', { takesPrefill: true }, ['append', 'anchor', 'fresh']],
    ['of a text, for any other', {}, ['anchor', 'fresh']],
    ['of what is not text', { text: undefined }, ['fresh']],
    ['of a text that is too short for a prefill', { text: 'Fifteen letters', takesPrefill: true }, ['anchor', 'fresh']],
    ['of the shortest text', { text: 'Sixteen letters.', takesPrefill: true }, ['append', 'anchor', 'fresh']],
    [
      'of white space around so short a text',
      { text: `${' '.repeat(20)}a${' '.repeat(20)}`, takesPrefill: true },
      ['anchor', 'fresh'],
    ],
    ['of half a character at its end', { text: `${text}\ud83d`, takesPrefill: true }, ['anchor', 'fresh']],
    ['of reasoning alone', { text: '' }, ['append', 'fresh']],
    ['of reasoning and white space', { text: '\n' }, ['append', 'fresh']],
    ['with continue alone', { rungs: ['continue'] }, ['anchor', 'splice']],
    ['with continue alone, of what is not text', { rungs: ['continue'], text: undefined }, ['splice']],
    ['with restart alone', { rungs: ['restart'] }, ['fresh']],
    ['in JSON, or behind a call', { mayRestart: false }, ['anchor', 'splice']],
    ['in JSON with restart alone', { mayRestart: false, rungs: ['restart'] }, ['splice']],
  ]
  for (const [why, given, types] of table) {
    it(`${why}: ${types.join(', ')}`, () => {
      const all: WayFacts = { rungs: ['continue', 'restart'], mayRestart: true, text, takesPrefill: false, ...given }
      const ways = waysToContinue(all)
      assert.deepEqual(
        ways.map(({ type }) => type),
        types,
      )
      for (const way of ways) if ('text' in way) assert.equal(way.text, all.text)
    })
  }
})
