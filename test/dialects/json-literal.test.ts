import assert from 'node:assert/strict'
import fc from 'fast-check'
import { jsonLiteral } from '../../lib/dialects/json-literal.ts'

describe('a JSON literal', () => {
  it('is what JSON.stringify makes of the text', () => {
    const odd = fc.constantFrom(
      '"',
      '\\',
      '\n',
      '\0',
      '\x1f',
      '\x7f',
      '\u2028',
      '\ud7ff',
      '\ud83d',
      '\udfff',
      '\ue000',
      'é',
      '😀',
    )
    const character = fc.oneof({ weight: 20, arbitrary: fc.constant('a') }, { weight: 1, arbitrary: odd })
    const texts = fc.oneof(fc.string(), fc.string({ unit: character, maxLength: 60 }))
    fc.assert(
      fc.property(texts, (text) => assert.equal(jsonLiteral(text), JSON.stringify(text))),
      { numRuns: 2000 },
    )
  })
})
