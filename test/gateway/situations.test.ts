import assert from 'node:assert/strict'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, describeMounts, fallback, target } from '../helpers/gateway.ts'
import { answer, DONE, frame, openaiChunk, type Reply, ROLE, STOP, scripted, text } from '../helpers/upstream.ts'

const error = (
  status: number,
  message: string,
  code: string | null = null,
  headers: Record<string, string> = {},
): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  chunks: [JSON.stringify({ error: { message, type: 'some_error', param: null, code } })],
})
const GOOD: Reply = { chunks: answer('A whole answer') }
const RETRY = { retry: { attempts: 2 } }

/** What people try on a gateway before they trust it. */
describeMounts('the sixteen situations', (gateway) => {
  const opened = cleanup()

  /** A gateway with a troubled primary and a sound fallback. */
  async function pair(config: Record<string, unknown>, ...primary: (Reply | (() => void))[]) {
    const [first, second] = [await opened(scripted(...primary)), await opened(scripted(GOOD))]
    // The fallback has all the time it needs.
    const { first_chunk_timeout, idle_timeout, ...rest } = config
    const impatient = {
      ...(first_chunk_timeout !== undefined && { first_chunk_timeout }),
      ...(idle_timeout !== undefined && { idle_timeout }),
    }
    const gate = await opened(gateway({ ...fallback(target(first.url, impatient), target(second.url)), ...rest }))
    return { first, second, gate }
  }

  it('1. a 429 with Retry-After is waited for and tried again', async () => {
    const { first, second, gate } = await pair(RETRY, error(429, 'slow', null, { 'retry-after-ms': '5' }), GOOD)
    assert.equal((await chat(gate.url)).text, 'A whole answer')
    assert.deepEqual([first.requests.length, second.requests.length], [2, 0])
  })

  it('2. a persistent 429 goes to the fallback after the retries', async () => {
    const { first, second, gate } = await pair(RETRY, error(429, 'slow', null, { 'retry-after-ms': '1' }))
    assert.equal((await chat(gate.url)).text, 'A whole answer')
    assert.deepEqual([first.requests.length, second.requests.length], [3, 1])
  })

  it('3. one 500 is retried', async () => {
    const { second, gate } = await pair(RETRY, error(500, 'oops', null, { 'retry-after-ms': '1' }), GOOD)
    assert.equal((await chat(gate.url)).text, 'A whole answer')
    assert.equal(second.requests.length, 0)
  })

  it('4. a persistent 503 goes to the fallback, or is a 503 with the envelope', async () => {
    const busy = error(503, 'overloaded', null, { 'retry-after-ms': '1' })
    const { gate } = await pair(RETRY, busy)
    assert.equal((await chat(gate.url)).text, 'A whole answer')
    const alone = await opened(gateway(target((await opened(scripted(busy))).url)))
    const result = await chat(alone.url)
    assert.equal(result.status, 503)
    assert.equal(JSON.parse(result.body).error.code, 'overloaded')
  })

  it('5. a reset goes to the fallback', async () => {
    const { gate } = await pair({}, { reset: 'before' })
    assert.equal((await chat(gate.url)).text, 'A whole answer')
  })

  it('6. no response at all is a timeout', async () => {
    const { first, gate } = await pair({ first_chunk_timeout: 40 }, () => {})
    assert.equal((await chat(gate.url)).text, 'A whole answer')
    await first.requests[0]?.closed
  })

  it('7. a slow first token is hedged or timed out', async () => {
    const { gate } = await pair(
      { strategy: { mode: 'hedge', delay: 20, max_extra: 1 } },
      { chunks: [ROLE], finish: 'hang' },
    )
    assert.equal((await chat(gate.url)).text, 'A whole answer')
  })

  it('8. a stream that is cut is spliced', async () => {
    const { gate } = await pair({}, { chunks: [ROLE, text('A whole ')], finish: 'cut' })
    const result = await chat(gate.url)
    assert.equal(result.text, 'A whole answer')
    assert.deepEqual(result.comments, [])
  })

  it('9. a stream that stalls is spliced', async () => {
    const { gate } = await pair({ idle_timeout: 40 }, { chunks: [ROLE, text('A whole ')], finish: 'hang' })
    const result = await chat(gate.url)
    assert.equal(result.text, 'A whole answer')
    assert.equal(result.done, true)
  })

  it('10. one malformed event is a failed stream, not a gap in the answer', async () => {
    const { gate } = await pair({}, { chunks: [ROLE, text('A '), frame('{"choices":[{"del'), text('gap'), STOP, DONE] })
    assert.equal((await chat(gate.url)).text, 'A whole answer')
  })

  it('11. a missing terminator is a cut stream, but for a finish reason and a clean end of the body', async () => {
    const said = [ROLE, text('A whole answer')]
    const cases: [Reply, string | undefined][] = [
      [{ chunks: said }, 'truncated'],
      [{ chunks: [...said, STOP], finish: 'cut' }, 'truncated'],
      [{ chunks: [...said, STOP], finish: 'reset' }, 'truncated'],
      [{ chunks: [...said, STOP] }, undefined],
    ]
    for (const [reply, kind] of cases) {
      const { gate } = await pair({}, reply)
      const result = await chat(gate.url)
      assert.deepEqual([result.text, result.finish, result.done], ['A whole answer', ['stop'], true])
      assert.equal(gate.attempts[0]?.failure?.kind, kind)
    }
  })

  it('12. a context-length error makes exactly one attempt on its target', async () => {
    const { first, second, gate } = await pair(RETRY, error(400, 'too long', 'context_length_exceeded'))
    assert.equal((await chat(gate.url)).text, 'A whole answer')
    assert.deepEqual([first.requests.length, second.requests.length], [1, 1])
    const alone = await opened(gateway({ ...target(first.url), ...RETRY }))
    const result = await chat(alone.url)
    assert.equal(result.status, 400)
    assert.equal(JSON.parse(result.body).error.code, 'context_length_exceeded')
    assert.equal(first.requests.length, 2)
  })

  it('13. a content filter is handed to the fallback without a retry', async () => {
    const { first, gate } = await pair(RETRY, error(400, 'filtered', 'content_filter'))
    assert.equal((await chat(gate.url)).text, 'A whole answer')
    assert.equal(first.requests.length, 1)
  })

  it('14. a fallback that refuses prefill is asked in another way', async () => {
    const first = await opened(scripted({ chunks: [ROLE, text('It was a dark and stormy night, ')], finish: 'reset' }))
    const second = await opened(
      scripted(error(400, 'prefill is not supported'), { chunks: answer('dark and stormy night, and cold.') }),
    )
    const config = { ...fallback(target(first.url), target(second.url, { prefill: true })), mid_stream: 'continue' }
    const gate = await opened(gateway(config))
    const result = await chat(gate.url)
    assert.equal(result.text, 'It was a dark and stormy night, and cold.')
    assert.deepEqual(result.comments, [])
  })

  it('15. a flapping primary is left alone, then probed by one request', async () => {
    const down = error(500, 'down')
    const { first, second, gate } = await pair(
      { cb_config: { failure_threshold: 2, cooldown_interval: 800 } },
      ...[down, down, GOOD],
    )
    for (let n = 0; n < 6; n += 1) await chat(gate.url)
    assert.deepEqual([first.requests.length, second.requests.length], [2, 6])
    // The cooldown is waited out by requests, each of which is answered meanwhile.
    while (first.requests.length === 2) await chat(gate.url)
    assert.equal((await chat(gate.url)).text, 'A whole answer')
    assert.equal(first.requests.length, 4)
  })

  it('16. usage and model are those of the server that answered', async () => {
    const own = (model: string, total_tokens: number) => [
      openaiChunk({ content: 'x' }, null, { model }),
      openaiChunk({}, 'stop', { model }),
      frame({
        id: 'c',
        created: 1,
        model,
        choices: [],
        usage: { prompt_tokens: 1, completion_tokens: total_tokens - 1, total_tokens },
      }),
      DONE,
    ]
    const first = await opened(scripted({ chunks: own('model-a', 9).slice(0, 0), finish: 'reset' }))
    const second = await opened(scripted({ chunks: own('model-b', 7) }))
    const gate = await opened(gateway(fallback(target(first.url), target(second.url))))
    const result = await chat(gate.url, { ...HELLO, stream_options: { include_usage: true } })
    assert.equal(result.frames.at(-1)?.usage?.total_tokens, 7)
    assert.ok(result.frames.every(({ model }) => model === 'model-b'))
    assert.equal(gate.outcomes[0]?.usage?.total_tokens, 7)
  })
})
