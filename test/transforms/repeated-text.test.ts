import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type RepeatedText, repeatedText } from '../../lib/transforms/repeated-text.ts'
import type { WireEvent } from '../../lib/types/provider.ts'

const PATH = ['choices', 0, 'delta', 'content']
const event = (data: string, name?: string): WireEvent => ({ event: name, data })
const data = (content: unknown, others: object = {}) =>
  JSON.stringify({ id: 'a', choices: [{ index: 0, delta: { content }, finish_reason: null }], ...others })

function learned(content: string, from: string, name?: string): RepeatedText {
  const repeated = repeatedText({ path: PATH })
  repeated.learn(event(from, name), content)
  return repeated
}

/** What parsing gives. */
function parsed(text: string): unknown {
  return (JSON.parse(text) as { choices: { delta: { content: unknown } }[] }).choices[0]?.delta.content
}

describe('text like that of the event before', () => {
  const repeated = learned('Hello', data('Hello'))
  const same: [why: string, text: string][] = [
    ['is read', ' world'],
    ['is read with escapes', 'a "quoted"\n\\ tab\t é 😀'],
    ['is read with half a character', '\ud83d'],
    ['is read if it is long', 'and so on '.repeat(1000)],
  ]
  for (const [why, text] of same) {
    it(why, () => assert.equal(repeated.read(event(data(text))), text))
  }

  it('is read in any spelling of JSON', () => {
    const spelt = data('X').replace('"X"', '"\\u0041\\/\\b"')
    assert.equal(repeated.read(event(spelt)), 'A/\b')
  })

  const others: [why: string, data: string][] = [
    ['is empty', data('')],
    ['is none', data(null)],
    ['is a list', data(['Hello'])],
    ['is followed by other members', data('Hello', { usage: null })],
    ['comes with a finish reason', data('Hello').replace('null}', '"stop"}')],
    ['comes with another id', data('Hello').replace('"a"', '"b"')],
    ['is one of two members that look alike', data('X').replace('"X"', '"x","content":"y"')],
    ['holds what JSON does not allow', data('X').replace('"X"', '"a\tb"')],
    ['ends in an escape', data('X').replace('"X"', '"a\\"')],
    ['is cut off', data('Hello').slice(0, -1)],
    ['is nothing', ''],
    ['is shorter than what stands around it', data('').slice(0, 20)],
  ]
  for (const [why, text] of others) {
    it(`is left to the decoder if it ${why}`, () => assert.equal(repeated.read(event(text)), undefined))
  }

  it('is left to the decoder under another event name', () => {
    const named = learned('Hello', data('Hello'), 'delta')
    assert.equal(named.read(event(data('Hello'), 'delta')), 'Hello')
    assert.equal(named.read(event(data('Hello'))), undefined)
  })

  it('is left to the decoder after an event that told anything else', () => {
    const forgets = learned('Hello', data('Hello'))
    forgets.learn(event('{}'), undefined)
    assert.equal(forgets.read(event(data('Hello'))), undefined)
  })

  it('is not looked for where the same words stand elsewhere too', () => {
    const twice = data('Hello', { text: 'Hello' })
    assert.equal(learned('Hello', twice).read(event(twice)), undefined)
    const elsewhere = data('X', { text: 'café' }).replace('"X"', '"caf\\u00e9"')
    assert.equal(learned('café', elsewhere).read(event(elsewhere.replace('"café"', '"tea"'))), undefined)
  })

  it('is not looked for any more in a stream where no event is like the last', () => {
    const vain = repeatedText({ path: PATH })
    for (let n = 0; n < 16; n += 1) vain.learn(event(data('Hello', { n })), 'Hello')
    vain.learn(event(data('Hello')), 'Hello')
    assert.equal(vain.read(event(data('Hello'))), undefined)
  })

  describe('with padding', () => {
    for (const name of ['obfuscation', 'p']) {
      it(`of any length in ${name} is read`, () => {
        const padded = learned('Hello', data('Hello', { [name]: 'aZ09' }))
        for (const noise of ['', 'x', 'aB3_-', 'z'.repeat(300)]) {
          assert.equal(padded.read(event(data(' world', { [name]: noise }))), ' world', noise)
        }
      })
    }

    it('is left to the decoder if the padding is no noise, or is missing', () => {
      const padded = learned('Hello', data('Hello', { p: 'aZ09' }))
      for (const others of [{ p: 'a b' }, { p: '"' }, { p: 'é' }, { p: 1 }, { q: 'a' }, {}, { p: 'a', q: 'b' }]) {
        assert.equal(padded.read(event(data('Hello', others))), undefined, JSON.stringify(others))
      }
    })
  })

  it('is what parsing gives, in any event that is read at all', () => {
    const strings = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('"', '\\', '"}', ',"p":"', '"},"'),
    )
    const members = fc.dictionary(fc.constantFrom('p', 'obfuscation', 'text', 'usage'), strings, { maxKeys: 2 })
    fc.assert(
      fc.property(strings, strings, members, members, fc.nat(), strings, (first, second, from, to, at, noise) => {
        const repeated = learned(first, data(first, from))
        const sound = data(second, to)
        const place = at % (sound.length + 1)
        for (const text of [sound, data(second, from), `${sound.slice(0, place)}${noise}${sound.slice(place)}`]) {
          const read = repeated.read(event(text))
          if (read !== undefined) assert.equal(read, parsed(text))
        }
      }),
      { numRuns: 5000 },
    )
  })
})
