import assert from 'node:assert/strict'
import type { ResponseObject } from '../../lib/dialects/responses/response.ts'
import { inPieces } from '../helpers/cuts.ts'
import { cleanup, fallback, gateway } from '../helpers/gateway.ts'
import { seeded } from '../helpers/random.ts'
import {
  accumulated,
  assertResponse,
  assertStream,
  type ResponsesAnswer,
  readByAgents,
  readByAiSdk,
  respond,
  type Understood,
} from '../helpers/responses.ts'
import { newKinds, newStreams } from './kinds.ts'
import { read } from './oracle/index.ts'
import type { Choice, Reading } from './oracle/reading.ts'
import { bytesOf, describeRecorded, streams } from './recordings.ts'
import { recordedServer } from './server.ts'
import { modelOf, systemOf, targetOf } from './systems.ts'

/** Transforms see chunks: nothing goes past the translations. */
const TRANSLATED = { transforms: () => [] }

/** The first recording of each kind is asked for as a stream and at once, the others in one way, in turn. */
const BOTH = [true, false] as const

/** One for the first recording of each kind, in turn: rescue.test.ts breaks each kind of them in every way. */
const BREAKS = ['end', 'cut', 'reset'] as const

describeRecorded('recorded streams, asked for as Responses', () => {
  const opened = cleanup()
  const isNew = newKinds()
  const isNewMended = newKinds()
  const isNewLost = newKinds()
  const isNewStream = newStreams()

  for (const [turn, recording] of streams.entries()) {
    const finish = BREAKS[turn % BREAKS.length] ?? 'end'
    const body = bytesOf(recording)
    const said = read(recording, body)
    const [choice] = said.choices.values()
    // The Responses API has no word for several answers.
    if (said.choices.size > 1) continue
    const request = { model: modelOf(recording), input: 'Hello', stream: true }

    if (!said.whole) {
      it(`${recording.file} has no end and does not look as if it had one`, async () => {
        const upstream = await opened(recordedServer(recording))
        const { url } = await opened(gateway(targetOf(recording, upstream.url), TRANSLATED))
        const answer = await respond(url, request)
        if (answer.status === 200) assert.equal(assertStream(answer.body).status, 'failed')
        else assertError(answer)
        assertError(await respond(url, { ...request, stream: false }))
      })
      continue
    }

    const isFirst = isNewStream(systemOf(recording), body)
    const ways = isFirst ? BOTH : BOTH.filter((_, at) => at === turn % BOTH.length)

    it(`${recording.file} arrives in full`, async () => {
      const upstream = await opened(recordedServer(recording))
      const { url } = await opened(gateway(targetOf(recording, upstream.url), TRANSLATED))
      for (const stream of ways) {
        const answer = await respond(url, { ...request, stream })
        if (!stream) {
          const whole = JSON.parse(answer.body) as ResponseObject
          assertResponse(whole)
          assertHeard(whole, said, choice)
          continue
        }
        assertHeard(assertStream(answer.body), said, choice)
        if (isFirst) assertHeard((await accumulated([answer.body])) as unknown as ResponseObject, said, choice)
        if (!isNew(answer.body)) continue
        for (const pieces of [[answer.body], inPieces(answer.body, seeded(recording.file))]) {
          assertHeard((await accumulated(pieces)) as unknown as ResponseObject, said, choice)
          // It shows a refusal as text.
          assertUnderstood(await readByAiSdk(pieces), choice && { ...choice, text: choice.text + choice.refusal })
          // It takes an answer that is cut short for none.
          if (isCut(choice)) await assert.rejects(readByAgents(pieces), /response\.incomplete/)
          else assertUnderstood(await readByAgents(pieces), choice)
        }
      }
    }).timeout(20_000)

    if (!isFirst) continue

    it(`${recording.file} is put together without a seam`, async () => {
      const random = seeded(recording.file)
      const intact = await opened(recordedServer(recording))
      const broken = await opened(recordedServer(recording))
      const targets = [broken, intact].map(({ url }) => targetOf(recording, url))
      // The same words come again: it is the splice that is seen here.
      const { url } = await opened(gateway({ ...fallback(...targets), mid_stream: 'restart' }, TRANSLATED))
      broken.breaks(body.subarray(0, Math.floor(random() * body.length)), finish)
      const answer = await respond(url, request)
      assertHeard(assertStream(answer.body), said, choice)
      if (!isNewMended(answer.body)) return
      assertHeard((await accumulated([answer.body])) as unknown as ResponseObject, said, choice)
    })

    it(`${recording.file} never looks finished without its end`, async () => {
      const random = seeded(recording.file)
      const rest = body.subarray(0, Math.floor(random() * body.length))
      if (read(recording, rest).whole) return
      const broken = await opened(recordedServer(recording))
      broken.breaks(rest, finish)
      const { url } = await opened(gateway(targetOf(recording, broken.url), TRANSLATED))
      const answer = await respond(url, request)
      if (answer.status !== 200) return assertError(answer)
      assert.equal(assertStream(answer.body).status, 'failed')
      assert.ok(!answer.body.includes('"function_call"'), 'no call goes out before the answer is whole')
      if (isNewLost(answer.body)) await assert.rejects(accumulated([answer.body]))
    })
  }
})

function assertError({ status, body }: ResponsesAnswer): void {
  assert.ok(status >= 400, `HTTP tells a failure, not ${status}`)
  const { error } = JSON.parse(body) as { error: { message: string; type: string } }
  assert.notEqual(error.message, '')
  assert.notEqual(error.type, '')
}

function isCut(choice: Choice | undefined): boolean {
  return choice?.finish === 'length' || choice?.finish === 'content_filter'
}

function assertUnderstood({ text, calls }: Understood, choice: Choice | undefined): void {
  assert.equal(text, choice?.text ?? '')
  assert.deepEqual(
    calls.map(({ name }) => name),
    choice?.calls.map(({ name }) => name) ?? [],
  )
}

const ENDS: Readonly<Record<string, [string, string | undefined]>> = {
  stop: ['completed', undefined],
  tool_calls: ['completed', undefined],
  length: ['incomplete', 'max_output_tokens'],
  content_filter: ['incomplete', 'content_filter'],
}

interface Item {
  type: string
  content?: { text?: string; refusal?: string }[]
  summary?: { text: string }[]
  name?: string
  arguments?: string
  call_id?: string
}

/** The client has what the provider said, no more and no less. */
function assertHeard(heard: ResponseObject, said: Reading, choice: Choice | undefined): void {
  const items = heard.output as unknown as Item[]
  const parts = items.flatMap(({ content }) => content ?? [])
  assert.equal(parts.map(({ text }) => text ?? '').join(''), choice?.text ?? '', 'the text')
  assert.equal(parts.map(({ refusal }) => refusal ?? '').join(''), choice?.refusal ?? '', 'the refusal')
  const thoughts = items.flatMap(({ summary }) => summary ?? []).map(({ text }) => text)
  assert.equal(thoughts.join(''), choice?.reasoning ?? '', 'the reasoning')
  assert.deepEqual([heard.status, heard.incomplete_details?.reason], ENDS[choice?.finish ?? ''], 'the end')

  const calls = items.filter(({ type }) => type === 'function_call')
  assert.deepEqual(
    calls.map(({ name }) => name),
    choice?.calls.map(({ name }) => name) ?? [],
    'the calls by name',
  )
  for (const [at, { id, json }] of (choice?.calls ?? []).entries()) {
    const none = json === '' || json === 'null'
    if (choice?.finish === 'length') assert.equal(calls[at]?.arguments, json, 'the arguments of a cut call')
    else assert.deepEqual(JSON.parse(calls[at]?.arguments ?? ''), none ? {} : JSON.parse(json), 'the arguments')
    if (id !== undefined) assert.ok(calls[at]?.call_id?.startsWith(id), 'the id of the call')
  }
  if (said.usage === undefined) return
  const { prompt, completion, cached = 0, reasoning = 0 } = said.usage
  const { input_tokens, input_tokens_details, output_tokens, output_tokens_details } = heard.usage ?? {}
  assert.deepEqual(
    [input_tokens, output_tokens, input_tokens_details?.cached_tokens, output_tokens_details?.reasoning_tokens],
    [prompt, completion, cached, reasoning],
    'the usage',
  )
}
