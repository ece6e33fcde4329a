import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import { isDeepInWord, placesIn } from '../helpers/cuts.ts'
import { decode } from './in-process.ts'
import { newCuts } from './kinds.ts'
import { read } from './oracle/index.ts'
import { bytesOf, describeRecorded, streams } from './recordings.ts'
import { eventsIn, shortened } from './shortened.ts'
import { systemOf } from './systems.ts'

/** The first cut of each kind is made, and each that is not deep in a word if asked for: `FUZZ=long`. */
const LONG = process.env.FUZZ === 'long'
/** Of a body up to this size all events are looked at. */
const SMALL = 3 * 1024
/** Of a larger one those in its end; it is cut at places of the rest as well, one in each of as many equal parts. */
const END = 800
const PLACES = LONG ? 60 : 8
/** Here each is cut at every byte that is not deep in a word, and a cut which loses nothing but line ends and padding has to be none. */
const VERY_END = 40

describeRecorded('recorded streams, cut', () => {
  // Tens of thousands of failures are made here, and half of their cost is the stack traces that nobody reads.
  const limit = Error.stackTraceLimit
  before(() => {
    Error.stackTraceLimit = 0
  })
  after(() => {
    Error.stackTraceLimit = limit
  })

  const newIn = newCuts()

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

      const whole = body.length <= SMALL ? body : shortened(recording, body)
      const end = body.length <= SMALL ? 0 : whole.length - END
      for (const [from, to] of eventsIn(recording, whole)) {
        const isNew = newIn(systemOf(recording), whole.subarray(from, to))
        for (let at = Math.max(from, end); at < to; at += 1) {
          const isEach = LONG || at > whole.length - VERY_END
          if (at === from || (isEach && !isDeepInWord(whole, at)) || isNew(at - from)) await checkCut(whole, at)
        }
      }
      if (body.length <= SMALL) return
      for (const at of placesIn(body.length, PLACES, recording.file)) await checkCut(body, at)
    }).timeout(60_000)
  }
})
