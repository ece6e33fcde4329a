import assert from 'node:assert/strict'
import { placesIn } from '../helpers/cuts.ts'
import { cleanup, fallback, gateway } from '../helpers/gateway.ts'
import { accumulated, eventsIn, HELLO, type Message, message, textOf } from '../helpers/messages.ts'
import { assertMessagesError } from './heard-message.ts'
import { newStreams } from './kinds.ts'
import { read } from './oracle/index.ts'
import { bytesOf, describeRecorded, streams } from './recordings.ts'
import { recordedServer } from './server.ts'
import { modelOf, systemOf, targetOf } from './systems.ts'

const BREAKS = ['end', 'cut', 'reset'] as const
/** What a whole answer lacks that ended without it. */
const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'

/**
 * Places in the first stream of each kind where it is cut, one in each of as many equal parts, and half as many in the others:
 * every break twice or once with an intact target behind it, and as often without.
 */
const CUTS = 12

describeRecorded("recorded streams of Anthropic's, for clients that speak the same", () => {
  const opened = cleanup()
  const isNew = newStreams()

  for (const recording of streams.filter((each) => systemOf(each) === 'anthropic')) {
    const body = bytesOf(recording)
    const recorded = inOurForm(body.toString())
    const events = eventsIn(recorded).events
    // A pause is an end for a client that goes on from it itself.
    const isPaused = recorded.includes('"stop_reason":"pause_turn"')
    const isWhole = events.at(-1)?.name === 'message_stop' || read(recording, body).whole
    const whole = recorded + (events.at(-1)?.name === 'message_stop' ? '' : STOP)
    const request = { ...HELLO, model: modelOf(recording) }

    if (!isWhole) {
      it(`${recording.file} has no end and does not look as if it had one`, async () => {
        const upstream = await opened(recordedServer(recording))
        const { url } = await opened(gateway(targetOf(recording, upstream.url)))
        const answer = await message(url, request)
        if (answer.status === 200) assert.equal(answer.events.at(-1)?.name, 'error')
        else assertMessagesError(answer)
        assertMessagesError(await message(url, { ...request, stream: false }))
      })
      continue
    }

    it(`${recording.file} arrives byte for byte`, async () => {
      const upstream = await opened(recordedServer(recording))
      const { url } = await opened(gateway(targetOf(recording, upstream.url)))
      const answer = await message(url, request)
      assert.equal(answer.body.trim(), whole.trim())
    })

    it(`${recording.file} is one message of all that it says`, async () => {
      const upstream = await opened(recordedServer(recording))
      const { url } = await opened(gateway(targetOf(recording, upstream.url)))
      const answered = JSON.parse((await message(url, { ...request, stream: false })).body) as Message
      const heard = await accumulated([Buffer.from(whole)])
      // One of them has a call that was never closed.
      if (heard.stop_reason === 'max_tokens') assert.equal(answered.content.length, heard.content.length)
      else assert.deepEqual(plain({ ...answered, usage: {} }), plain({ ...heard, usage: {} }))
      assert.equal(answered.usage.output_tokens, heard.usage.output_tokens)
      assert.equal(answered.usage.input_tokens, heard.usage.input_tokens)
    })

    const places = placesIn(body.length, isNew(systemOf(recording), body) ? CUTS : CUTS / 2, recording.file)
    const cuts = places.map((at, cut) => ({
      place: `${BREAKS[cut % BREAKS.length]} after ${at} of ${body.length} bytes`,
      rest: body.subarray(0, at),
      finish: BREAKS[cut % BREAKS.length] ?? 'cut',
      isAlone: cut % 2 === 0,
    }))

    it(`${recording.file}, cut, goes on whole or ends in an error`, async () => {
      const intact = await opened(recordedServer(recording))
      const broken = await opened(recordedServer(recording))
      const targets = [broken, intact].map(({ url }) => targetOf(recording, url))
      const { url } = await opened(gateway({ ...fallback(...targets), mid_stream: 'restart' }))
      const said = textOf(await accumulated([Buffer.from(whole)]))
      for (const { place, rest, finish } of cuts.filter(({ isAlone }) => !isAlone)) {
        broken.breaks(rest, finish)
        const answer = await message(url, request)
        if (answer.events.at(-1)?.name === 'message_stop') {
          assert.equal(textOf(await accumulated([Buffer.from(answer.body)])), said, place)
          continue
        }
        assert.equal(answer.events.at(-1)?.name, 'error', place)
        assert.ok(isPaused || isOpaque(answer.body), `only what cannot be repeated is lost, ${place}`)
      }
    })

    it(`${recording.file}, cut, never looks finished`, async () => {
      const broken = await opened(recordedServer(recording))
      const { url } = await opened(gateway(targetOf(recording, broken.url)))
      for (const { place, rest, finish } of cuts.filter(({ isAlone }) => isAlone)) {
        if (read(recording, rest).whole) continue
        broken.breaks(rest, finish)
        const answer = await message(url, request)
        if (answer.status !== 200) {
          assertMessagesError(answer)
          continue
        }
        const names = answer.events.map(({ name }) => name)
        assert.equal(names.at(-1), 'error', place)
        assert.ok(!names.includes('message_delta') && !names.includes('message_stop'), place)
        assert.ok(!answer.body.includes('"type":"tool_use"'), 'no call goes out before the answer is whole')
      }
    })
  }
})

/** Whether what was sent is the work of a tool that Anthropic ran. */
function isOpaque(body: string): boolean {
  return /"type": ?"(server_tool_use|mcp_tool_use|compaction|fallback|\w+_tool_result)"/.test(body)
}

/** The same events without comments, with a blank behind each colon, and a blank line behind the last. */
function inOurForm(text: string): string {
  const events = text.replace(/^:.*\n*/gm, '')
  return `${events
    .replaceAll('\r\n', '\n')
    .replace(/^(event|data):(?! )/gm, '$1: ')
    .trim()}\n\n`
}

/** The SDK adds a field, drops others, and does not read the input or the text of what it does not know. */
function asSdkReads(key: string, value: unknown): unknown {
  if (key === 'parsed_output' || key === 'context_management' || value === null) return undefined
  const { type } = (value ?? {}) as { type?: unknown }
  if (type === 'mcp_tool_use') return { ...(value as object), input: {} }
  return type === 'compaction' ? { type } : value
}

/** A copy without what the SDK puts into a message. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, asSdkReads))
}
