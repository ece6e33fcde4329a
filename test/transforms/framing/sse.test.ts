import assert from 'node:assert/strict'
import fc from 'fast-check'
import { framing } from '../../../lib/transforms/framing/framing.ts'
import { readSseEvent, sseEventReader } from '../../../lib/transforms/framing/grammar/sse-event.ts'
import type { WireEvent } from '../../../lib/types/provider.ts'
import { cuts, flow } from '../../helpers/stages.ts'

const decode = (pieces: Iterable<Buffer>) => flow<WireEvent>(pieces, framing('sse', { maxEventBytes: 10_000 }))
const data = (text: string, event?: string): WireEvent => ({ event, data: text })

const STREAMS: Record<string, [text: string, events: WireEvent[]]> = {
  nothing: ['', []],
  'one event': ['data: a\n\n', [data('a')]],
  'two events': ['data: a\n\ndata: b\n\n', [data('a'), data('b')]],
  CRLF: ['event: x\r\ndata: a\r\n\r\ndata: b\r\n\r\n', [data('a', 'x'), data('b')]],
  'lone CRs': ['data: a\r\rdata: b\rdata: c\r\r', [data('a'), data('b\nc')]],
  'all three line ends at once': ['data: a\rdata: b\r\ndata: c\n\r\n', [data('a\nb\nc')]],
  'a byte order mark at the start': ['\ufeffdata: a\n\n', [data('a')]],
  'a byte order mark at the start and another': ['\ufeff\ufeffdata: a\n\ndata: b\n\n', [data('b')]],
  'a byte order mark at the start of a later line': ['data: a\n\n\ufeffdata: b\n\n', [data('a')]],
  'a byte order mark elsewhere': ['data: \ufeffa\n\n', [data('\ufeffa')]],
  'data in several lines': ['data: {\ndata: "a":1\ndata: }\n\n', [data('{\n"a":1\n}')]],
  'empty data': ['data\n\ndata:\n\ndata: \n\ndata: a\n\ndata:  \r\n\r\n', [data('a')]],
  'events that keep alive': [
    'event: ping\ndata: {"type":"ping"}\n\nevent: Keep-Alive\ndata: x\n\ndata: [PING]\n\ndata: a\n\nevent: heartbeat\ndata: 1\n\n',
    [data('a')],
  ],
  'empty data lines between others': ['data: a\ndata\ndata: b\n\n', [data('a\n\nb')]],
  'no space after the colon': ['data:a\nevent:x\n\n', [data('a', 'x')]],
  'two spaces after the colon': ['data:  a\n\n', [data(' a')]],
  'a colon in the value': ['data: a: b\n\n', [data('a: b')]],
  'a last event without a blank line': ['data: a\n\ndata: b\n', [data('a'), data('b')]],
  'a last event without a line end': ['data: a\n\ndata: b', [data('a'), data('b')]],
  'a last event that ends in a CR': ['data: a\r', [data('a')]],
  'a last event without data': ['data: a\n\nevent: x', [data('a')]],
  comments: [': ping\n\n:\n\n:data: x\ndata: a\n: pong\n\n', [data('a')]],
  'nothing but comments': [': ping\n\n: ping\n\n', []],
  'blank lines': ['\n\n\ndata: a\n\n\n\n', [data('a')]],
  'unknown fields': ['id: 7\nretry: 10\nfoo: bar\nDATA: x\n data: y\ndata: a\n\n', [data('a')]],
  'an event name': ['event: pong\ndata: a\n\ndata: b\n\n', [data('a', 'pong'), data('b')]],
  'two names for one event': ['event: x\nevent: y\ndata: a\n\n', [data('a', 'y')]],
  'a name without data': ['event: x\n\ndata: a\n\n', [data('a')]],
  'a name without a value': ['event\ndata: a\n\n', [data('a', '')]],
  'a bare JSON object in place of an event': ['{"error":{"code":503}}\n\n', [data('{"error":{"code":503}}')]],
  'a bare JSON object over several lines': [
    '{\n  "error": {\n    "code": 503\n  }\n}\n\ndata: a\n\n',
    [data('{\n  "error": {\n    "code": 503\n  }\n}'), data('a')],
  ],
  'a bare JSON object at the end': ['data: a\n\n{"error":1}', [data('a'), data('{"error":1}')]],
  'characters of two, three and four bytes': ['data: é€🦢\n\ndata: 漢\n\n', [data('é€🦢'), data('漢')]],
  'a line separator that JSON allows': ['data: a\u2028b\u0085c\n\n', [data('a\u2028b\u0085c')]],
  'the text [DONE] inside data': ['data: "[DONE]"\n\ndata: [DONE]\n\n', [data('"[DONE]"'), data('[DONE]')]],
}

/** WHATWG HTML, 9.2.6, a line at a time; an event at the end needs no blank line here, and blank data is as good as none. */
function specified(lines: readonly string[]): WireEvent[] {
  const events: WireEvent[] = []
  let event: string | undefined
  let values: string[] = []
  for (const [n, raw] of [...lines, ''].entries()) {
    const line = n === 0 && raw.startsWith('\ufeff') ? raw.slice(1) : raw
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (line !== '') {
      if (field === 'data') values.push(value)
      if (field === 'event') event = value
      continue
    }
    if (values.some((value) => value.trim() !== '')) events.push({ event, data: values.join('\n') })
    event = undefined
    values = []
  }
  return events
}

describe('server-sent events', () => {
  for (const [name, [text, events]] of Object.entries(STREAMS)) {
    it(`are read from a stream with ${name}, whole, byte by byte and cut anywhere`, async () => {
      for (const pieces of cuts(text)) {
        assert.deepEqual(await decode(pieces), { out: events, error: undefined }, `in ${pieces.length} pieces`)
      }
    })
  }

  it('are the same whatever surrounds them and wherever the bytes are cut', async () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/g, ''))
    const noise = fc.constantFrom([], [': ping'], ['id: 1', 'retry: 5'], ['unknown: {}'])
    const event = fc.record({ name: fc.option(line), lines: fc.array(line, { minLength: 1 }), noise })
    const ending = fc.constantFrom('\n', '\r\n', '\r')
    await fc.assert(
      fc.asyncProperty(fc.array(event), ending, fc.boolean(), fc.array(fc.nat()), async (events, end, last, places) => {
        const blocks = events.map(({ name, lines, noise }) => {
          const head = name === null ? noise : [...noise, `event: ${name}`]
          return [...head, ...lines.map((each) => `data: ${each}`)].join(end) + end
        })
        const bytes = Buffer.from(blocks.join(end) + (last ? end : ''))
        const ends = [...places.map((each) => each % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
        const pieces = ends.map((at, i) => bytes.subarray(ends[i - 1] ?? 0, at))
        const said = events.filter(({ lines }) => lines.some((each) => each.trim() !== ''))
        const expected = said.map(({ name, lines }) => data(lines.join('\n'), name ?? undefined))
        assert.deepEqual((await decode(pieces)).out, expected)
      }),
      { numRuns: 200 },
    )
  })

  it('are what a reader by the letter of the specification reads, whatever the lines are', async () => {
    const line = fc.constantFrom(
      ...['', '', '', 'data: a', 'data: {"b":1}', 'data:c', 'data', 'event: x', 'event: y', 'event:z', 'event'],
      ...[
        ': ping',
        'id: 1',
        '\ufeffdata: d',
        'data: ',
        'event: ',
        ' data: e',
        'Data: f',
        'dat',
        'database: g',
        'events',
      ],
    )
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 40 }), fc.nat({ max: 400 }), async (lines, at) => {
        const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''))
        const { out } = await decode([bytes.subarray(0, at), bytes.subarray(at)])
        assert.deepEqual(out, specified(lines))
      }),
      { numRuns: 1000 },
    )
  })

  it('are told as soon as their blank line is there', async () => {
    const stage = framing('sse', { maxEventBytes: 100 })
    const out: WireEvent[] = []
    stage.on('data', (event) => out.push(event))
    stage.write('data: a\n')
    await new Promise(setImmediate)
    assert.deepEqual(out, [])
    stage.write('\n')
    await new Promise(setImmediate)
    assert.deepEqual(out, [data('a')])
    stage.destroy()
  })
})

describe('one server-sent event', () => {
  it('is read of its lines', () => {
    assert.deepEqual(readSseEvent('event: pong\ndata: {}'), { event: 'pong', data: '{}' })
    assert.equal(readSseEvent(': a comment'), undefined)
    assert.equal(readSseEvent('event: ping\ndata: {}'), undefined)
    assert.deepEqual(readSseEvent('event: ping\ndata: {}', true), { event: 'ping', data: '{}' })
  })
  it('is read alike behind others', () => {
    const heads = [
      'event: a\ndata: ',
      'event: b\ndata: ',
      'event: ping\ndata: ',
      'data: ',
      'data:',
      'id: 1\ndata: ',
      ': c\n',
      '{',
    ]
    const tails = ['{}', ' {}', '', ' ', '[ping]', 'x\ndata: y', 'x\ny: z', '\u2028', '{\n}']
    const event = fc.tuple(fc.constantFrom(...heads), fc.constantFrom(...tails)).map(([head, tail]) => head + tail)
    fc.assert(
      fc.property(fc.array(event), fc.boolean(), (events, pings) => {
        const read = sseEventReader(pings)
        for (const lines of events) assert.deepEqual(read(lines), readSseEvent(lines, pings))
      }),
      { numRuns: 1000 },
    )
  })
})
