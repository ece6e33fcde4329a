import assert from 'node:assert/strict'
import { seeded } from '../helpers/random.ts'
import { decode, type Run } from './in-process.ts'
import { read } from './oracle/index.ts'
import { bytesOf, describeRecorded, type Recording, streams } from './recordings.ts'

/** Most network reads bring a few hundred bytes. */
const LONGEST_PIECE = 700

describeRecorded('recorded streams in pieces', () => {
  for (const recording of streams) {
    it(`${recording.file} tells the same whole, byte by byte and in any pieces`, async () => {
      const body = bytesOf(recording)
      const choices = read(recording, body).choices.size
      const whole = comparable(await decode(recording, choices, [body]))
      for (const [name, sizes] of Object.entries(cuttings(recording))) {
        assert.deepEqual(comparable(await decode(recording, choices, cut(body, sizes))), whole, name)
      }
      for (const end of [body.length, Math.floor(body.length / 2), Math.floor(body.length / 3)]) {
        const part = body.subarray(0, end)
        const parsed = await decode(recording, choices, [part], { parsingAll: true })
        assert.deepEqual(comparable(await decode(recording, choices, [part])), comparable(parsed), 'every event parsed')
      }
    }).timeout(30_000)
  }
})

function cuttings(recording: Recording): Record<string, () => number> {
  const random = seeded(recording.file)
  const recorded = recording.chunk_lengths?.[Symbol.iterator]()
  return {
    'byte by byte': () => 1,
    'in random pieces': () => 1 + Math.floor(random() * LONGEST_PIECE),
    'in tiny random pieces': () => 1 + Math.floor(random() * 7),
    ...(recorded && { 'as it came from the network': () => recorded.next().value ?? recording.bytes }),
  }
}

function cut(body: Buffer, nextSize: () => number): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const size = nextSize()
    pieces.push(body.subarray(at, at + size))
    at += size
  }
  return pieces
}

/** Ids that are made up for calls without one differ from run to run. */
function comparable({ chunks, error, usage }: Run): unknown {
  const same = JSON.stringify(chunks).replaceAll(/"id":"call_[0-9a-f]{24}/g, '"id":"call_…')
  return { chunks: JSON.parse(same), error: error?.message, usage }
}
