import assert from 'node:assert/strict'
import { chat } from '../helpers/client.ts'
import { cleanup, gateway } from '../helpers/gateway.ts'
import { assertHeard, assertSaid, heardAtOnce, heardInStream } from './heard.ts'
import { newStreams } from './kinds.ts'
import { read } from './oracle/index.ts'
import { newChoice } from './oracle/reading.ts'
import { bytesOf, describeRecorded, type Recording, streams } from './recordings.ts'
import { recordedServer } from './server.ts'
import { pathOf, requestOf, systemOf, targetOf } from './systems.ts'
import { assertHttpError, assertLostStream, assertWholeCompletion, assertWholeStream } from './wire-rules.ts'

/** The first whole stream of each kind is asked for in both ways, the others in one, in turn. */
const BOTH = [true, false] as const

const FAILED = new Set(['truncated', 'error_midstream'])

describeRecorded('recorded streams through the gateway', () => {
  const opened = cleanup()
  const isNew = newStreams()

  async function serve(recording: Recording, choices: number) {
    const upstream = await opened(recordedServer(recording))
    const { url } = await opened(gateway(targetOf(recording, upstream.url)))
    const request = requestOf(recording, choices)
    const ask = (stream: boolean) =>
      chat(url, { ...request, stream, ...(stream && { stream_options: { include_usage: true } }) })
    return { upstream, ask }
  }

  it('are the failed ones among them that the index marks as such', () => {
    // A body that ends cleanly behind a good reason is whole without a terminal, which the index does not know.
    const hasEnd = ({ finish }: Recording) => finish.includes('end_turn')
    const failed = streams.filter(
      (recording) => recording.scenarios.some((each) => FAILED.has(each)) && !hasEnd(recording),
    )
    assert.deepEqual(
      failed.filter((recording) => read(recording, bytesOf(recording)).whole),
      [],
    )
  })

  for (const [turn, recording] of streams.entries()) {
    const body = bytesOf(recording)
    const said = read(recording, body)

    if (said.whole) {
      const ways = isNew(systemOf(recording), body) ? BOTH : [BOTH[turn % 2]]
      it(`${recording.file} arrives in full`, async () => {
        const { ask, upstream } = await serve(recording, said.choices.size)
        if (ways.includes(true)) {
          const streamed = await ask(true)
          assertWholeStream(streamed)
          assertHeard(heardInStream(streamed), said)
        }
        if (ways.includes(false)) assertHeard(heardAtOnce(assertWholeCompletion(await ask(false))), said)
        for (const { url } of upstream.requests)
          assert.equal(decodeURIComponent(url), decodeURIComponent(pathOf(recording)))
      })
      continue
    }

    it(`${recording.file} has no end and does not look as if it had one`, async () => {
      const { ask } = await serve(recording, said.choices.size)
      const begun = [...said.choices.values()].some(
        ({ text, reasoning, refusal, calls }) => text + reasoning + refusal !== '' || calls.length > 0,
      )
      const streamed = await ask(true)
      if (begun) {
        assertLostStream(streamed)
        const heard = heardInStream(streamed)
        for (const [index, choice] of said.choices) assertSaid(heard.choices.get(index) ?? newChoice(), choice)
      } else {
        assertHttpError(streamed)
        if (said.error?.status !== undefined) assert.equal(streamed.status, said.error.status)
      }
      assertHttpError(await ask(false))
    })
  }
})
