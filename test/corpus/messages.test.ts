import assert from 'node:assert/strict'
import { inPieces } from '../helpers/cuts.ts'
import { cleanup, fallback, gateway } from '../helpers/gateway.ts'
import {
  accumulated,
  assertLostMessageStream,
  assertWholeMessageStream,
  HELLO,
  type Message,
  message,
} from '../helpers/messages.ts'
import { seeded } from '../helpers/random.ts'
import { assertMessageHeard, assertMessagesError } from './heard-message.ts'
import { newKinds, newStreams } from './kinds.ts'
import { read } from './oracle/index.ts'
import { bytesOf, describeRecorded, streams } from './recordings.ts'
import { recordedServer } from './server.ts'
import { modelOf, systemOf, targetOf } from './systems.ts'

/** Transforms see chunks: nothing goes past the translations. */
const TRANSLATED = { transforms: () => [] }

/** The first recording of each kind is asked for as a stream and at once, the others in one way, in turn. */
const BOTH = [true, false] as const

/** One for the first recording of each kind, in turn: rescue.test.ts breaks each kind of them in every way. */
const BREAKS = ['end', 'cut', 'reset'] as const

describeRecorded('recorded streams, asked for as Messages', () => {
  const opened = cleanup()
  const isNew = newKinds()
  const isNewStream = newStreams()

  for (const [turn, recording] of streams.entries()) {
    const finish = BREAKS[turn % BREAKS.length] ?? 'end'
    const body = bytesOf(recording)
    const said = read(recording, body)
    const [choice] = said.choices.values()
    // Messages has no word for several answers.
    if (said.choices.size > 1) continue
    const request = { ...HELLO, model: modelOf(recording) }

    if (!said.whole) {
      it(`${recording.file} has no end and does not look as if it had one`, async () => {
        const upstream = await opened(recordedServer(recording))
        const { url } = await opened(gateway(targetOf(recording, upstream.url), TRANSLATED))
        const answer = await message(url, request)
        if (answer.status === 200) assertLostMessageStream(answer)
        else assertMessagesError(answer)
        assertMessagesError(await message(url, { ...request, stream: false }))
      })
      continue
    }

    const isFirst = isNewStream(systemOf(recording), body)
    const ways = isFirst ? BOTH : BOTH.filter((_, at) => at === turn % BOTH.length)

    it(`${recording.file} arrives in full`, async () => {
      const upstream = await opened(recordedServer(recording))
      const { url } = await opened(gateway(targetOf(recording, upstream.url), TRANSLATED))
      for (const stream of ways) {
        const answer = await message(url, { ...request, stream })
        if (!stream) {
          assertMessageHeard(JSON.parse(answer.body) as Message, said, choice)
          continue
        }
        assertWholeMessageStream(answer)
        assertMessageHeard(await accumulated([Buffer.from(answer.body)]), said, choice)
        if (!isNew(answer.body)) continue
        assertMessageHeard(await accumulated(inPieces(answer.body, seeded(recording.file))), said, choice)
      }
    })

    if (!isFirst) continue

    it(`${recording.file} is put together without a seam`, async () => {
      const random = seeded(recording.file)
      const intact = await opened(recordedServer(recording))
      const broken = await opened(recordedServer(recording))
      const targets = [broken, intact].map(({ url }) => targetOf(recording, url))
      // The same words come again: it is the splice that is seen here.
      const { url } = await opened(gateway({ ...fallback(...targets), mid_stream: 'restart' }, TRANSLATED))
      const at = Math.floor(random() * body.length)
      broken.breaks(body.subarray(0, at), finish)
      const answer = await message(url, request)
      const place = `${finish} after ${at} of ${body.length} bytes`
      assert.deepEqual(answer.comments, [], place)
      assertWholeMessageStream(answer)
      assertMessageHeard(await accumulated([Buffer.from(answer.body)]), said, choice)
    })

    it(`${recording.file} never looks finished without its end`, async () => {
      const random = seeded(recording.file)
      const rest = body.subarray(0, Math.floor(random() * body.length))
      if (read(recording, rest).whole) return
      const broken = await opened(recordedServer(recording))
      broken.breaks(rest, finish)
      const { url } = await opened(gateway(targetOf(recording, broken.url), TRANSLATED))
      const answer = await message(url, request)
      if (answer.status !== 200) return assertMessagesError(answer)
      assertLostMessageStream(answer)
      assert.ok(!answer.body.includes('"tool_use"'), 'no call goes out before the answer is whole')
      await assert.rejects(accumulated([Buffer.from(answer.body)]))
    })
  }
})
