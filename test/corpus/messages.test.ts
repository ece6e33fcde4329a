import assert from 'node:assert/strict'
import { cleanup, fallback, gateway } from '../helpers/gateway.ts'
import {
  accumulated,
  assertLostMessageStream,
  assertWholeMessageStream,
  HELLO,
  type Message,
  type MessagesAnswer,
  message,
} from '../helpers/messages.ts'
import { type Reply, scripted } from '../helpers/upstream.ts'
import { read } from './oracle/index.ts'
import type { Choice, Reading } from './oracle/reading.ts'
import { seeded } from './random.ts'
import { bytesOf, describeRecorded, type Recording, streams } from './recordings.ts'
import { contentTypeOf, modelOf, targetOf } from './systems.ts'

/** A body up to this size also comes byte by byte. */
const SMALL = 64 * 1024
const BREAKS = ['end', 'cut', 'reset'] as const

describeRecorded('recorded streams, asked for as Messages', () => {
  const opened = cleanup()

  function serve(recording: Recording, reply: Reply) {
    const type = contentTypeOf(recording)
    return opened(scripted({ headers: type === null ? {} : { 'content-type': type }, ...reply }))
  }

  for (const recording of streams) {
    const body = bytesOf(recording)
    const said = read(recording, body)
    const [choice] = said.choices.values()
    // Messages has no word for several answers.
    if (said.choices.size > 1) continue
    const request = { ...HELLO, model: modelOf(recording) }

    if (!said.whole) {
      it(`${recording.file} has no end and does not look as if it had one`, async () => {
        const upstream = await serve(recording, { chunks: [body] })
        const { url } = await opened(gateway(targetOf(recording, upstream.url)))
        const answer = await message(url, request)
        if (answer.status === 200) assertLostMessageStream(answer)
        else assertError(answer)
        assertError(await message(url, { ...request, stream: false }))
      })
      continue
    }

    it(`${recording.file} arrives in full, in one piece and in many`, async () => {
      const upstream = await serve(recording, { chunks: [body] })
      const { url } = await opened(gateway(targetOf(recording, upstream.url)))
      const answer = await message(url, request)
      assertWholeMessageStream(answer)
      const bytes = Buffer.from(answer.body)
      for (const pieces of [
        [bytes],
        inPieces(bytes, seeded(recording.file)),
        ...(bytes.length < SMALL ? [[...bytes].map((byte) => Uint8Array.of(byte))] : []),
      ]) {
        assertHeard(await accumulated(pieces), said, choice)
      }
      const whole = await message(url, { ...request, stream: false })
      assertHeard(JSON.parse(whole.body) as Message, said, choice)
    })

    it(`${recording.file} is put together without a seam`, async () => {
      const random = seeded(recording.file)
      const intact = await serve(recording, { chunks: [body] })
      for (const finish of BREAKS) {
        const at = Math.floor(random() * body.length)
        const broken = await serve(recording, { chunks: [body.subarray(0, at)], finish })
        const targets = [broken, intact].map(({ url }) => targetOf(recording, url))
        // The same words come again: it is the splice that is seen here.
        const gate = await opened(gateway({ ...fallback(...targets), mid_stream: 'restart' }))
        const answer = await message(gate.url, request)
        const place = `${finish} after ${at} of ${body.length} bytes`
        assert.deepEqual(answer.comments, [], place)
        assertWholeMessageStream(answer)
        assertHeard(await accumulated([Buffer.from(answer.body)]), said, choice)
      }
    })

    it(`${recording.file} never looks finished without its end`, async () => {
      const random = seeded(recording.file)
      for (const finish of BREAKS) {
        const rest = body.subarray(0, Math.floor(random() * body.length))
        if (read(recording, rest).whole) continue
        const broken = await serve(recording, { chunks: [rest], finish })
        const { url } = await opened(gateway(targetOf(recording, broken.url)))
        const answer = await message(url, request)
        if (answer.status !== 200) {
          assertError(answer)
          continue
        }
        assertLostMessageStream(answer)
        assert.ok(!answer.body.includes('"tool_use"'), 'no call goes out before the answer is whole')
        await assert.rejects(accumulated([Buffer.from(answer.body)]))
      }
    })
  }
})

function inPieces(bytes: Buffer, random: () => number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + Math.floor(random() * 50)
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

function assertError({ status, body }: MessagesAnswer): void {
  assert.ok(status >= 400, `HTTP tells a failure, not ${status}`)
  const { type, error } = JSON.parse(body) as { type: string; error: { type: string; message: string } }
  assert.equal(type, 'error')
  assert.match(error.type, /_error$|^request_too_large$/)
  assert.notEqual(error.message, '')
}

const STOPS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
}

/** The client has what the provider said, no more and no less. */
function assertHeard(heard: Message, said: Reading, choice: Choice | undefined): void {
  const texts = heard.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
  const thoughts = heard.content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join('')
  assert.equal(texts, (choice?.text ?? '') + (choice?.refusal ?? ''), 'the text')
  assert.equal(thoughts, choice?.reasoning ?? '', 'the reasoning')
  assert.equal(heard.stop_reason, choice?.refusal ? 'refusal' : STOPS[choice?.finish ?? ''], 'the stop reason')
  const calls = heard.content.flatMap((block) => (block.type === 'tool_use' ? [block] : []))
  assert.deepEqual(
    calls.map(({ name }) => name),
    choice?.calls.map(({ name }) => name) ?? [],
    'the calls by name',
  )
  for (const [at, { json }] of (choice?.calls ?? []).entries()) {
    if (choice?.finish === 'length') continue
    assert.deepEqual(calls[at]?.input, json === '' || json === 'null' ? {} : JSON.parse(json), 'the input')
  }
  if (said.usage === undefined) return
  const { prompt, completion, cached = 0, reasoning } = said.usage
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens, output_tokens } = heard.usage
  assert.equal(input_tokens + (cache_read_input_tokens ?? 0) + (cache_creation_input_tokens ?? 0), prompt, 'the input')
  assert.equal(output_tokens, completion, 'the output')
  assert.equal(cache_read_input_tokens ?? 0, cached, 'the cached input')
  assert.equal(heard.usage.output_tokens_details?.thinking_tokens ?? 0, reasoning ?? 0, 'the thinking')
}
