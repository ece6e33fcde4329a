import assert from 'node:assert/strict'
import { cleanup, target } from '../helpers/gateway.ts'
import { scripted } from '../helpers/upstream.ts'
import { type Served, served } from './server.ts'

const CLIENT = '../../lib/cli/playground/client'
const { DIALECTS } = await import(`${CLIENT}/dialects.js`)
const { addPiece, callsOf, newRun } = await import(`${CLIENT}/model.js`)
const { dataOf, framesOf } = await import(`${CLIENT}/sse.js`)
const { PROMPTS } = await import(`${CLIENT}/tasks.js`)

const ID = 'a-run-of-this-test'

interface Read {
  text: string
  calls: string[]
  error: string | undefined
  /** Whether its terminal was there. */
  whole: boolean
  restarts: number
  /** The events with content. */
  received: number
}

/** What the page's reader makes of an answer. */
async function read(url: string, name: string, task: string, query: string): Promise<Read> {
  const dialect = DIALECTS[name]
  const response = await fetch(`${url}/playground${dialect.path}?id=${ID}&${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(dialect.bodyOf({ model: 'playground', prompt: PROMPTS[task], task })),
  })
  const run = newRun(dialect)
  let whole = false
  assert.equal(response.status, 200, response.ok ? '' : await response.text())
  for await (const frame of framesOf(response.body)) {
    const data = dataOf(frame)
    const piece = data === undefined ? {} : dialect.pieceOf(data)
    addPiece(run, piece, 1)
    whole ||= piece.end === true
  }
  const { text, error, restarts, received } = run
  return { text, calls: callsOf(run), error, whole, restarts: restarts.length, received: received.length }
}

describe('a reader of the playground', () => {
  const opened = cleanup()
  let offline: Served
  /** The answer, whoever gives it and in whichever format. */
  let answer: string
  before(async () => {
    offline = await served()
    answer = (await read(offline.url, 'chat-completions', 'text', 'targets=openai')).text
  })
  after(() => offline.close())

  for (const name of Object.keys(DIALECTS)) {
    describe(name, () => {
      // Of them one speaks it itself and one does not, whichever it is.
      for (const provider of ['openai', 'anthropic']) {
        it(`has the whole text of ${provider}`, async () => {
          const { text, error, whole, restarts, received } = await read(
            offline.url,
            name,
            'text',
            `targets=${provider}`,
          )
          assert.match(text, /^You wrote “How do you .*”\. .* goes on\.$/)
          assert.deepEqual({ error, whole, restarts }, { error: undefined, whole: true, restarts: 0 })
          assert.ok(received > 30)
          assert.equal(text, answer)
        })

        it(`has a call of ${provider}`, async () => {
          const { text, calls, whole } = await read(offline.url, name, 'tool', `targets=${provider}`)
          const [call = '', ...others] = calls
          assert.equal(JSON.parse(/^create_reminder\((.*)\)$/.exec(call)?.[1] ?? '').title, 'Water the plants')
          assert.deepEqual({ text, whole, others }, { text: '', whole: true, others: [] })
        })

        it(`asks ${provider} for JSON`, async () => {
          const { text, whole } = await read(offline.url, name, 'json', `targets=${provider}`)
          assert.equal(JSON.parse(text).city, 'Paris')
          assert.equal(whole, true)
        })
      }

      it('has one answer, if the next attempt goes on', async () => {
        for (const pair of ['openai:error,anthropic', 'anthropic:cut,openai']) {
          const joined = await read(offline.url, name, 'text', `targets=${pair}&after=16`)
          assert.deepEqual([joined.text, joined.whole, joined.error], [answer, true, undefined], pair)
        }
      })

      it('has an error, and no end, if the answer is lost', async () => {
        const lost = await read(offline.url, name, 'text', 'targets=openai:cut&after=16&mid_stream=error')
        assert.match(lost.text, /^You wrote/)
        assert.match(lost.error ?? '', /^The connection to the provider broke/)
        assert.equal(lost.whole, false)
      })

      it('hears of a restart if there is a word for it, and of an error if there is none', async () => {
        const query = 'targets=openai:cut,anthropic&after=16&mid_stream=restart&words=own'
        const { restarts, whole, error } = await read(offline.url, name, 'text', query)
        const announced = DIALECTS[name].announcesRestarts
        assert.deepEqual([restarts, whole, error === undefined], announced ? [1, true, true] : [0, false, false])
      })
    })
  }

  it('counts thoughts as content, and shows them nowhere', async () => {
    const events = [
      { type: 'message_start', message: { id: 'msg_1', role: 'assistant', model: 'm', content: [], usage: {} } },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm.' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Yes.' } },
      { type: 'content_block_stop', index: 1 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ]
    const chunks = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    const upstream = await opened(scripted({ chunks }))
    const { url } = await opened(served(target(upstream.url, { provider: 'anthropic' })))
    for (const name of Object.keys(DIALECTS)) {
      const { text, received } = await read(url, name, 'text', '')
      assert.deepEqual([text, received], ['Yes.', 2], name)
    }
  })
})
