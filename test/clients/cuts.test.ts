import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { DEFAULT_CONTINUE_INSTRUCTION } from '../../lib/config/settings.ts'
import { placesIn } from '../helpers/cuts.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import {
  answer,
  DONE,
  openaiChunk,
  type Recorded,
  type Reply,
  ROLE,
  STOP,
  scripted,
  text,
} from '../helpers/upstream.ts'
import { READERS, type Read } from './readers.ts'

/** For each client, at other places than for the others; more with `FUZZ=long`. */
const CUTS = process.env.FUZZ === 'long' ? 24 : 10
const WORDS =
  'It is sunny in Paris today, with a light wind from the west, and 21 degrees by noon at the latest.'.split(/(?= )/)
const WHOLE = WORDS.join('')
const OWN = ['Paris has ', 'a fine day.']
const BODY = Buffer.from([ROLE, ...WORDS.map(text), STOP, DONE].join(''))

/** A model that goes on when it is asked to, and has words of its own when it is not. */
function goesOn(_req: IncomingMessage, res: ServerResponse, { body }: Recorded): void {
  const { messages } = JSON.parse(body) as { messages: { role: string; content: string }[] }
  const begun = messages.at(-1)?.content === DEFAULT_CONTINUE_INSTRUCTION ? (messages.at(-2)?.content ?? '') : undefined
  const repeated = begun?.split(' ').slice(-8).join(' ') ?? ''
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  const said = begun === undefined ? OWN : [repeated, WHOLE.slice(begun.length)]
  res.end([...answer(...said)].join(''))
}

describe('an answer that is cut anywhere', () => {
  const opened = cleanup()

  for (const [client, read] of Object.entries(READERS)) {
    it(`is one whole text to ${client}, where the next model goes on when it is asked to`, async () => {
      const cuts = placesIn(BODY.length, CUTS, client)
      let at = 0
      const bad = await opened(
        scripted((_req, res) => {
          res.writeHead(200, { 'content-type': 'text/event-stream' })
          res.write(BODY.subarray(0, cuts[at]), () => res.destroy())
        }),
      )
      const good = await opened(scripted(goesOn))
      const gate = await opened(gateway(fallback(target(bad.url), target(good.url))))
      for (at = 0; at < CUTS; at += 1) {
        const { text: all, finish } = await read(gate.sdk.baseURL, 'm', true)
        assert.ok(all === WHOLE || all === OWN.join(''), `cut at ${cuts[at]}: ${all}`)
        assert.equal(finish, 'stop')
      }
    }).timeout(30_000)
  }

  for (const [client, read] of Object.entries(READERS)) {
    it(`is an error to ${client}, where no model goes on`, async () => {
      const begin = [ROLE, ...WORDS.slice(0, 9).map(text)]
      const bad = await opened(scripted({ chunks: begin, finish: 'reset' }))
      const good = await opened(scripted({ chunks: answer(...OWN) }))
      const gate = await opened(gateway({ ...fallback(target(bad.url), target(good.url)), mid_stream: 'continue' }))
      // The AI SDK reports an error beside the text, with a finish reason of its own.
      const result = await read(gate.sdk.baseURL, 'm', true).catch((error: Error) => error)
      assert.ok(result instanceof Error || result.finish === 'error', JSON.stringify(result))
    })
  }

  /** A body that is cut at another place for each request. */
  async function cutAnywhere(body: Buffer, seed: string) {
    const cuts = placesIn(body.length, CUTS, seed)
    return opened(
      scripted((_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        res.write(body.subarray(0, cuts.pop()), () => res.destroy())
      }),
    )
  }

  /** What a client reads for each cut: each time one of the whole answers, or an error. */
  async function neverMixed(read: () => Promise<Read>, whole: readonly unknown[], of: (result: Read) => unknown) {
    let errors = 0
    for (let time = 0; time < CUTS; time += 1) {
      const result = await read().catch((error: Error) => error)
      if (result instanceof Error || result.finish === 'error') errors += 1
      else assert.ok(whole.includes(of(result)), JSON.stringify(result))
    }
    assert.ok(errors > 0 && errors < CUTS, `${errors} of ${CUTS} were errors`)
  }

  const JSON_MODE = { override_params: { response_format: { type: 'json_object' } } }
  const FIRST = '{"city":"Paris","sky":"sunny","wind":"west","degrees":21,"rain":false}'
  const SECOND = '{"place":"Paris","weather":{"fine":true}}'

  for (const [client, read] of Object.entries(READERS)) {
    it(`is one JSON or an error to ${client}, where JSON was asked for and the next model has another one`, async () => {
      const body = Buffer.from([ROLE, ...(FIRST.match(/.{1,6}/g) ?? []).map(text), STOP, DONE].join(''))
      const bad = await cutAnywhere(body, client)
      const good = await opened(scripted({ chunks: answer(SECOND) }))
      const gate = await opened(gateway({ ...fallback(target(bad.url), target(good.url)), ...JSON_MODE }))
      await neverMixed(
        () => read(gate.sdk.baseURL, 'm', true),
        [FIRST, SECOND],
        ({ text: all }) => all,
      )
    }).timeout(30_000)
  }

  const piece = (args: string, head = {}) =>
    openaiChunk({
      tool_calls: [{ index: 0, ...head, function: { ...('id' in head && { name: 'get_weather' }), arguments: args } }],
    })
  const calling = (id: string, ...args: string[]): string[] => [
    ROLE,
    piece('', { id, type: 'function' }),
    ...args.map((each) => piece(each)),
    openaiChunk({}, 'tool_calls'),
    DONE,
  ]

  for (const [client, read] of Object.entries(READERS)) {
    it(`is one call or an error to ${client}, behind a call that was sent`, async () => {
      const bad = await cutAnywhere(Buffer.from(calling('a', '{"ci', 'ty":', '"Par', 'is"}').join('')), client)
      const another: Reply = { chunks: calling('b', '{"city":"Rome"}') }
      const good = await opened(scripted(another))
      const gate = await opened(gateway({ ...fallback(target(bad.url), target(good.url)), tool_calls: 'live' }))
      const whole = ['Paris', 'Rome'].map((city) => JSON.stringify([{ name: 'get_weather', arguments: { city } }]))
      await neverMixed(
        () => read(gate.sdk.baseURL, 'm', true),
        whole,
        ({ calls }) => JSON.stringify(calls),
      )
    }).timeout(30_000)
  }
})
