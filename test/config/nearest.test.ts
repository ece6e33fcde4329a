import assert from 'node:assert/strict'
import fc from 'fast-check'
import { nearest } from '../../lib/config/nearest.ts'

const WORDS = ['retry', 'request_timeout', 'api_key', 'azure-openai', 'openai', 'name', 'groq']

const TABLE: [word: string, nearest: string | undefined, why: string][] = [
  ['retry', 'retry', 'the word itself'],
  ['rety', 'retry', 'a letter left out'],
  ['rettry', 'retry', 'a letter too many'],
  ['ertry', 'retry', 'two letters swapped'],
  ['retyr', 'retry', 'two letters swapped at the end'],
  ['rezty', 'retry', 'two edits'],
  ['xyzry', undefined, 'three edits'],
  ['requestTimeout', 'request_timeout', 'camel case'],
  ['API-KEY', 'api_key', 'capitals and dashes'],
  ['opena1', 'openai', 'a digit for a letter'],
  ['azure', 'azure-openai', 'the beginning of a word'],
  ['az', undefined, 'a beginning too short to tell'],
  ['gork', 'groq', 'two edits of four letters'],
  ['foo', undefined, 'a short word with too little in common'],
  ['nzm', undefined, 'two edits of three letters'],
  ['', undefined, 'nothing'],
  ['__', undefined, 'nothing but underscores'],
  ['retry'.repeat(9), undefined, 'a word that is far too long'],
]

describe('nearest', () => {
  for (const [word, expected, why] of TABLE) {
    it(`finds ${expected ?? 'nothing'} for "${word.slice(0, 20)}": ${why}`, () => {
      assert.equal(nearest(word, WORDS), expected)
    })
  }

  it('prefers fewer edits, whatever the order', () => {
    assert.equal(nearest('retries', ['retriez_', 'retri', 'retries1']), 'retriez_')
    assert.equal(nearest('retrie', ['retri12', 'retries']), 'retries')
    assert.equal(nearest('retrie', ['retries', 'retri12']), 'retries')
  })

  it('finds any word of six letters or more again after one mistake', () => {
    const words = ['alphabet', 'override_params', 'quixotic', 'zymurgy']
    const letter = fc.constantFrom(...'abcxyz')
    fc.assert(
      fc.property(fc.constantFrom(...words), fc.nat(), letter, fc.nat(2), (word, position, other, mistake) => {
        const at = position % word.length
        const kept = mistake === 0 ? at : at + 1 // insert, leave out, replace
        const wrong = word.slice(0, at) + (mistake === 1 ? '' : other) + word.slice(kept)
        assert.equal(nearest(wrong, words), word)
      }),
    )
  })
})
