import assert from 'node:assert/strict'
import { chat } from '../helpers/client.ts'
import { cleanup, fallback, gateway } from '../helpers/gateway.ts'
import { seeded } from '../helpers/random.ts'
import { assertHeard, heardInStream } from './heard.ts'
import { newStreams } from './kinds.ts'
import { read } from './oracle/index.ts'
import { bytesOf, describeRecorded, streams } from './recordings.ts'
import { recordedServer } from './server.ts'
import { requestOf, systemOf, targetOf } from './systems.ts'
import { assertWholeStream } from './wire-rules.ts'

/**
 * How a stream breaks, and on which rungs it goes on: the same words come again, so that it is the splice that is seen. With
 * `restart` it is the first thing that is asked for; by default the target is asked to continue before. How a connection breaks
 * is for a framing to see, and all behind it sees the rung: the first stream of each system breaks in every way, the first of
 * each kind on both rungs, the others in one way, in turn.
 */
const BREAKS = [
  ['end', { mid_stream: 'restart' }],
  ['cut', { mid_stream: 'restart' }],
  ['reset', { mid_stream: 'restart' }],
  ['cut', {}],
] as const

describeRecorded('recorded streams that break, with the same stream behind them', () => {
  const opened = cleanup()

  const isNew = newStreams()
  const systems = new Set<string>()

  for (const [turn, recording] of streams.entries()) {
    const body = bytesOf(recording)
    const said = read(recording, body)
    if (!said.whole) continue
    const system = systemOf(recording)
    const isFirst = systems.size < systems.add(system).size
    const turns = isNew(system, body) ? [turn % 3, 3] : [turn % BREAKS.length]
    const breaks = isFirst ? BREAKS : BREAKS.filter((_, at) => turns.includes(at))

    it(`${recording.file} is put together without a seam`, async () => {
      const random = seeded(recording.file)
      const intact = await opened(recordedServer(recording))
      const broken = await opened(recordedServer(recording))
      const targets = [broken, intact].map(({ url }) => targetOf(recording, url))
      for (const [finish, config] of breaks) {
        const at = Math.floor(random() * body.length)
        const rest = body.subarray(0, at)
        broken.breaks(rest, finish)
        const gate = await opened(gateway({ ...fallback(...targets), ...config }))
        const request = requestOf(recording, said.choices.size)
        const answer = await chat(gate.url, { ...request, stream: true, stream_options: { include_usage: true } })

        const place = `${finish} after ${at} of ${body.length} bytes`
        const whole = read(recording, rest).whole
        if (!whole && 'mid_stream' in config) assert.equal(gate.attempts.length, 2, place)
        assert.deepEqual(answer.comments, [], place)
        assert.ok(!answer.body.includes('"streamgate"'), place)
        assertWholeStream(answer)
        assertHeard(heardInStream(answer), said)
      }
    })
  }
})
