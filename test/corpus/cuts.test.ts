import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import { seeded } from '../helpers/random.ts'
import { decode } from './in-process.ts'
import { read } from './oracle/index.ts'
import { bytesOf, describeRecorded, streams } from './recordings.ts'
import { shortened } from './shortened.ts'

/** A body up to this size is cut at every byte. */
const SMALL = 3 * 1024
/** A larger one at every byte of its end, and at places all over it. */
const END = 800
const PLACES = 150
/** Here it is also checked that a cut which loses nothing but line ends and padding is none. */
const VERY_END = 40

describeRecorded('recorded streams, cut', () => {
  // A quarter of a million failures are made here, and half of their cost is the stack traces that nobody reads.
  const limit = Error.stackTraceLimit
  before(() => {
    Error.stackTraceLimit = 0
  })
  after(() => {
    Error.stackTraceLimit = limit
  })

  for (const recording of streams) {
    it(`${recording.file} never looks finished`, async () => {
      const body = bytesOf(recording)
      const choices = read(recording, body).choices.size

      const checkCut = async (whole: Buffer, at: number) => {
        const rest = whole.subarray(0, at)
        const { chunks, error } = await decode(recording, choices, [rest])
        const finished = chunks.some((chunk) => chunk.choices.some(({ finish_reason }) => finish_reason !== null))
        const place = `cut after ${at} of ${whole.length} bytes`
        if (error === undefined || at > whole.length - VERY_END) {
          assert.equal(error === undefined, read(recording, rest).whole, `whole or not, ${place}`)
        }
        assert.equal(finished, error === undefined, `a finish reason, ${place}`)
        assert.ok(error === undefined || error instanceof UpstreamError, `${error?.stack}, ${place}`)
      }

      if (body.length <= SMALL) {
        for (let at = 0; at < body.length; at += 1) await checkCut(body, at)
        return
      }
      const end = shortened(recording, body)
      for (let at = end.length - END; at < end.length; at += 1) await checkCut(end, at)
      const random = seeded(recording.file)
      for (let place = 0; place < PLACES; place += 1) await checkCut(body, Math.floor(random() * body.length))
    }).timeout(60_000)
  }
})
