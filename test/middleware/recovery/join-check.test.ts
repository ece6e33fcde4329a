import assert from 'node:assert/strict'
import fc from 'fast-check'
import { afterPrefill, afterRepetition, type JoinCheck } from '../../../lib/middleware/recovery/join-check.ts'

const FOX = 'The quick brown fox jumps over the lazy dog'
const REFUSED = 'refused'

/** The text that the client gets of an answer in these pieces, or a refusal. */
function joined(check: JoinCheck, pieces: readonly string[]): string {
  for (const [at, piece] of pieces.entries()) {
    const verdict = check.accept(piece)
    if (verdict.type === 'refused') return REFUSED
    if (verdict.type === 'continues') return [verdict.text, ...pieces.slice(at + 1)].join('')
  }
  const verdict = check.end({ callFollows: false })
  return verdict.type === 'continues' ? verdict.text : REFUSED
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
    it(`${why}: ${JSON.stringify(pieces)}`, () => assert.equal(joined(afterPrefill(sent), pieces), got))
  }

  it('tells at once what can be told', () => {
    assert.deepEqual(afterPrefill(FOX).accept(' and'), { type: 'continues', text: ' and' })
    assert.deepEqual(afterPrefill(FOX).accept('The q'), { type: 'held' })
    assert.deepEqual(afterPrefill(FOX).accept(FOX), { type: 'refused' })
    assert.deepEqual(afterPrefill(FOX).accept('The quick brown cat'), { type: 'refused' })
  })

  it('holds no white space without an end', () => {
    const check = afterPrefill(FOX)
    const refused = Array.from({ length: 100 }).findIndex(() => check.accept(' '.repeat(100)).type === 'refused')
    assert.ok(refused > 0 && refused <= 17, `piece ${refused}`)
  })

  it('gives exactly the rest of any text, cut anywhere, in any pieces', () => {
    fc.assert(
      fc.property(TEXT, WORD, REST, LENGTHS, (sent, word, end, lengths) => {
        const rest = word + end
        // More of the beginning than could be chance is a repetition.
        fc.pre(common(sent.trim(), rest) < 4 && !sent.trim().startsWith(rest.trim()))
        assert.equal(joined(afterPrefill(sent), cut(gapOf(sent) + rest, lengths)), rest)
      }),
      { numRuns: 2000 },
    )
  })

  it('refuses all that begins with the text itself', () => {
    fc.assert(
      fc.property(TEXT, BLANK, REST, LENGTHS, (sent, blank, rest, lengths) => {
        for (const again of [sent, sent.trimStart(), blank + sent]) {
          assert.equal(joined(afterPrefill(sent), cut(again + rest, lengths)), REFUSED)
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
          assert.equal(joined(afterPrefill(sent), cut(each, lengths)), REFUSED)
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
    it(`${why}: ${JSON.stringify(pieces)}`, () => assert.equal(joined(afterRepetition(sent), pieces), got))
  }

  it('tells at once what can be told', () => {
    assert.deepEqual(afterRepetition(FOX).accept(' '), { type: 'held' })
    assert.deepEqual(afterRepetition(FOX).accept('over'), { type: 'held' })
    assert.deepEqual(afterRepetition(FOX).accept('over the lazy dog'), { type: 'continues', text: '' })
    assert.deepEqual(afterRepetition(`${FOX} `).accept('over the lazy dog'), { type: 'held' })
    assert.deepEqual(afterRepetition(FOX).accept('under'), { type: 'refused' })
  })

  const words = (from: number, to: number, blank = ' ') =>
    Array.from({ length: to - from }, (_, n) => `word${100 + from + n}`).join(blank)

  it('finds a repetition that begins up to 400 characters back, and no further', () => {
    // Words of 7 characters and their spaces: 50 of them are 399 characters.
    assert.equal(joined(afterRepetition(words(0, 99)), [`${words(49, 99)} and`]), ' and')
    assert.equal(joined(afterRepetition(words(0, 99)), [`${words(48, 99)} and`]), REFUSED)
    assert.equal(joined(afterRepetition(words(0, 99)), [`${words(0, 99)} and`]), REFUSED)
    assert.equal(joined(afterRepetition(words(49, 99)), [`${words(49, 99)} and`]), ' and')
  })

  it('holds no more than could be a repetition, white space included', () => {
    const pieces = Array.from({ length: 100 }, () => ' '.repeat(100))
    for (const first of ['', words(0, 3)]) {
      const check = afterRepetition(words(0, 9))
      const refused = [first, ...pieces].findIndex((piece) => check.accept(piece).type === 'refused')
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
        assert.ok([rest, REFUSED].includes(joined(afterRepetition(sent), cut(said + gap + rest, lengths))))
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
        assert.equal(joined(afterRepetition(sent), cut(said + rest, lengths)), rest)
        assert.equal(joined(afterRepetition(`${sent} `), cut(`${blank}${said} ${rest}`, lengths)), rest)
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
          assert.equal(joined(afterRepetition(sent), cut(each, lengths)), REFUSED)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
