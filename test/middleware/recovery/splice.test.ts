import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Splice } from '../../../lib/middleware/recovery/splice.ts'
import { transcript } from '../../../lib/middleware/recovery/transcript.ts'
import type { Chunk, ChunkChoice, ChunkDelta } from '../../../lib/types/chunk.ts'

const ROOM = 1_000_000

function chunk(delta: ChunkDelta, index = 0, more: Partial<ChunkChoice> = {}): Chunk {
  const choice = { index, delta, logprobs: null, finish_reason: null, ...more }
  return { id: 'i', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice] }
}
const text = (...pieces: string[]) => pieces.map((content) => chunk({ content }))
const LOGPROBS = { content: [{ token: 'a', logprob: -1, bytes: null, top_logprobs: [] }], refusal: null }
const CALL = {
  tool_calls: [{ index: 0, id: 'a', type: 'function' as const, function: { name: 'f', arguments: '{}' } }],
}

function spliced(sent: readonly Chunk[], maxBytes = ROOM): Splice {
  const known = transcript(maxBytes)
  for (const each of sent) known.add(each)
  return known.splice()
}

/** Gives a new answer to the splice: the verdict that ended the comparison, and what the client gets because of it. */
function answer(splice: Splice, chunks: readonly Chunk[]): { type: 'held' | 'joined' | 'differs'; sent: Chunk[] } {
  for (const [at, each] of chunks.entries()) {
    const verdict = splice.accept(each)
    if (verdict.type === 'held') continue
    return { type: verdict.type, sent: [...verdict.chunks, ...chunks.slice(at + 1)] }
  }
  return { type: 'held', sent: splice.held() }
}

/** What a client has of some chunks: for each choice, the stretches of each kind of text in order. */
function shown(chunks: readonly Chunk[]): Record<number, [kind: string, text: string][]> {
  const all: Record<number, [kind: string, text: string][]> = {}
  for (const { index, delta } of chunks.flatMap(({ choices }) => choices)) {
    all[index] ??= []
    for (const kind of ['reasoning_content', 'content', 'refusal', 'audio'] as const) {
      const value = delta[kind]
      if (value == null) continue
      const piece = typeof value === 'string' ? value : JSON.stringify(value)
      const last = all[index].at(-1)
      if (last?.[0] === kind) last[1] += piece
      else all[index].push([kind, piece])
    }
  }
  return all
}

// ------------------------------------------------------------------------------- any answer, in any chunks, cut anywhere

type Kind = 'reasoning_content' | 'content' | 'refusal'
type Answer = { kind: Kind; text: string }[][]

const ORDER: readonly Kind[] = ['reasoning_content', 'content', 'refusal']
const ANSWER: fc.Arbitrary<Answer> = fc.array(
  fc.array(
    fc.record({ kind: fc.constantFrom(...ORDER), text: fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1 }) }),
    { minLength: 1, maxLength: 4 },
  ),
  { minLength: 1, maxLength: 3 },
)

/** One way to cut an answer into chunks: where to cut, what to join in one delta, and how to mix the choices. */
const CHUNKING = fc.infiniteStream(fc.nat({ max: 5 }))

function chunksOf(said: Answer, dice: Iterator<number>): Chunk[] {
  const roll = (sides: number) => (dice.next().value as number) % sides
  const queues = said.map((runs, index) => {
    const deltas: ChunkDelta[] = []
    for (const { kind, text: all } of runs) {
      for (let rest = all; rest !== ''; ) {
        const piece = rest.slice(0, 1 + roll(4))
        rest = rest.slice(piece.length)
        const last = deltas.at(-1)
        const kinds = Object.keys(last ?? {}) as Kind[]
        const joins = kinds.length > 0 && kinds.every((each) => ORDER.indexOf(each) < ORDER.indexOf(kind))
        if (last !== undefined && joins && roll(2) === 0) last[kind] = piece
        else deltas.push({ [kind]: piece })
      }
    }
    return deltas.map((delta) => chunk(delta, index))
  })
  const mixed: Chunk[] = []
  for (let left = queues; left.length > 0; left = left.filter((queue) => queue.length > 0)) {
    const queue = left[roll(left.length)] as Chunk[]
    mixed.push(queue.shift() as Chunk)
  }
  return mixed
}

describe('the splice', () => {
  it('gives exactly what is missing when the same answer comes again, however it is cut', () => {
    fc.assert(
      fc.property(ANSWER, CHUNKING, CHUNKING, fc.nat(), (said, first, second, cut) => {
        const old = chunksOf(said, first)
        const fresh = chunksOf(said, second)
        const sent = old.slice(0, cut % (old.length + 1))
        const result = answer(spliced(sent), fresh)
        assert.equal(result.type, 'joined')
        assert.deepEqual(shown([...sent, ...result.sent]), shown(old))
      }),
      { numRuns: 2000 },
    )
  })

  it('gives all of an answer that differs anywhere in what was sent', () => {
    fc.assert(
      fc.property(ANSWER, CHUNKING, CHUNKING, fc.nat(), fc.nat(), (said, first, second, cut, place) => {
        const old = chunksOf(said, first)
        const sent = old.slice(0, 1 + (cut % old.length))
        const other = structuredClone(said)
        // One character, somewhere in what was sent, is another.
        const runs = Object.entries(shown(sent)).flatMap(([index, parts]) =>
          parts.flatMap(([, part], run) => Array.from(part, (_, at) => ({ index: Number(index), run, at }))),
        )
        const { index, run, at } = runs[place % runs.length] as (typeof runs)[0]
        // In the answer as it is shown, so that the place is the same.
        const merged = shown(chunksOf(other, second))[index] as [string, string][]
        const [kind, part] = merged[run] as [Kind, string]
        merged[run] = [kind, `${part.slice(0, at)}X${part.slice(at + 1)}`]
        other[index] = merged.map(([each, all]) => ({ kind: each as Kind, text: all }))

        const fresh = chunksOf(other, second)
        const result = answer(spliced(sent), fresh)
        assert.equal(result.type, 'differs')
        assert.deepEqual(result.sent, fresh)
      }),
      { numRuns: 2000 },
    )
  })

  it('holds all of an answer that ends within what was sent', () => {
    fc.assert(
      fc.property(ANSWER, CHUNKING, CHUNKING, fc.nat(), (said, first, second, cut) => {
        const fresh = chunksOf(said, second)
        const short = fresh.slice(0, cut % fresh.length)
        assert.deepEqual(answer(spliced(chunksOf(said, first)), short), { type: 'held', sent: short })
      }),
      { numRuns: 500 },
    )
  })

  const same: Record<string, [sent: Chunk[], fresh: Chunk[], rest: Chunk[]]> = {
    'the same chunks': [text('a', 'b'), text('a', 'b', 'c'), text('c')],
    'smaller chunks': [text('ab'), text('a', 'b', 'c'), text('c')],
    'larger chunks': [text('a', 'b'), text('abc', 'd'), text('c', 'd')],
    'all there is': [text('ab'), text('a', 'b'), []],
    'text after reasoning': [
      [chunk({ reasoning_content: 'r' }), chunk({ content: 'a' })],
      [chunk({ reasoning_content: 'r' }), chunk({ content: 'ab' })],
      text('b'),
    ],
    'reasoning that was cut': [
      [chunk({ reasoning_content: 'r' })],
      [chunk({ reasoning_content: 'rr' }), chunk({ content: 'a' })],
      [chunk({ reasoning_content: 'r' }), chunk({ content: 'a' })],
    ],
    'two kinds in one chunk': [
      [chunk({ reasoning_content: 'r' })],
      [chunk({ reasoning_content: 'rr', content: 'a' })],
      [chunk({ reasoning_content: 'r', content: 'a' })],
    ],
    'a refusal': [[chunk({ refusal: 'n' })], [chunk({ refusal: 'no' })], [chunk({ refusal: 'o' })]],
    audio: [
      [chunk({ audio: { id: 'x' } }), chunk({ audio: { data: 'AA' } })],
      [chunk({ audio: { id: 'x' } }), chunk({ audio: { data: 'AA' } }), chunk({ audio: { data: 'BB' } })],
      [chunk({ audio: { data: 'BB' } })],
    ],
    'audio after text, in one chunk': [
      text('a'),
      [chunk({ content: 'a', audio: { data: 'AA' } })],
      [chunk({ audio: { data: 'AA' } })],
    ],
    'several choices': [
      [chunk({ content: 'a' }), chunk({ content: 'b' }, 1)],
      [chunk({ content: 'bB' }, 1), chunk({ content: 'C' }, 2), chunk({ content: 'aA' })],
      [chunk({ content: 'B' }, 1), chunk({ content: 'C' }, 2), chunk({ content: 'A' })],
    ],
    'several choices in one chunk': [
      text('a'),
      [{ ...chunk({}), choices: [...chunk({ content: 'b' }, 1).choices, ...chunk({ content: 'aA' }).choices] }],
      [chunk({ content: 'b' }, 1), chunk({ content: 'A' })],
    ],
    'chunks without text': [text('a'), [chunk({}), ...text('a')], []],
    'two kinds of text that another choice came before': [
      [chunk({ content: 'a' }), chunk({ content: 'b' }, 1)],
      [chunk({ content: 'a' }), chunk({ reasoning_content: 'r', content: 'A' }), chunk({ content: 'b' }, 1)],
      [chunk({ reasoning_content: 'r', content: 'A' })],
    ],
    'a call beside the last text': [
      text('ab'),
      [chunk({ content: 'a' }), chunk({ content: 'b', ...CALL })],
      [chunk(CALL)],
    ],
    'a legacy call beside the last text': [
      text('a'),
      [chunk({ content: 'a', function_call: { name: 'f', arguments: '' } })],
      [chunk({ function_call: { name: 'f', arguments: '' } })],
    ],
    'a call of a choice that is further than another': [
      [chunk({ content: 'a' }), chunk({ content: 'b' }, 1)],
      [chunk({ content: 'a' }), chunk(CALL), chunk({ content: 'b' }, 1)],
      [chunk(CALL)],
    ],
    'the end of a call': [[chunk(CALL)], [chunk(CALL), chunk({ content: 'a' })], text('a')],
  }
  for (const [name, [sent, fresh, rest]] of Object.entries(same)) {
    it(`joins at ${name}`, () => assert.deepEqual(answer(spliced(sent), fresh), { type: 'joined', sent: rest }))
  }

  const other: Record<string, [sent: Chunk[], fresh: Chunk[]]> = {
    'by text in place of a call': [[chunk(CALL)], text('a')],
    'at the first character': [text('ab'), text('b')],
    'at a later character': [text('abc'), text('a', 'bd')],
    'by other reasoning': [[chunk({ reasoning_content: 'r' })], [chunk({ reasoning_content: 's' })]],
    'by reasoning that goes on': [
      [chunk({ reasoning_content: 'r' }), chunk({ content: 'a' })],
      [chunk({ reasoning_content: 'rr' }), chunk({ content: 'a' })],
    ],
    'by reasoning that stops early': [
      [chunk({ reasoning_content: 'rr' }), chunk({ content: 'a' })],
      [chunk({ reasoning_content: 'r' }), chunk({ content: 'a' })],
    ],
    'by text in place of reasoning': [[chunk({ reasoning_content: 'a' })], text('a')],
    'by a refusal in place of text': [text('a'), [chunk({ refusal: 'a' })]],
    'by other audio': [[chunk({ audio: { data: 'AA' } })], [chunk({ audio: { data: 'AB' } })]],
    'in another choice': [
      [chunk({ content: 'a' }), chunk({ content: 'b' }, 1)],
      [chunk({ content: 'a' }), chunk({ content: 'x' }, 1)],
    ],
    'by a call before the end of the text': [text('ab'), [chunk({ content: 'a' }), chunk(CALL)]],
    'by a call beside text that is not the last': [text('ab'), [chunk({ content: 'a', ...CALL })]],
    'by a legacy call': [text('ab'), [chunk({ function_call: { name: 'f', arguments: '' } })]],
  }
  for (const [name, [sent, fresh]] of Object.entries(other)) {
    it(`is off when the new answer differs ${name}`, () => {
      assert.deepEqual(answer(spliced(sent), fresh), { type: 'differs', sent: fresh })
    })
  }

  it('keeps what stands around the text that is missing, but no log probabilities of half a token', () => {
    const fresh = chunk({ content: 'ab' }, 0, { logprobs: LOGPROBS, x_vendor: 1 })
    const { sent } = answer(spliced(text('a')), [fresh])
    assert.deepEqual(sent, [chunk({ content: 'b' }, 0, { x_vendor: 1 })])
  })

  it('keeps the log probabilities of whole chunks', () => {
    const fresh = [chunk({ content: 'a' }), chunk({ content: 'b' }, 0, { logprobs: LOGPROBS })]
    const two = [chunk({ content: 'a' }), chunk({ content: 'b' }, 1)]
    assert.deepEqual(answer(spliced(two), [...fresh, chunk({ content: 'b' }, 1)]).sent, fresh.slice(1))
  })

  it('changes neither what was sent nor the new answer', () => {
    const sent = text('a')
    const fresh = [chunk({ content: 'ab', ...CALL })]
    const before = structuredClone([sent, fresh])
    answer(spliced(sent), fresh)
    assert.deepEqual([sent, fresh], before)
  })

  it('starts from the beginning with each new attempt', () => {
    const known = transcript(ROOM)
    for (const each of text('ab')) known.add(each)
    assert.equal(known.splice().accept(chunk({ content: 'a' })).type, 'held')
    assert.deepEqual(known.splice().accept(chunk({ content: 'abc' })), { type: 'joined', chunks: text('c') })
  })

  it('goes on with what an earlier splice has sent', () => {
    const known = transcript(ROOM)
    for (const each of [...text('a'), chunk({ content: 'b' })]) known.add(each)
    const { sent } = answer(known.splice(), text('abc'))
    for (const each of sent) known.add(each)
    assert.deepEqual(answer(known.splice(), text('abcd')).sent, text('d'))
  })

  describe('has limits:', () => {
    it('an answer longer than what is remembered is never spliced', () => {
      assert.equal(answer(spliced(text('abc'), 3), text('abcd')).type, 'joined')
      assert.deepEqual(answer(spliced(text('abc', 'd'), 3), text('abcd', 'e')), {
        type: 'differs',
        sent: text('abcd', 'e'),
      })
    })

    it('nor is it after more of it came', () => {
      assert.equal(answer(spliced(text('abcd', 'e', 'f'), 3), text('abcdef')).type, 'differs')
    })

    it('an answer that has no end and no difference is let go', () => {
      const sent = [...text('aaaa'), chunk({ content: 'b' }, 1)]
      const { type } = answer(spliced(sent, 5), Array.from({ length: 20 }, () => text('a')).flat())
      assert.equal(type, 'differs')
    })

    it('chunks without text count as well', () => {
      const { type } = answer(spliced(text('a'), 1000), Array(100).fill(chunk({ x_vendor: 'x'.repeat(100) })))
      assert.equal(type, 'differs')
    })

    it('what was held of an answer too long to compare is nothing', () => {
      assert.deepEqual(spliced(text('abcd'), 3).held(), [])
    })
  })
})
