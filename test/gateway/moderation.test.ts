import assert from 'node:assert/strict'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, describeMounts, target } from '../helpers/gateway.ts'
import { answer, DONE, frame, type Reply, scripted } from '../helpers/upstream.ts'

const VERDICT = {
  input: { type: 'moderation_results', model: 'omni-moderation-latest', results: [{ flagged: false }] },
  output: { type: 'moderation_results', model: 'omni-moderation-latest', results: [{ flagged: true }] },
}
const ASKED = { ...HELLO, moderation: { model: 'omni-moderation-latest' } }
const judged = (moderation: unknown): Reply => {
  const event = { id: 'chatcmpl-up', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], moderation }
  return { chunks: [...answer('Hi').slice(0, -1), frame(event), DONE] }
}

describeMounts('the result of a moderation', (gateway) => {
  const opened = cleanup()

  for (const strict of [true, false]) {
    it(`comes in the stream, and in one completion, with strict_open_ai_compliance ${strict}`, async () => {
      const up = await opened(scripted(judged(VERDICT)))
      const gate = await opened(gateway(target(up.url, { strict_open_ai_compliance: strict })))
      const streamed = await chat(gate.url, ASKED)
      const verdicts = streamed.frames.flatMap(({ moderation }) => moderation ?? [])
      assert.deepEqual([verdicts, streamed.text, streamed.finish], [[VERDICT], 'Hi', ['stop']])
      assert.ok(streamed.frames.every(({ choices }) => choices !== undefined))

      const whole = JSON.parse((await chat(gate.url, { ...ASKED, stream: false })).body)
      assert.deepEqual([whole.moderation, whole.choices[0].message.content], [VERDICT, 'Hi'])
      assert.deepEqual(JSON.parse(up.requests[0]?.body ?? '{}').moderation, ASKED.moderation)
    })
  }

  it('of a completion that was not streamed comes, too', async () => {
    const completion = {
      ...{ id: 'c', object: 'chat.completion', created: 1, model: 'm', moderation: VERDICT },
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    }
    const reply = { headers: { 'content-type': 'application/json' }, chunks: [JSON.stringify(completion)] }
    const up = await opened(scripted(reply))
    const gate = await opened(gateway(target(up.url)))
    const { frames, text } = await chat(gate.url, ASKED)
    assert.deepEqual([frames.flatMap(({ moderation }) => moderation ?? []), text], [[VERDICT], 'Hi'])
  })

  it('that is none is left out', async () => {
    for (const moderation of [null, 'no', 7, []]) {
      const up = await opened(scripted(judged(moderation)))
      const gate = await opened(gateway(target(up.url)))
      const { frames, done } = await chat(gate.url, ASKED)
      assert.deepEqual([frames.some((chunk) => 'moderation' in chunk), done], [false, true])
    }
  })

  it('is none of a provider that has no moderation, which is told', async () => {
    const up = await opened(scripted({ chunks: answer('Hi') }))
    const gate = await opened(gateway(target(up.url, { provider: 'groq' })))
    const { headers } = await chat(gate.url, ASKED)
    assert.match(String(headers['x-streamgate-dropped-params']), /\bmoderation\b/)
    assert.equal(JSON.parse(up.requests[0]?.body ?? '{}').moderation, undefined)
  })
})
