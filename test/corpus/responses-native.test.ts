import assert from 'node:assert/strict'
import { placesIn } from '../helpers/cuts.ts'
import { cleanup, fallback, gateway } from '../helpers/gateway.ts'
import { accumulated, type ResponsesAnswer, respond } from '../helpers/responses.ts'
import { newStreams } from './kinds.ts'
import { bytesOf, describeRecorded, streams } from './recordings.ts'
import { recordedServer } from './server.ts'
import { modelOf, systemOf, targetOf } from './systems.ts'

const BREAKS = ['end', 'cut', 'reset'] as const
/**
 * Places in each stream where it is cut, one in each of as many equal parts: two for each break, of which one has an intact target
 * behind it. In the first stream of each kind both are without one as well.
 */
const CUTS = 6

interface Event {
  type: string
  delta?: string
  item?: { type: string }
  response?: { id: string; status: string; output: object[] }
}

describeRecorded("recorded streams of OpenAI's Responses API, for clients that speak the same", () => {
  const opened = cleanup()
  const isNew = newStreams()

  for (const recording of streams.filter((each) => systemOf(each) === 'openai responses')) {
    const body = bytesOf(recording)
    const isFirst = isNew(systemOf(recording), body)
    const recorded = inOurForm(body.toString())
    const events = eventsIn(recorded)
    const last = events.at(-1)
    const request = { model: modelOf(recording), input: 'Hello', stream: true }

    if (last?.type !== 'response.completed' && last?.type !== 'response.incomplete') {
      it(`${recording.file} has no end and does not look as if it had one`, async () => {
        const upstream = await opened(recordedServer(recording))
        const { url } = await opened(gateway(targetOf(recording, upstream.url)))
        const answer = await respond(url, request)
        if (answer.status === 200) assert.equal(eventsIn(answer.body).at(-1)?.type, 'response.failed')
        else assertError(answer)
        assertError(await respond(url, { ...request, stream: false }))
      })
      continue
    }

    it(`${recording.file} arrives byte for byte`, async () => {
      const upstream = await opened(recordedServer(recording))
      const { url } = await opened(gateway(targetOf(recording, upstream.url)))
      const answer = await respond(url, request)
      assert.equal(answer.body, recorded)
      assert.equal(upstream.requests[0]?.url, '/v1/responses')
    })

    it(`${recording.file} is one response to a client that wants no stream`, async () => {
      const upstream = await opened(recordedServer(recording))
      const { url } = await opened(gateway(targetOf(recording, upstream.url)))
      const answer = await respond(url, { ...request, stream: false })
      assert.equal(answer.body, JSON.stringify(last.response))
    })

    it(`${recording.file} never looks finished without its end, and ends in the whole of it with another target`, async () => {
      // It does not read all that OpenAI, and others who have this API, send.
      const isRead = await accumulated([recorded]).then(
        () => true,
        () => false,
      )
      const intact = await opened(recordedServer(recording))
      const broken = await opened(recordedServer(recording))
      const targets = [broken, intact].map(({ url }) => targetOf(recording, url))
      const alone = await opened(gateway(targetOf(recording, broken.url)))
      const two = await opened(gateway({ ...fallback(...targets), mid_stream: 'restart' }))
      for (const [cut, at] of placesIn(body.length, CUTS, recording.file).entries()) {
        const finish = BREAKS[cut % BREAKS.length] ?? 'cut'
        const rest = body.subarray(0, at)
        if (eventsIn(inOurForm(rest.toString())).at(-1)?.type === last.type) continue
        broken.breaks(rest, finish)
        const place = `${finish} after ${at} of ${body.length} bytes`
        const isAlone = cut % 2 === 0
        if (isAlone || isFirst) assertLost(await respond(alone.url, request), recorded, place)
        if (isAlone) continue

        const { body: said } = await respond(two.url, request)
        if (eventsIn(said).at(-1)?.type === 'response.failed') {
          assert.match(recorded, OPAQUE, `only what cannot be repeated is lost, ${place}`)
          continue
        }
        assert.equal(textIn(eventsIn(said)), textIn(events), place)
        if (isRead) await accumulated([said])
      }
    }).timeout(20_000)
  }
})

/** Our frames: an event with a name, its data, and LF. */
function inOurForm(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .split('\n\n')
    .flatMap((frame) => {
      const data = /^data: (?!\[DONE\])(.*)$/m.exec(frame)?.[1]
      if (data === undefined || !isJson(data)) return []
      return `event: ${(JSON.parse(data) as Event).type}\ndata: ${data}\n\n`
    })
    .join('')
}

/** A cut may have left half of it. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function eventsIn(body: string): Event[] {
  return [...body.matchAll(/^data: (\{.*)$/gm)].map(([, data = '']) => JSON.parse(data) as Event)
}

function textIn(events: readonly Event[]): string {
  return (
    events
      .filter(({ type }) => type === 'response.output_text.delta')
      .map(({ delta }) => delta)
      .join('')
      // What is two messages here is one to other APIs, with an empty line between.
      .replaceAll('\n\n', '')
  )
}

const CALLS = /"type": ?"(function_call|custom_tool_call|apply_patch_call|local_shell_call|computer_call)"/

/** The work of a tool that OpenAI ran, or a call that no other API has. */
const OPAQUE =
  /"type": ?"(web_search|file_search|code_interpreter|image_generation|mcp|tool_search|apply_patch)_call"|"type": ?"(compaction|program|mcp_list_tools)"/

/** Nothing came that was not recorded, no call, and no end. */
function assertLost(answer: ResponsesAnswer, recorded: string, place: string): void {
  if (answer.status !== 200) {
    assertError(answer)
    return
  }
  const events = eventsIn(answer.body)
  assert.deepEqual(
    events.slice(-2).map(({ type }) => type),
    ['error', 'response.failed'],
    place,
  )
  const passed = answer.body.slice(0, answer.body.lastIndexOf('event: error'))
  assert.ok(recorded.startsWith(passed), place)
  assert.doesNotMatch(passed.replaceAll(/"tools": ?\[.*?\]/g, ''), CALLS, place)
}

function assertError({ status, body }: ResponsesAnswer): void {
  assert.ok(status >= 400, `HTTP tells a failure, not ${status}`)
  assert.notEqual((JSON.parse(body) as { error: { message: string } }).error.message, '')
}
