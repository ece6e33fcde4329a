import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  anchored,
  appended,
  continued,
  type Joiner,
  ladder,
  type Resume,
} from '../../../lib/middleware/recovery/continuation.ts'
import type { ChatRequest, Message } from '../../../lib/types/chat.ts'

const FOX = 'The quick brown fox jumps over the lazy dog'
const REFUSED = 'refused'

/** What a joiner makes of an answer in these pieces: the text that the client gets of it, or a refusal. */
function joined(joiner: Joiner, pieces: readonly string[]): string {
  for (const [at, piece] of pieces.entries()) {
    const joint = joiner.accept(piece)
    if (joint.type === 'refused') return REFUSED
    if (joint.type === 'goes-on') return [joint.text, ...pieces.slice(at + 1)].join('')
  }
  const joint = joiner.end(false)
  return joint.type === 'goes-on' ? joint.text : REFUSED
}

function cut(text: string, lengths: Iterator<number>): string[] {
  const pieces: string[] = []
  for (let rest = text; rest !== ''; ) {
    const length = lengths.next().value as number
    pieces.push(rest.slice(0, length))
    rest = rest.slice(length)
  }
  return pieces
}
const LENGTHS = fc.infiniteStream(fc.integer({ min: 1, max: 8 }))

const BLANK = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\u00a0'), minLength: 1, maxLength: 3 })
const WORD = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '世', '🌍', '.'), minLength: 1, maxLength: 6 })
const PROSE = fc.array(fc.tuple(WORD, BLANK), { maxLength: 60 }).map((pairs) => pairs.flat().join(''))

/** Long enough to be continued; with or without white space at its ends. */
const TEXT = fc
  .tuple(fc.option(BLANK, { nil: '' }), PROSE, fc.option(WORD, { nil: '' }))
  .map((parts) => parts.join(''))
  .filter((text) => text.trim().length >= 16)
const REST = fc.tuple(fc.option(BLANK, { nil: '' }), PROSE).map((parts) => parts.join(''))

const gapOf = (sent: string) => sent.slice(sent.trimEnd().length)
const flat = (text: string) => text.replaceAll(/\s+/g, ' ')

/** How many characters two texts have in common from the first one on. */
function common(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length += 1
  return length
}

describe('the ways to go on with a broken answer', () => {
  const text = 'Long enough for it'
  const table: [why: string, sent: { content: string } | undefined, prefill: boolean, types: string[]][] = [
    ['of a text, for a target that takes a prefill', { content: text }, true, ['append', 'anchor', 'fresh']],
    ['of a text, for any other', { content: text }, false, ['anchor', 'fresh']],
    ['of what is not text', undefined, true, ['fresh']],
    ['of a text that is too short', { content: 'Fifteen letters' }, true, ['fresh']],
    ['of the shortest text', { content: 'Sixteen letters.' }, true, ['append', 'anchor', 'fresh']],
    ['of white space around too short a text', { content: `${' '.repeat(20)}a${' '.repeat(20)}` }, true, ['fresh']],
    ['of reasoning alone', { content: '' }, false, ['append', 'fresh']],
    ['of reasoning and white space', { content: '\n' }, false, ['append', 'fresh']],
  ]
  for (const [why, sent, prefill, types] of table) {
    it(`${why}: ${types.join(', ')}`, () => {
      const ways = ladder(sent, prefill)
      assert.deepEqual(
        ways.map(({ type }) => type),
        types,
      )
      for (const way of ways) if (way.type !== 'fresh') assert.equal(way.text, sent?.content)
    })
  }
})

describe('the request that makes a target go on', () => {
  const asked: Message[] = [{ role: 'user', content: 'Tell me of the fox' }]
  const request = (more: Partial<ChatRequest> = {}): ChatRequest =>
    Object.freeze({ model: 'm', messages: Object.freeze(asked), ...more })
  const append = (text: string): Resume => ({ type: 'append', text })

  it('is the same for a fresh answer, and where nothing but reasoning was sent', () => {
    const same = request()
    const ways: Resume[] = [{ type: 'fresh' }, append(''), append(' \n')]
    for (const resume of ways) assert.equal(continued(same, resume, 'Go on'), same)
  })

  it('ends with the text, without the white space that some providers refuse', () => {
    const { messages } = continued(request(), append(`${FOX} \n`), 'Go on')
    assert.deepEqual(messages, [...asked, { role: 'assistant', content: FOX }])
  })

  it('asks for the repetition in a message of its own', () => {
    const { messages } = continued(request(), { type: 'anchor', text: FOX }, 'Go on')
    assert.deepEqual(messages, [...asked, { role: 'assistant', content: FOX }, { role: 'user', content: 'Go on' }])
  })

  it('keeps the client’s own prefix in front, in one message', () => {
    const prefix: Message = { role: 'assistant', content: 'Once: ', name: 'n' }
    const { messages } = continued(request({ messages: [...asked, prefix] }), append(FOX), '')
    assert.deepEqual(messages, [...asked, { ...prefix, content: `Once: ${FOX}` }])
  })

  it('joins the text to no message that has more than text', () => {
    const calls = [{ id: 'a', type: 'function' as const, function: { name: 'f', arguments: '{}' } }]
    const others: Message[] = [
      { role: 'assistant', content: 'x', tool_calls: calls },
      { role: 'assistant', content: [{ type: 'text', text: 'x' }] },
      { role: 'user', content: 'x' },
    ]
    for (const last of others) {
      const { messages } = continued(request({ messages: [last] }), append(FOX), '')
      assert.deepEqual(messages, [last, { role: 'assistant', content: FOX }])
    }
    const plain: Message = { role: 'assistant', content: 'x', tool_calls: [] }
    assert.equal(continued(request({ messages: [plain] }), append(FOX), '').messages.length, 1)
  })

  it('leaves the tokens that the client allowed less those it has, but a few at least', () => {
    const left = (more: Partial<ChatRequest>) => {
      const { max_tokens, max_completion_tokens } = continued(request(more), append('x'.repeat(399)), '')
      return [max_tokens, max_completion_tokens]
    }
    assert.deepEqual(left({ max_tokens: 150 }), [50, undefined])
    assert.deepEqual(left({ max_completion_tokens: 150 }), [undefined, 50])
    assert.deepEqual(left({ max_tokens: 100, max_completion_tokens: 117 }), [16, 17])
    assert.deepEqual(left({}), [undefined, undefined])
  })

  it('changes nothing of the request that it starts from', () => {
    const before = request({ max_tokens: 99, temperature: 1 })
    const copy = structuredClone(before)
    const after = continued(before, append(FOX), '')
    assert.deepEqual(before, copy)
    assert.equal(after.temperature, 1)
    assert.ok(Object.isFrozen(after) && Object.isFrozen(after.messages))
  })
})

describe('going on behind a prefix', () => {
  const table: [why: string, sent: string, pieces: string[], got: string][] = [
    ['takes what comes as the rest', FOX, [' and', ' sleeps'], ' and sleeps'],
    ['takes it in the middle of a word', 'The quick brown fo', ['x jumps'], 'x jumps'],
    ['drops the white space that the client has', `${FOX} `, [' and'], 'and'],
    ['drops it also where it comes alone', `${FOX} `, [' ', 'and'], 'and'],
    ['drops other white space in its place', `${FOX}\n\n`, [' and'], 'and'],
    ['keeps white space beyond that', `${FOX}\n`, ['\n\n  and'], '\n  and'],
    ['keeps white space where there was none', FOX, ['\n', '\nAnd'], '\n\nAnd'],
    ['refuses a repetition of all of it', FOX, ['The quick', ' brown fox jumps over the lazy dog and', '!'], REFUSED],
    ['refuses it behind white space alone', FOX, ['\n', ' ', FOX, ' and'], REFUSED],
    ['refuses it without the white space in front', `\n${FOX} `, [`${FOX} and`], REFUSED],
    ['refuses a word that would double, behind white space', `${FOX} and the `, ['re'], REFUSED],
    ['refuses what starts over and goes another way', FOX, ['The quick brown', ' cat'], REFUSED],
    ['refuses it behind white space', FOX, ['\n\n', 'The quick brown', ' cat'], REFUSED],
    ['refuses what starts over and ends too early', FOX, ['The quick brown fox'], REFUSED],
    ['takes a short coincidence for the rest', FOX, ['The', 'n'], 'Then'],
    ['refuses a longer one', FOX, ['The quick', 'est of all'], REFUSED],
    ['keeps its white space', FOX, [' The quick', 'est'], ' The quickest'],
    ['does not believe nothing', FOX, [], REFUSED],
    ['does not believe white space alone', FOX, [' ', '\n'], REFUSED],
    ['takes all of an answer behind reasoning', '', ['\n', 'It is so'], '\nIt is so'],
    ['takes an empty one behind reasoning', '', [], ''],
    ['takes it behind white space', '\n', ['\n', 'It is so'], 'It is so'],
  ]
  for (const [why, sent, pieces, got] of table) {
    it(`${why}: ${JSON.stringify(pieces)}`, () => assert.equal(joined(appended(sent), pieces), got))
  }

  it('tells at once what can be told', () => {
    assert.deepEqual(appended(FOX).accept(' and'), { type: 'goes-on', text: ' and' })
    assert.deepEqual(appended(FOX).accept('The q'), { type: 'held' })
    assert.deepEqual(appended(FOX).accept(FOX), { type: 'refused' })
    assert.deepEqual(appended(FOX).accept('The quick brown cat'), { type: 'refused' })
  })

  it('holds no white space without an end', () => {
    const joiner = appended(FOX)
    const refused = Array.from({ length: 100 }).findIndex(() => joiner.accept(' '.repeat(100)).type === 'refused')
    assert.ok(refused > 0 && refused <= 17, `piece ${refused}`)
  })

  it('gives exactly the rest of any text, cut anywhere, in any pieces', () => {
    fc.assert(
      fc.property(TEXT, WORD, REST, LENGTHS, (sent, word, end, lengths) => {
        const rest = word + end
        // More of the beginning than could be chance is a repetition.
        fc.pre(common(sent.trim(), rest) < 4 && !sent.trim().startsWith(rest.trim()))
        assert.equal(joined(appended(sent), cut(gapOf(sent) + rest, lengths)), rest)
      }),
      { numRuns: 2000 },
    )
  })

  it('refuses all that begins with the text itself', () => {
    fc.assert(
      fc.property(TEXT, BLANK, REST, LENGTHS, (sent, blank, rest, lengths) => {
        for (const again of [sent, sent.trimStart(), blank + sent]) {
          assert.equal(joined(appended(sent), cut(again + rest, lengths)), REFUSED)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('never takes an answer that starts over and differs for the rest', () => {
    fc.assert(
      fc.property(TEXT, fc.nat(), BLANK, LENGTHS, (sent, place, blank, lengths) => {
        const text = sent.trim()
        fc.pre(text.length > 16)
        const at = 16 + (place % (text.length - 16))
        const other = `${text.slice(0, at)}X${text.slice(at + 1)}`
        for (const each of [other, blank + other, text.slice(0, at)]) {
          assert.equal(joined(appended(sent), cut(each, lengths)), REFUSED)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('going on behind repeated words', () => {
  const table: [why: string, sent: string, pieces: string[], got: string][] = [
    ['cuts behind the repetition', `${FOX} `, ['over the', ' lazy dog and', ' sleeps'], 'and sleeps'],
    ['cuts behind a repetition of all', FOX, [`${FOX} and`], ' and'],
    ['cuts behind one that white space comes before', FOX, ['\n over the lazy dog and'], ' and'],
    ['takes all white space for the same', 'A row\n\nand another line', ['row and\tanother\n line, too'], ', too'],
    ['goes on in the middle of a word', 'The quick brown fox jum', ['quick brown fox jumps'], 'ps'],
    ['refuses what can be read in two ways', 'so it goes and so it goes', ['so it goes and so it goes on'], REFUSED],
    ['takes an end right behind it', FOX, ['over the lazy dog'], ''],
    ['tells the rest of the last blanks', `${FOX} `, ['over the lazy dog', '  '], ' '],
    ['tells no last blanks twice', `${FOX}\n`, ['over the lazy dog', ' '], ''],
    ['refuses an answer without a repetition', FOX, ['And so it', ' went on'], REFUSED],
    ['refuses words around it', FOX, ['Sure: over the lazy dog and'], REFUSED],
    ['refuses too short a one', FOX, ['lazy dog and'], REFUSED],
    ['refuses one that leaves the text', FOX, ['jumps over the lazy cat'], REFUSED],
    ['refuses one that ends before the text', FOX, ['jumps over the'], REFUSED],
    ['refuses one that begins within a word', FOX, ['ps over the lazy dog and'], REFUSED],
    ['refuses other letters', FOX, ['OVER THE LAZY DOG and'], REFUSED],
    ['refuses an empty answer', FOX, [], REFUSED],
    ['refuses white space alone', FOX, [' ', '\n'], REFUSED],
  ]
  for (const [why, sent, pieces, got] of table) {
    it(`${why}: ${JSON.stringify(pieces)}`, () => assert.equal(joined(anchored(sent), pieces), got))
  }

  it('tells at once what can be told', () => {
    assert.deepEqual(anchored(FOX).accept(' '), { type: 'held' })
    assert.deepEqual(anchored(FOX).accept('over'), { type: 'held' })
    assert.deepEqual(anchored(FOX).accept('over the lazy dog'), { type: 'goes-on', text: '' })
    assert.deepEqual(anchored(`${FOX} `).accept('over the lazy dog'), { type: 'held' })
    assert.deepEqual(anchored(FOX).accept('under'), { type: 'refused' })
  })

  const words = (from: number, to: number, blank = ' ') =>
    Array.from({ length: to - from }, (_, n) => `word${100 + from + n}`).join(blank)

  it('finds a repetition that begins up to 400 characters back, and no further', () => {
    // Words of 7 characters and their spaces: 50 of them are 399 characters.
    assert.equal(joined(anchored(words(0, 99)), [`${words(49, 99)} and`]), ' and')
    assert.equal(joined(anchored(words(0, 99)), [`${words(48, 99)} and`]), REFUSED)
    assert.equal(joined(anchored(words(0, 99)), [`${words(0, 99)} and`]), REFUSED)
    assert.equal(joined(anchored(words(49, 99)), [`${words(49, 99)} and`]), ' and')
  })

  it('holds no more than could be a repetition, white space included', () => {
    const pieces = Array.from({ length: 100 }, () => ' '.repeat(100))
    for (const first of ['', words(0, 3)]) {
      const joiner = anchored(words(0, 9))
      const refused = [first, ...pieces].findIndex((piece) => joiner.accept(piece).type === 'refused')
      assert.ok(refused > 0 && refused <= 17, `piece ${refused}`)
    }
  })

  /** All that may be repeated: the text from a word on, of which 12 letters are left and 400 characters at most. */
  function endsOf(sent: string): string[] {
    const text = sent.trimEnd()
    return [...text.matchAll(/(?<=^|\s)\S/g)]
      .filter(({ index }) => index > 0 || text.length <= 400)
      .map(({ index }) => text.slice(index))
      .filter((end) => end.replaceAll(/\s/g, '').length >= 12 && flat(end).length <= 400)
  }

  it('gives exactly the rest of any text, behind any repetition, or refuses', () => {
    fc.assert(
      fc.property(TEXT, REST, BLANK, fc.nat(), LENGTHS, (sent, rest, blank, pick, lengths) => {
        const gap = gapOf(sent)
        const ends = endsOf(sent)
        // White space alone says nothing.
        fc.pre(ends.length > 0 && rest.trim() !== '')
        const end = ends[pick % ends.length] as string
        const said = end.replaceAll(/\s+/g, blank)
        // Of words that come more than once a longer repetition is as good a reading.
        const clear = (all: string) =>
          ends.every((each) => each.length <= end.length || !flat(all).startsWith(flat(each)))
        fc.pre(clear(said + gap + rest) && clear(said + rest))
        assert.ok([rest, REFUSED].includes(joined(anchored(sent), cut(said + gap + rest, lengths))))
      }),
      { numRuns: 2000 },
    )
  })

  it('gives exactly the rest where no word comes twice', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(30), BLANK, REST, LENGTHS, (before, repeated, blank, rest, lengths) => {
        fc.pre(repeated > 1 && rest.trim() !== '')
        const sent = words(0, before + repeated)
        const said = words(before, before + repeated, blank)
        assert.equal(joined(anchored(sent), cut(said + rest, lengths)), rest)
        assert.equal(joined(anchored(`${sent} `), cut(`${blank}${said} ${rest}`, lengths)), rest)
      }),
      { numRuns: 2000 },
    )
  })

  it('never accepts a text that does not begin with the last words, whatever it has of them', () => {
    fc.assert(
      fc.property(TEXT, REST, fc.nat(), fc.nat(), LENGTHS, (sent, rest, pick, place, lengths) => {
        const ends = endsOf(sent)
        fc.pre(ends.length > 0)
        const end = ends[pick % ends.length] as string
        const at = place % end.length
        const other = `${end.slice(0, at)}X${end.slice(at + 1)}${rest}`
        // Of words that come more than once fewer may be repeated before the difference.
        fc.pre(!ends.some((each) => flat(other).startsWith(flat(each))))
        for (const each of [other, end.slice(0, at)]) {
          assert.equal(joined(anchored(sent), cut(each, lengths)), REFUSED)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
