import assert from 'node:assert/strict'
import { UpstreamError } from '../../../lib/errors.ts'
import { type WholeParts, wholeEvents, wholeLines } from '../../../lib/transforms/framing/whole-lines.ts'

const LIMITS = { maxEventBytes: 1 << 20 }

function passed(pieces: Iterable<Buffer | string>, parts: WholeParts): Buffer[] {
  const whole = Array.from(pieces, (piece) => parts.add(Buffer.from(piece)))
  return [...whole, parts.end()].filter((each) => each !== undefined)
}

const pass = (pieces: Iterable<Buffer | string>, limits = LIMITS) => passed(pieces, wholeLines(limits))
const texts = (pieces: Iterable<Buffer | string>, limits = LIMITS) => pass(pieces, limits).map(String)

function cuts(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}

/** Runs `work` and answers how many bytes buffers have copied in it. */
function copied(work: () => void): number {
  const { copy } = Buffer.prototype
  let bytes = 0
  Buffer.prototype.copy = function (...into: Parameters<typeof copy>) {
    const count = copy.apply(this, into)
    bytes += count
    return count
  }
  try {
    work()
  } finally {
    Buffer.prototype.copy = copy
  }
  return bytes
}

describe('whole events', () => {
  const read = (pieces: Iterable<Buffer | string>, maxEventBytes = 1 << 20) =>
    passed(pieces, wholeEvents({ maxEventBytes })).map(String)

  it('are cut behind a blank line, wherever a read divides it', () => {
    assert.deepEqual(read(['a\n', '\nb\n\nc', '\n', 'd\n\n']), ['a\n\nb\n\n', 'c\nd\n\n', '\n\n'])
  })

  it('have line feeds for all line ends, and no other byte changed, in pieces of any size', () => {
    const bytes = Buffer.from('\uFEFFa: é\r\n\r\nb: 😀\r\rc\n\nd\r\n\n\re')
    const expected = `${String(bytes).replaceAll(/\r\n?/g, '\n')}\n\n`
    for (let size = 1; size <= bytes.length; size++) assert.equal(read(cuts(bytes, size)).join(''), expected)
  })

  it('leave as soon as a CR ends their blank line', () => {
    assert.deepEqual(read(['a\r\n\r', '\nb\r\r']), ['a\n\n', 'b\n\n', '\n\n'])
  })

  it('are refused as soon as they are too long', () => {
    assert.throws(() => read(['a\n', 'b\n', 'c\n', 'd\n', 'e'], 8), { kind: 'malformed' })
    assert.equal(read(['a\n', 'b\n', 'c\n', '\n', 'd\n'], 8).join(''), 'a\nb\nc\n\nd\n\n\n')
  })
})

describe('whole lines', () => {
  it('passes a buffer that ends with a line feed on as it is', () => {
    const bytes = Buffer.from('data: a\n\n')
    const [first] = pass([bytes])
    assert.equal(first?.buffer, bytes.buffer)
    assert.equal(String(first), 'data: a\n\n')
  })

  it('holds an unfinished line back until its end comes', () => {
    const out = texts(['data: a\n\nda', 'ta', ': b', '\n', '\ndata: c\n'])
    assert.deepEqual(out, ['data: a\n\n', 'data: b\n', '\ndata: c\n', '\n\n'])
  })

  it('passes the rest on at a clean end, with a blank line after it', () => {
    assert.deepEqual(texts(['data: a\nda', 'ta: b']), ['data: a\n', 'data: b\n\n'])
    assert.deepEqual(texts(['{"a":1}']), ['{"a":1}\n\n'])
    assert.deepEqual(texts(['', '']), ['\n\n'])
  })

  it('changes no byte and cuts after line feeds only, in pieces of any size', () => {
    const bytes = Buffer.from('\uFEFFevent: é\r\ndata: 😀 x\r\n\r\n: ping\n\ndata: last')
    for (let size = 1; size <= bytes.length; size++) {
      const out = pass(cuts(bytes, size))
      assert.equal(Buffer.concat(out).compare(Buffer.from(`${bytes}\n\n`)), 0, `in pieces of ${size}`)
      for (const buffer of out) assert.equal(buffer.at(-1), 0x0a, `in pieces of ${size}`)
    }
  })

  describe('the limit', () => {
    const limits = { maxEventBytes: 8 }
    const bad: Record<string, string[]> = {
      'an unfinished line': ['a\n', '12345', '6789'],
      'the unfinished end of a piece': ['a\n123456789'],
      'a line that comes byte by byte': [...'123456789'],
    }
    for (const [name, pieces] of Object.entries(bad)) {
      it(`refuses ${name} that is over it, and names it`, () => {
        assert.throws(
          () => pass(pieces, limits),
          (error) => {
            assert(error instanceof UpstreamError)
            assert.equal(error.kind, 'malformed')
            assert.match(error.message, /maxEventBytes \(8\)/)
            return true
          },
        )
      })
    }

    it('is for one line, not for the stream or the buffer', () => {
      const pieces = ['12345678\n1234', '5678\n', '12345678\n'.repeat(3), '12345678']
      assert.equal(texts(pieces, limits).join(''), `${pieces.join('')}\n\n`)
    })
  })

  const LINE = 16 << 20
  const sizes = { '1 KB': { piece: 1024, line: LINE }, '1 byte': { piece: 1, line: 64 << 10 } }
  for (const [name, { piece, line }] of Object.entries(sizes)) {
    it(`copies a line of ${line} bytes that comes in pieces of ${name} a fixed number of times`, () => {
      const pieces = cuts(Buffer.alloc(line, 'x'), piece)
      pieces.push(Buffer.from('\n'))
      let out: Buffer[] = []
      const bytes = copied(() => {
        out = pass(pieces, { maxEventBytes: line })
      })
      assert.deepEqual(
        out.map((buffer) => buffer.length),
        [line + 1, 2],
      )
      assert(bytes > line && bytes <= 3 * (line + 1), `${bytes} bytes copied`)
    })
  }
})
