import assert from 'node:assert/strict'
import { once } from 'node:events'
import { crc32 } from 'node:zlib'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import fc from 'fast-check'
import { awsEventstream } from '../../../lib/transforms/framing/aws-eventstream.ts'
import type { WireEvent } from '../../../lib/types/provider.ts'

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString(),
  (text) => Buffer.from(text),
)

function frame(headers: Record<string, string>, payload = ''): Buffer {
  const typed = Object.entries(headers).map(([name, value]) => [name, { type: 'string' as const, value }])
  return Buffer.from(codec.encode({ headers: Object.fromEntries(typed), body: Buffer.from(payload) }))
}

function event(type: string, payload: string): Buffer {
  return frame({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }, payload)
}

/** A prelude whose checksum is right, with anything behind it. */
function prelude(total: number, headers: number, rest: Buffer = Buffer.alloc(0)): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(total, 0)
  bytes.writeUInt32BE(headers, 4)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  return Buffer.concat([bytes, rest])
}

/** A frame with these header bytes, however wrong, and right checksums. */
function rawFrame(headers: Buffer): Buffer {
  const start = prelude(headers.length + 16, headers.length, headers)
  const end = Buffer.alloc(4)
  end.writeUInt32BE(crc32(start), 0)
  return Buffer.concat([start, end])
}

async function decode(pieces: Iterable<Buffer>, maxEventBytes = 1 << 24): Promise<WireEvent[]> {
  const stage = awsEventstream({ maxEventBytes })
  const events: WireEvent[] = []
  stage.on('data', (item: WireEvent) => events.push(item))
  const over = Promise.race([once(stage, 'end'), once(stage, 'error').then(([error]) => Promise.reject(error))])
  for (const piece of pieces) stage.write(piece)
  stage.end()
  await over
  return events
}

function* inPieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const flipped = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

describe('AWS event streams', () => {
  const told = [
    { event: 'messageStart', data: '{"role":"assistant"}' },
    { event: 'contentBlockDelta', data: '{"delta":{"text":"Grüße 👋"}}' },
    { event: 'contentBlockStop', data: '' },
  ]
  const bytes = Buffer.concat(told.map((item) => event(item.event, item.data)))

  it('reads the frame that the wire reference writes out', async () => {
    const payload = '{"contentBlockIndex":0,"delta":{"text":"Hi"},"p":"abcd"}'
    const written = event('contentBlockDelta', payload)
    assert.equal(written.length, 159)
    assert.equal(written.subarray(0, 12).toString('hex'), '0000009f00000057c37babff')
    assert.deepEqual(await decode([written]), [{ event: 'contentBlockDelta', data: payload }])
  })

  it('answers the same events in whatever pieces the bytes come', async () => {
    for (let size = 1; size <= bytes.length; size += 1) assert.deepEqual(await decode(inPieces(bytes, size)), told)
  })

  it('answers the same events in random pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), bytes.length]
        assert.deepEqual(await decode(ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))), told)
      }),
    )
  })

  it('tells exceptions and errors from events, with the message as JSON', async () => {
    const exception = { ':exception-type': 'throttlingException', ':message-type': 'exception' }
    const error = { ':error-code': 'InternalError', ':error-message': 'No "luck"', ':message-type': 'error' }
    assert.deepEqual(
      await decode([
        frame(exception, '{"message":"Slow down"}'),
        frame(error),
        frame({ ':event-type': 'plain' }, '{}'),
        frame({}, 'x'),
      ]),
      [
        { event: 'exception:throttlingException', data: '{"message":"Slow down"}' },
        { event: 'exception:InternalError', data: '{"message":"No \\"luck\\""}' },
        { event: 'plain', data: '{}' },
        { event: undefined, data: 'x' },
      ],
    )
  })

  it('ignores a header of the wrong type', async () => {
    const headers = { ':event-type': { type: 'integer' as const, value: 1 } }
    assert.deepEqual(await decode([Buffer.from(codec.encode({ headers, body: Buffer.from('{}') }))]), [
      { event: undefined, data: '{}' },
    ])
  })

  it('takes the end of the body between two frames for a clean end, anywhere else for truncated', async () => {
    const ends = new Set([0, ...told.map((_, index) => lengthOf(told.slice(0, index + 1)))])
    for (let length = 0; length <= bytes.length; length += 1) {
      const result = decode([bytes.subarray(0, length)])
      if (ends.has(length)) await assert.doesNotReject(result)
      else await assert.rejects(result, { kind: 'truncated' })
    }
  })

  it('refuses a frame with any bit of it flipped', async () => {
    const single = event('chunk', '{"bytes":"e30="}')
    for (let at = 0; at < single.length; at += 1)
      await assert.rejects(decode([flipped(single, at)]), { kind: 'malformed' })
  })

  for (const [name, hostile] of [
    ['a length over the limit', prelude(0xffffffff, 0)],
    ['a length one over the limit', prelude(1025, 0, Buffer.alloc(1013))],
    ['a length under that of an empty frame', prelude(15, 0, Buffer.alloc(3))],
    ['headers longer than the frame', prelude(100, 85, Buffer.alloc(88))],
    ['an HTML page', Buffer.from('<!doctype html><html></html>')],
    ['a JSON error', Buffer.from('{"message":"Not here"}')],
    ['a header longer than the headers', rawFrame(Buffer.from('\x01a\x07\x00\xffb', 'latin1'))],
    ['a header of an unknown type', rawFrame(Buffer.from('\x01a\x0ab', 'latin1'))],
  ] as const) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(decode([hostile], 1024), { kind: 'malformed' })
    })
  }

  it('takes a frame of exactly the limit', async () => {
    const full = event('x', 'y'.repeat(100))
    assert.equal((await decode([full], full.length)).length, 1)
    await assert.rejects(decode([full], full.length - 1), /maxEventBytes/)
  })

  it('reads a frame of 16 MB that comes in pieces of 1 KB in linear time', async () => {
    const payload = 'x'.repeat(16_000_000)
    const [only] = await decode(inPieces(event('x', payload), 1024))
    assert.equal(only?.data.length, payload.length)
  })

  function lengthOf(events: typeof told): number {
    return events.reduce((sum, item) => sum + event(item.event, item.data).length, 0)
  }
})
