import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { UpstreamError } from '../../../lib/errors.ts'
import { jsonArrayGrammar } from '../../../lib/transforms/framing/grammar/json-array.ts'
import { jsonArray } from '../../../lib/transforms/framing/json-array.ts'

const LIMITS = { maxEventBytes: 1_000_000 }

function cut(pieces: Iterable<Buffer>, maxEventBytes = LIMITS.maxEventBytes): string[] {
  const grammar = jsonArrayGrammar(maxEventBytes)
  const elements = Array.from(pieces, (piece) => elementsIn(piece, grammar)).flat()
  grammar.end()
  return elements
}

function elementsIn(piece: Buffer, grammar: ReturnType<typeof jsonArrayGrammar>): string[] {
  const elements: string[] = []
  grammar.cut(piece, (element) => elements.push(element))
  return elements
}

const singly = (bytes: Buffer) => Array.from(bytes, (byte) => Buffer.of(byte))
const whole = (text: string) => cut([Buffer.from(text)])
const byteByByte = (text: string) => cut(singly(Buffer.from(text)))
const kind = (expected: string) => (error: unknown) => error instanceof UpstreamError && error.kind === expected

describe('the JSON array grammar', () => {
  const bodies: [name: string, body: string, events: string[]][] = [
    ['an empty body', '', []],
    ['an empty array', '[]', []],
    ['an array of blanks', ' [ \r\n\t] \n', []],
    ['one object', '[{"a":1}]', ['{"a":1}']],
    ['a comma on its own line', '[{\n"a": 1\n}\n,\r\n{"b":2}\n]', ['{\n"a": 1\n}', '{"b":2}']],
    ['nested brackets', '[{"a":[{},[]]},{}]', ['{"a":[{},[]]}', '{}']],
    ['arrays as elements', '[[1],[[2]]]', ['[1]', '[[2]]']],
    ['brackets and commas in strings', '[{"a":"]},{[" },{"b":","}]', ['{"a":"]},{[" }', '{"b":","}']],
    ['escaped quotes', '[{"a":"\\"}","b":"\\\\"},{"c":"\\\\\\""}]', ['{"a":"\\"}","b":"\\\\"}', '{"c":"\\\\\\""}']],
    ['characters of two, three and four bytes', '[{"ä":"€🦢"},{"é":"漢"}]', ['{"ä":"€🦢"}', '{"é":"漢"}']],
    ['a byte order mark', '\ufeff[{"a":1}]', ['{"a":1}']],
    ['a byte order mark inside a string', '[{"a":"\ufeff"}]', ['{"a":"\ufeff"}']],
    ['a bare object', '{"error":{"code":503}}\n', ['{"error":{"code":503}}']],
    ['a bare object after a byte order mark', '\ufeff \n{"a":[1]}', ['{"a":[1]}']],
  ]

  for (const [name, body, events] of bodies) {
    it(`cuts ${name}, whole or byte by byte`, () => {
      assert.deepEqual(whole(body), events)
      assert.deepEqual(byteByByte(body), events)
    })
  }

  it('cuts any array the same wherever its bytes are split', () => {
    const element = fc.oneof(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.json()), fc.array(fc.json()))
    const blank = fc.constantFrom('', ' ', '\n', '\r\n')
    fc.assert(
      fc.property(fc.array(element), blank, fc.array(fc.nat()), (elements, between, positions) => {
        const texts = elements.map((each) => JSON.stringify(each))
        const bytes = Buffer.from(`[${between}${texts.join(`${between},${between}`)}${between}]`)
        const splits = [...positions.map((each) => each % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b)
        const pieces = splits.slice(1).map((end, index) => bytes.subarray(splits[index], end))
        assert.deepEqual(cut(pieces), texts)
      }),
    )
  })

  it('tells an element as soon as its last byte is there', () => {
    const grammar = jsonArrayGrammar(LIMITS.maxEventBytes)
    assert.deepEqual(elementsIn(Buffer.from('[{"a":1}'), grammar), ['{"a":1}'])
  })

  it('keeps an element apart from the read that brought it', () => {
    const grammar = jsonArrayGrammar(LIMITS.maxEventBytes)
    const read = Buffer.from('[{"a":1')
    assert.deepEqual(elementsIn(read, grammar), [])
    read.fill('x')
    assert.deepEqual(elementsIn(Buffer.from('}]'), grammar), ['{"a":1}'])
  })

  const malformed = ['<html>', 'null', '[1]', '["a"]', '[{}]x', '[{}][{}]', '{}{}', '{},', '[}', '"', ',[]', ']']
  for (const body of malformed) {
    it(`refuses ${body}`, () => {
      assert.throws(() => whole(body), kind('malformed'))
      assert.throws(() => byteByByte(body), kind('malformed'))
    })
  }

  it('takes every body that ends before its last bracket for cut off', () => {
    for (const body of ['[{"a":"]"},{"b":"\\"}"}\n]', '{"error":{"message":"}"}}']) {
      for (let length = 1; length < body.length; length++) {
        assert.throws(() => whole(body.slice(0, length)), kind('truncated'), body.slice(0, length))
      }
    }
  })

  it('allows an element of exactly maxEventBytes and refuses one byte more', () => {
    assert.equal(cut([Buffer.from('[{"a":"bc"},{"a":"de"}]')], 10).length, 2)
    const tooMuch = Buffer.from('[{"a":"bcd"}]')
    assert.throws(() => cut([tooMuch], 10), kind('malformed'))
    assert.throws(() => cut(singly(tooMuch), 10), kind('malformed'))
  })

  it('refuses an element that never ends before it has arrived in full', () => {
    const grammar = jsonArrayGrammar(100)
    assert.deepEqual(elementsIn(Buffer.from('[{"a":"'), grammar), [])
    const read = () => elementsIn(Buffer.alloc(10, 'x'), grammar)
    for (let reads = 0; reads < 9; reads++) assert.deepEqual(read(), [])
    assert.throws(read, kind('malformed'))
  })
})

describe('the JSON array stage', () => {
  const read = (...pieces: Buffer[]) => Readable.from(pieces).compose(jsonArray(LIMITS)).toArray()

  it('turns reads into events', async () => {
    const events = await read(Buffer.from('[{"a":1}\n,\r\n{"b'), Buffer.from('":2}]'))
    assert.deepEqual(events, [
      { event: undefined, data: '{"a":1}' },
      { event: undefined, data: '{"b":2}' },
    ])
  })

  it('lets an empty body pass without events', async () => {
    assert.deepEqual(await read(), [])
  })

  it('fails where the body ends inside the array', async () => {
    await assert.rejects(read(Buffer.from('[{"a":1},')), kind('truncated'))
  })

  it('fails on what is not JSON', async () => {
    await assert.rejects(read(Buffer.from('<html>')), kind('malformed'))
  })
})
