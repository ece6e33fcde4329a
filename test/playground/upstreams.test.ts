import assert from 'node:assert/strict'
import { FAULTS, type Fault, MODELS, readChoices } from '../../lib/cli/playground/choices.ts'
import { startUpstreams, type Upstreams } from '../../lib/cli/playground/upstreams.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, gateway } from '../helpers/gateway.ts'

/** What a failure is taken for: the provider's status, or the kind. */
const EXPECTED: Record<Exclude<Fault, 'none'>, string | number> = {
  429: 429,
  500: 500,
  cut: 'truncated',
  stall: 'timeout',
  error: 'in-band',
  slow: 'timeout',
}

describe('the emulated providers of the playground', function () {
  this.timeout(30_000)
  const opened = cleanup()
  let upstreams: Upstreams
  /** The answer, whoever gives it. */
  let whole: string
  before(async () => {
    upstreams = await startUpstreams({ pace: 1, patience: 500 })
    whole = (await asked('targets=openai')).text
  })
  after(() => upstreams.close())

  async function asked(query: string, more: object = {}) {
    const gate = await opened(gateway(upstreams.configFor(readChoices(new URLSearchParams(query)))))
    const told = await chat(gate.url, { ...HELLO, stream_options: { include_usage: true }, ...more })
    return { ...told, attempts: gate.attempts }
  }

  for (const provider of Object.keys(MODELS)) {
    describe(provider, () => {
      let alone: Awaited<ReturnType<typeof asked>>
      before(async () => {
        alone = await asked(`targets=${provider}`)
      })

      it('streams a whole answer in many pieces', async () => {
        const { text, frames, finish, done } = alone
        assert.match(text, /^You wrote “hi”\. .* goes on\.$/)
        assert.equal(text, whole)
        assert.ok(frames.length > 30)
        assert.deepEqual({ finish, done }, { finish: ['stop'], done: true })
      })

      for (const fault of FAULTS.filter((each) => each !== 'none')) {
        it(`fails as told (${fault}), and the next one saves the answer`, async () => {
          const { attempts, ...told } = await asked(`targets=${provider}:${fault},openai&after=12`)
          assert.deepEqual([told.text, told.done, told.comments], [whole, true, []])
          assert.deepEqual(
            attempts.map(({ failure }) => failure?.status ?? failure?.kind),
            [EXPECTED[fault as Exclude<Fault, 'none'>], undefined],
          )
        })
      }

      it('calls a tool, and tells JSON', async () => {
        const parameters = { type: 'object', properties: { title: { type: 'string' }, notes: { type: 'string' } } }
        const tools = [{ type: 'function', function: { name: 'create_reminder', parameters } }]
        const called = await asked(`targets=openai:cut,${provider}&after=12`, { tools })
        const [call] = called.frames.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
        assert.equal(call?.function?.name, 'create_reminder')
        assert.equal(JSON.parse(call?.function?.arguments ?? '').title, 'Water the plants')
        assert.deepEqual([called.finish, called.done], [['tool_calls'], true])

        const messages = [{ role: 'user', content: 'Paris as JSON' }]
        const json = { messages, response_format: { type: 'json_object' } }
        const told = await asked(`targets=openai:cut,${provider}&after=12`, json)
        assert.equal(JSON.parse(told.text).river, 'Seine')
        assert.deepEqual([told.finish, told.done], [['stop'], true])
      })

      it('goes on where another one broke off', async () => {
        const told = await asked(`targets=openai:cut,${provider}&after=24&mid_stream=continue`)
        assert.deepEqual([told.text, told.done, told.comments], [whole, true, []])
        // It told the rest alone.
        assert.ok((told.attempts[1]?.chunks ?? 0) < (alone.attempts[0]?.chunks ?? 0) - 10)
      })
    })
  }

  it('tell how long a client is to wait after a 429', async () => {
    const { status, headers } = await asked('targets=openai:429')
    assert.deepEqual([status, headers['retry-after']], [429, '1'])
  })

  it('break off before the first content, if told to', async () => {
    const { attempts, done } = await asked('targets=openai:cut,anthropic&after=0')
    assert.deepEqual([attempts[0]?.chunks, attempts.length, done], [0, 2, true])
  })

  it('answer in words of their own, if told to', async () => {
    const { frames, text, done } = await asked('targets=openai:cut,google&after=12&words=own&mid_stream=restart')
    assert.equal(frames.filter(({ streamgate }) => streamgate?.event === 'restart').length, 1)
    assert.match(text, /“hi”, you ask, and another model answers/)
    assert.equal(done, true)
  })

  it('quote the beginning of a long prompt', async () => {
    const gate = await opened(gateway(upstreams.configFor(readChoices(new URLSearchParams('targets=openai')))))
    const { text } = await chat(gate.url, { ...HELLO, messages: [{ role: 'user', content: 'x'.repeat(2000) }] })
    assert.match(text, /^You wrote “x{80}…”\. /)
  })
})
