import assert from 'node:assert/strict'
import { seeded } from '../helpers/random.ts'
import { decode, type Run } from './in-process.ts'
import { newStreams } from './kinds.ts'
import { read } from './oracle/index.ts'
import { bytesOf, describeRecorded, type Recording, streams } from './recordings.ts'
import { eventsIn } from './shortened.ts'
import { systemOf } from './systems.ts'

/** Most network reads bring a few hundred bytes. */
const LONGEST_PIECE = 700

describeRecorded('recorded streams in pieces', () => {
  const isNew = newStreams()

  for (const recording of streams) {
    it(`${recording.file} tells the same whole and in any pieces, down to its bytes`, async () => {
      const body = bytesOf(recording)
      const choices = read(recording, body).choices.size
      const whole = comparable(await decode(recording, choices, [body]))
      for (const [name, pieces] of Object.entries(cuttings(recording, body, isNew))) {
        assert.deepEqual(comparable(await decode(recording, choices, pieces)), whole, name)
      }
      for (const end of [body.length, Math.floor(body.length / 2), Math.floor(body.length / 3)]) {
        const part = body.subarray(0, end)
        const parsed = await decode(recording, choices, [part], { parsingAll: true })
        const told = end === body.length ? whole : comparable(await decode(recording, choices, [part]))
        assert.deepEqual(told, comparable(parsed), 'every event parsed')
      }
    }).timeout(30_000)
  }
})

/**
 * Small pieces are those of an event that is the first of its kind, and of the one behind it, which may be read as the same with
 * another text; what else there is comes event by event.
 */
function cuttings(
  recording: Recording,
  body: Buffer,
  isNew: ReturnType<typeof newStreams>,
): Record<string, readonly Buffer[]> {
  const random = seeded(recording.file)
  const recorded = recording.chunk_lengths?.[Symbol.iterator]()
  const events = eventsIn(recording, body).map(([from, to]) => body.subarray(from, to))
  const areNew = events.map((event) => isNew(systemOf(recording), event))
  const inSmall = (nextSize: () => number) =>
    events.flatMap((event, at) => (areNew[at] || areNew[at - 1] ? cut(event, nextSize) : [event]))
  return {
    'byte by byte': inSmall(() => 1),
    'in random pieces': cut(body, () => 1 + Math.floor(random() * LONGEST_PIECE)),
    'in tiny random pieces': inSmall(() => 1 + Math.floor(random() * 7)),
    ...(recorded && { 'as it came from the network': cut(body, () => recorded.next().value ?? recording.bytes) }),
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
  const told = JSON.stringify(chunks).replaceAll(/"id":"call_[0-9a-f]{24}/g, '"id":"call_…')
  return { chunks: told, error: error?.message, usage }
}
