import assert from 'node:assert/strict'
import { candidate, decode, failure, finish, type Json, stop, toolCall } from '../helpers/gemini-stream.ts'

describe('Gemini: streamed arguments', () => {
  const leaf = (jsonPath: string, value: Json, more?: true) => ({
    jsonPath,
    ...value,
    ...(more && { willContinue: true }),
  })
  const open = (name: string) => candidate([{ functionCall: { name, willContinue: true }, thoughtSignature: 'c2ln' }])
  const go = (...partialArgs: Json[]) => candidate([{ functionCall: { partialArgs, willContinue: true } }])
  const close = candidate([{ functionCall: {} }])
  const args = (...leaves: Json[]) => {
    const [init] = decode([open('f'), go(...leaves), close]).told
    return JSON.parse(init?.toolCalls?.[0]?.arguments ?? '')
  }

  it('are told as one call when it closes', () => {
    const frames = [
      open('a'),
      go(leaf('$.x', { stringValue: 'Bos' }, true)),
      go(leaf('$.x', { stringValue: 'ton' })),
      close,
      open('b'),
      close,
      stop,
    ]
    assert.deepEqual(decode(frames).told, [
      toolCall(0, 'a', '{"x":"Boston"}', { state: 'studio:c2ln' }),
      toolCall(1, 'b', '{}', { state: 'studio:c2ln' }),
      finish('tool_calls'),
    ])
  })

  it('of a call that the next one or the finish reason cuts off are told as they are', () => {
    const frames = [
      open('a'),
      go(leaf('$.x', { numberValue: 1 })),
      open('b'),
      candidate(undefined, { finishReason: 'MAX_TOKENS' }),
    ]
    assert.deepEqual(decode(frames).told, [
      toolCall(0, 'a', '{"x":1}', { state: 'studio:c2ln' }),
      toolCall(1, 'b', '{}', { state: 'studio:c2ln' }),
      finish('length'),
    ])
  })

  const trees: [leaves: Json[], value: unknown][] = [
    [
      [leaf('$.a', { numberValue: 1 }), leaf('$.b', { boolValue: false }), leaf('$.c', { nullValue: 'NULL_VALUE' })],
      { a: 1, b: false, c: null },
    ],
    [[leaf('$.a.b', { stringValue: 'x' }), leaf('$.a.c', { stringValue: 'y' })], { a: { b: 'x', c: 'y' } }],
    [
      [leaf('$.a[0].b', { numberValue: 1 }), leaf('$.a[1].b', { numberValue: 2 }), leaf('$.a[]', {})],
      { a: [{ b: 1 }, { b: 2 }] },
    ],
    [[leaf('$.a[0]', { numberValue: 1 }), leaf('$.a.1', { numberValue: 2 })], { a: [1, 2] }],
    [[leaf('$.a[]', {}), leaf('$.b', {})], { a: [], b: {} }],
    [[leaf('$.a', { stringValue: 'x' }, true), leaf('$.a', {})], { a: 'x' }],
    [[leaf('$.a', { stringValue: 'x' }), leaf('$.a', { stringValue: 'y' })], { a: 'y' }],
    [[leaf('$.a[999999999]', { numberValue: 1 })], { a: [] }],
    [[leaf('$', { numberValue: 1 }), leaf('', {}), { jsonPath: 7 }], {}],
    [[leaf('$.a', { numberValue: {} }), leaf('$.a.b', { stringValue: 'x' })], { a: { b: 'x' } }],
  ]
  for (const [leaves, value] of trees) {
    it(`${JSON.stringify(leaves)} make ${JSON.stringify(value)}`, () => assert.deepEqual(args(...leaves), value))
  }

  it('reach no prototype', () => {
    const hostile = [
      leaf('$.__proto__.polluted', { boolValue: true }),
      leaf('$.constructor.prototype.polluted', { boolValue: true }),
    ]
    assert.deepEqual(Object.keys(args(...hostile)), ['__proto__', 'constructor'])
    assert.equal(({} as Json).polluted, undefined)
  })

  it('that never end are refused', () => {
    assert.throws(() => args(leaf(`$${'.a'.repeat(101)}`, {})), failure('malformed', 502))
    const long = leaf('$.a', { stringValue: 'x'.repeat(1024 * 1024) }, true)
    assert.throws(() => args(long, long, long, long), failure('malformed', 502))
  })
})
