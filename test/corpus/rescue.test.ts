import assert from 'node:assert/strict'
import { chat } from '../helpers/client.ts'
import { cleanup, fallback, gateway } from '../helpers/gateway.ts'
import { type Reply, scripted } from '../helpers/upstream.ts'
import { assertHeard, heardInStream } from './heard.ts'
import { read } from './oracle/index.ts'
import { seeded } from './random.ts'
import { bytesOf, describeRecorded, type Recording, streams } from './recordings.ts'
import { contentTypeOf, requestOf, targetOf } from './systems.ts'
import { assertWholeStream } from './wire-rules.ts'

const BREAKS = ['end', 'cut', 'reset'] as const

describeRecorded('recorded streams that break, with the same stream behind them', () => {
  const opened = cleanup()

  function serve(recording: Recording, reply: Reply) {
    const type = contentTypeOf(recording)
    return opened(scripted({ headers: type === null ? {} : { 'content-type': type }, ...reply }))
  }

  for (const recording of streams) {
    const body = bytesOf(recording)
    const said = read(recording, body)
    if (!said.whole) continue

    it(`${recording.file} is put together without a seam`, async () => {
      const random = seeded(recording.file)
      const intact = await serve(recording, { chunks: [body] })
      for (const finish of BREAKS) {
        const at = Math.floor(random() * body.length)
        const rest = body.subarray(0, at)
        const broken = await serve(recording, { chunks: [rest], finish })
        const targets = [broken, intact].map(({ url }) => targetOf(recording, url))
        // The same words come again: it is the splice that is seen here.
        const gate = await opened(gateway({ ...fallback(...targets), mid_stream: 'restart' }))
        const request = requestOf(recording, said.choices.size)
        const answer = await chat(gate.url, { ...request, stream: true, stream_options: { include_usage: true } })

        const place = `${finish} after ${at} of ${body.length} bytes`
        if (!read(recording, rest).whole) assert.equal(gate.attempts.length, 2, place)
        assert.deepEqual(answer.comments, [], place)
        assert.ok(!answer.body.includes('"streamgate"'), place)
        assertWholeStream(answer)
        assertHeard(heardInStream(answer), said)
      }
    })
  }
})
