import assert from 'node:assert/strict'
import { newCuts } from '../corpus/kinds.ts'
import { cleanup, fallback, gateway } from '../helpers/gateway.ts'
import {
  accumulated,
  assertLostMessageStream,
  assertWholeMessageStream,
  HELLO,
  type MessagesAnswer,
  message,
  textOf,
} from '../helpers/messages.ts'
import { scripted } from '../helpers/upstream.ts'
import { SYSTEMS } from '../sdk/systems/index.ts'
import type { Answer, System } from '../sdk/systems/system.ts'

const ANSWER = {
  text: ['It is ', 'sunny "there".'],
  calls: [{ id: 'pariS0001', name: 'get_weather', arguments: { city: 'Paris' } }],
} satisfies Answer

const TOOLS = [{ name: 'get_weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } }]

/** Calls are held all the same: clients of this format run them at once. */
const LIVE = { tool_calls: 'live' }

/** Native and translated, by lines and by frames. */
const NAMES = ['openai', 'anthropic', 'google', 'bedrock invoke', 'cohere'] as const

describe('Messages, cut anywhere', () => {
  const opened = cleanup()
  const systems = NAMES.map((name) => ({ name, ...(SYSTEMS[name] as System) }))

  for (const [at, broken] of systems.entries()) {
    const next = systems[(at + 1) % systems.length] as System & { name: string }
    const body = Buffer.concat(broken.tell(ANSWER).map((piece) => Buffer.from(piece)))
    const request = { ...HELLO, model: broken.model, tools: TOOLS }

    /** The broken system, whose streams are cut after as many bytes as the request says. */
    const cutting = () =>
      opened(
        scripted((_req, res, { body: asked }) => {
          const after = Number(/cut (\d+)/.exec(asked)?.[1])
          res.writeHead(200, { 'content-type': broken.contentType })
          res.write(body.subarray(0, after), () => res.destroy())
          if (after === 0) res.destroy()
        }),
      )

    /** Asks the gateway again and again, with a cut at each of the places. */
    async function atEachCut(url: string, check: (answer: MessagesAnswer, after: number) => Promise<void> | void) {
      const cuts = placesIn(body)
      const worker = async () => {
        for (let after = cuts.pop(); after !== undefined; after = cuts.pop()) {
          const messages = [{ role: 'user', content: `cut ${after}` }]
          await check(await message(url, { ...request, messages }), after)
        }
      }
      await Promise.all(Array.from({ length: 16 }, worker))
    }

    it(`${broken.name} never looks finished`, async () => {
      const { url: host } = await cutting()
      const { url } = await opened(gateway({ ...broken.target(host), ...LIVE, api_key: 'k' }))
      await atEachCut(url, (answer, after) => {
        if (answer.status !== 200) return
        if (answer.events.at(-1)?.name === 'message_stop') {
          assert.ok(after > body.length - VERY_END, `whole after ${after} of ${body.length} bytes`)
          return
        }
        assertLostMessageStream(answer)
        assert.ok(!answer.body.includes('"tool_use"'), `a call after ${after} bytes`)
      })
    }).timeout(60_000)

    it(`${broken.name}, then ${next.name}: one whole answer`, async () => {
      const { url: host } = await cutting()
      const reply = { headers: { 'content-type': next.contentType }, chunks: next.tell(ANSWER) }
      const intact = await opened(scripted(reply))
      const targets = [broken.target(host), { ...next.target(intact.url), models: { '*': next.model } }]
      const keyed = targets.map((target) => ({ ...target, api_key: 'k' }))
      const { url } = await opened(gateway({ ...fallback(...keyed), ...LIVE, mid_stream: 'restart' }))
      await atEachCut(url, async (answer, after) => {
        assertWholeMessageStream(answer)
        const heard = await accumulated([Buffer.from(answer.body)])
        assert.equal(textOf(heard), ANSWER.text.join(''), `after ${after} bytes`)
        const calls = heard.content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : []))
        assert.deepEqual(calls, [{ city: 'Paris' }], `after ${after} bytes`)
      })
    }).timeout(60_000)
  }
})

/** A cut here may lose no more than the end of a line, or a terminal behind a good reason. */
const VERY_END = 40

/** All over a stream, and in its last bytes, the first cut of each kind. `npm run fuzz` cuts at every byte. */
function placesIn(body: Buffer): number[] {
  const isNew = newCuts()('', body)
  return [...body.keys()].filter((at) => (at % STEP === 0 || at > body.length - VERY_END) && isNew(at))
}
const STEP = 23
