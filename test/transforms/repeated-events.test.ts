import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Piece, plainPiece, type RepeatedEvents, repeatedEvents } from '../../lib/transforms/repeated-events.ts'
import type { ChunkInit, PlainText, WireEvent } from '../../lib/types/provider.ts'
import { usedMemory } from '../helpers/used-memory.ts'

const CHOICE = ['choices', 0] as const
const PLAIN: PlainText = {
  places: [
    { kind: 'content', path: [...CHOICE, 'delta', 'content'] },
    { kind: 'reasoning', path: [...CHOICE, 'delta', 'thought'] },
    { kind: 'arguments', path: [...CHOICE, 'delta', 'call', 'args'] },
  ],
  idle: [['p'], [...CHOICE, 'token']],
}

const event = (data: string, name?: string): WireEvent => ({ event: name, data })
const data = (content: unknown, others: object = {}) => delta({ content }, others)
const delta = (said: object, others: object = {}) =>
  JSON.stringify({ id: 'a', choices: [{ index: 0, delta: said, finish_reason: null }], ...others })

function learned(lesson: Piece, from: string, plain = PLAIN, name?: string): RepeatedEvents {
  const repeated = repeatedEvents(plain)
  repeated.learn(event(from, name), lesson)
  return repeated
}

const content = (text: string): Piece => ({ kind: 'content', text, call: undefined })
const HELLO = content('Hello')

/** What parsing gives. */
function parsed(text: string): unknown {
  return (JSON.parse(text) as { choices: { delta: { content: unknown } }[] }).choices[0]?.delta.content
}

describe('an event like the one before', () => {
  const repeated = learned(HELLO, data('Hello'))
  const same: [why: string, text: string][] = [
    ['is read', ' world'],
    ['is read with escapes', 'a "quoted"\n\\ tab\t é 😀'],
    ['is read with a backslash at its end', 'a\\'],
    ['is read with half a character', '\ud83d'],
    ['is read if it is long', 'and so on '.repeat(1000)],
  ]
  for (const [why, text] of same) {
    it(why, () => assert.deepEqual(repeated.read(event(data(text))), content(text)))
  }

  it('is read in any spelling of JSON', () => {
    const spelt = data('X').replace('"X"', '"\\u0041\\/\\b"')
    assert.deepEqual(repeated.read(event(spelt)), content('A/\b'))
    assert.deepEqual(learned(content('A'), data('X').replace('"X"', '"\\u0041"')).read(event(data('B'))), content('B'))
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
    ['goes on', `${data('Hello')}}`],
    ['is nothing', ''],
    ['is shorter than what stands around it', data('').slice(0, 20)],
  ]
  for (const [why, text] of others) {
    it(`is left to the decoder if its text ${why}`, () => assert.equal(repeated.read(event(text)), undefined))
  }

  it('is left to the decoder under another event name', () => {
    const named = learned(HELLO, data('Hello'), PLAIN, 'delta')
    assert.deepEqual(named.read(event(data('Hello'), 'delta')), HELLO)
    assert.equal(named.read(event(data('Hello'))), undefined)
  })

  it('is left to the decoder after an event that told anything else', () => {
    const forgets = learned(HELLO, data('Hello'))
    forgets.learn(event('{}'), undefined)
    assert.equal(forgets.read(event(data('Hello'))), undefined)
  })

  it('is read where the same words stand elsewhere too', () => {
    const twice = learned(HELLO, data('Hello', { text: 'Hello' }))
    assert.deepEqual(twice.read(event(data('Bye', { text: 'Hello' }))), content('Bye'))
    assert.equal(twice.read(event(data('Hello', { text: 'Bye' }))), undefined)
  })

  const unlearned: [why: string, lesson: Piece, data: string][] = [
    ['stands in two members of one name', HELLO, data('X').replace('"X"', '"Hello","content":"Hello"')],
    ['stands in the second of two members', HELLO, data('X').replace('"X"', '5,"content":"Hello"')],
    ['stands in another place', HELLO, data('', { text: 'Hello' })],
    ['was changed', HELLO, data('hello')],
    ['is no string', content('5'), data(5)],
    ['is long', content('x'.repeat(5000)), data('x'.repeat(5000))],
    ['stands in no object', HELLO, '"Hello"'],
  ]
  for (const [why, lesson, text] of unlearned) {
    it(`is not looked for if the first text ${why}`, () => {
      assert.equal(learned(lesson, text).read(event(text)), undefined)
    })
  }

  it('is read in each of the last forms, as long as nothing else comes between', () => {
    const forms = learned(HELLO, data('Hello'))
    const odd = (text: string, n: number) => event(data(text, { n }))
    for (const n of [1, 2]) forms.learn(odd('Hello', n), HELLO)
    for (const n of [1, 2, 1]) assert.deepEqual(forms.read(odd('Bye', n)), content('Bye'))
    assert.deepEqual(forms.read(event(data('Bye'))), content('Bye'))
    forms.learn(odd('Hello', 3), HELLO)
    assert.equal(forms.read(odd('Bye', 2)), undefined)
    assert.deepEqual(forms.read(odd('Bye', 1)), content('Bye'))
  })

  it('is not looked for any more in a stream where no event is like the last', () => {
    const vain = repeatedEvents(PLAIN)
    for (let n = 0; n < 16; n += 1) vain.learn(event(data('Hello', { n })), HELLO)
    vain.learn(event(data('Hello')), HELLO)
    assert.equal(vain.read(event(data('Hello'))), undefined)
  })

  it('is not looked for where the decoder cannot promise that it would be read alike', () => {
    const plain = { ...PLAIN, mayRepeat: () => false }
    assert.equal(learned(HELLO, data('Hello'), plain).read(event(data('Hello'))), undefined)
  })

  it('is read within what its data is wrapped in', () => {
    const unwrapped = (text: string) => (text.startsWith('>') ? text.slice(1) : undefined)
    const wrapped = learned(HELLO, `>${data('Hello')}`, { ...PLAIN, unwrapped })
    assert.deepEqual(wrapped.read(event(`>${data('Bye')}`)), content('Bye'))
    assert.equal(wrapped.read(event(data('Bye'))), undefined)
    assert.equal(learned(HELLO, data('Hello'), { ...PLAIN, unwrapped }).read(event(`>${data('Hello')}`)), undefined)
  })

  it('tells the decoder of thoughts and arguments as well', () => {
    const noted: unknown[] = []
    const plain: PlainText = { ...PLAIN, noted: (...piece) => noted.push(piece) }
    const thought = (text: string): Piece => ({ kind: 'reasoning', text, call: undefined })
    const thoughts = learned(thought('Hm'), delta({ thought: 'Hm' }), plain)
    assert.deepEqual(thoughts.read(event(delta({ thought: 'So' }))), thought('So'))
    const call = { key: 3, arguments: '{' }
    const calls = learned({ kind: 'arguments', text: '{', call }, delta({ call: { args: '{' } }), plain)
    assert.deepEqual(calls.read(event(delta({ call: { args: '}' } }))), { kind: 'arguments', text: '}', call })
    assert.deepEqual(noted, [
      ['reasoning', 'So'],
      ['arguments', '}'],
    ])
  })

  describe('with white space before its last brace', () => {
    for (const [learnt, read] of [
      ['', ' '],
      ['   ', ''],
      ['\n\t', '\r '],
    ] as const) {
      it(`is read: ${JSON.stringify([learnt, read])}`, () => {
        const spaced = (text: string, space: string) => `${data(text).slice(0, -1)}${space}}`
        const repeated = learned(HELLO, spaced('Hello', learnt))
        assert.deepEqual(repeated.read(event(spaced('Bye', read))), content('Bye'))
        assert.equal(repeated.read(event(spaced('Bye', '\u00a0'))), undefined)
      })
    }
  })

  describe('with members that say nothing', () => {
    const padded = learned(HELLO, data('Hello', { p: 'aZ09', q: 1 }))
    for (const p of ['', 'x', 'aB3_-', 'z'.repeat(300), 'a "b"\n', null, true, false, 0, -1.5, 1e30]) {
      it(`is read: ${JSON.stringify(p)}`, () =>
        assert.deepEqual(padded.read(event(data('Bye', { p, q: 1 }))), content('Bye')))
    }
    for (const others of [{ p: {} }, { p: [] }, { q: 1 }, { p: 'a' }, { p: 'a', q: 2 }, { p: 'a', q: 1, r: 1 }]) {
      it(`is left to the decoder: ${JSON.stringify(others)}`, () =>
        assert.equal(padded.read(event(data('Bye', others))), undefined))
    }
    for (const bad of ['01', '+1', '.5', 'nul', '"a\tb"', '"\\x"', '"']) {
      it(`is left to the decoder: ${bad}`, () =>
        assert.equal(padded.read(event(data('Bye', { p: 'P', q: 1 }).replace('"P"', bad))), undefined))
    }
  })

  describe('with totals of usage', () => {
    const plain: PlainText = { ...PLAIN, usage: { path: ['usage'], read: (counts) => counts as never } }
    const counted = (out: unknown, content = 'Bye') => data(content, { usage: { in: 3, more: [{ out }] } })

    it('is read, and the last total is told once', () => {
      const repeated = learned(HELLO, counted(5, 'Hello'), plain)
      for (const out of [6, 70]) assert.deepEqual(repeated.read(event(counted(out))), content('Bye'))
      assert.deepEqual(repeated.usage(), { in: 3, more: [{ out: 70 }] })
      assert.equal(repeated.usage(), undefined)
    })

    for (const out of [0, -1, 1.5, 1e21, 1e16, '7', null]) {
      it(`is left to the decoder: ${out}`, () => {
        const repeated = learned(HELLO, counted(5, 'Hello'), plain)
        assert.equal(repeated.read(event(counted(out))), undefined)
        assert.equal(repeated.usage(), undefined)
      })
    }
  })

  it('is what parsing gives, in any event that is read at all', () => {
    const strings = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('"', '\\', '"}', ',"p":"', '"},"', 'content'),
    )
    const members = fc.dictionary(fc.constantFrom('p', 'content', 'choices', 'usage'), strings, { maxKeys: 2 })
    fc.assert(
      fc.property(strings, strings, members, members, fc.nat(), strings, (first, second, from, to, at, noise) => {
        const repeated = learned(content(first), data(first, from))
        const sound = data(second, to)
        const place = at % (sound.length + 1)
        for (const text of [sound, data(second, from), `${sound.slice(0, place)}${noise}${sound.slice(place)}`]) {
          const read = repeated.read(event(text))
          if (read !== undefined) assert.equal(read.text, parsed(text))
        }
      }),
      { numRuns: 5000 },
    )
  })
})

describe('what is learned from an event', () => {
  const SAID: ChunkInit = { content: 'Hello' }
  const plain: Record<string, ChunkInit[]> = {
    'a text': [SAID],
    'a text with its envelope': [
      { id: 'a', model: 'm', created: 1, service_tier: 't', system_fingerprint: 'f', ...SAID },
    ],
    'a text beside usage and nothing': [
      { id: 'a' },
      { usage: { total_tokens: 1 } as never },
      SAID,
      { annotations: [] },
    ],
    'a text of the first choice': [{ index: 0, ...SAID }],
    'a thought': [{ reasoning: 'Hm', content: '' }],
    arguments: [{ toolCalls: [{ key: 1, id: '', name: '', arguments: '{' }] }],
  }
  for (const [name, inits] of Object.entries(plain)) {
    it(`is ${name}`, () => assert.ok(plainPiece(inits)))
  }

  const others: Record<string, ChunkInit[]> = {
    'from nothing': [],
    'from nothing said': [{ content: '', id: 'a' }],
    'from two texts': [SAID, SAID],
    'from a text and a thought': [{ ...SAID, reasoning: 'Hm' }],
    'from another choice': [{ index: 1, ...SAID }],
    'from a finish reason': [SAID, { finish: 'stop' }],
    'from log probabilities': [{ ...SAID, logprobs: { content: [], refusal: null } }],
    'from the head of a call': [{ toolCalls: [{ key: 1, id: 'a', arguments: '{' }] }],
    'from a name': [{ toolCalls: [{ key: 1, name: 'a', arguments: '{' }] }],
    'from a type': [{ toolCalls: [{ key: 1, type: 'function', arguments: '{' }] }],
    'from the state of a call': [{ toolCalls: [{ key: 1, state: 's', arguments: '{' }] }],
    'from less state': [{ toolCalls: [{ key: 1, lessState: 's', arguments: '{' }] }],
    'from no arguments': [{ toolCalls: [{ key: 1 }] }],
    'from two calls': [
      {
        toolCalls: [
          { key: 1, arguments: '{' },
          { key: 2, arguments: '{' },
        ],
      },
    ],
  }
  for (const [name, inits] of Object.entries(others)) {
    it(`is nothing ${name}`, () => assert.equal(plainPiece(inits), undefined))
  }
})

describe('what is known of an event', () => {
  it('does not keep the read alive that it was cut from', async () => {
    const READ = 64 * 1024
    const before = await usedMemory()
    const known = Array.from({ length: 100 }, (_, n) => {
      const read = Buffer.alloc(READ, `event: content_block_delta\ndata: ${data('Hello')}\n\n${n}`).toString('latin1')
      const [name, json] = [read.slice(7, 26), read.slice(33, read.indexOf('\n\n'))]
      return learned(HELLO, json, PLAIN, name)
    })
    const each = ((await usedMemory()) - before) / known.length
    assert.deepEqual(known[0]?.read(event(data('Bye'), 'content_block_delta')), content('Bye'))
    assert.ok(each < READ / 8, `${Math.round(each)} bytes`)
  })
})
