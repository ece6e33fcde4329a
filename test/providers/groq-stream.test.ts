import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import { groq } from '../../lib/providers/groq.ts'
import { chunk, decode, events, told, usageOf } from '../helpers/openai-family.ts'

describe('groq: streams', () => {
  const x_groq = { id: 'req_01k', seed: 1 }
  const times = {
    queue_time: 0.04,
    prompt_tokens: 45,
    prompt_time: 0.004,
    completion_tokens: 662,
    completion_time: 2.65,
    total_tokens: 707,
    total_time: 2.66,
  }
  const usage = { prompt_tokens: 45, completion_tokens: 662, total_tokens: 707 }
  const call = (index: number) => ({
    id: `tk${index}`,
    type: 'function',
    function: { name: 'weather', arguments: '{}' },
    index,
  })

  it('S1, S4: reasoning, text, and usage in the finish chunk', () => {
    const inits = decode(
      groq,
      events(
        chunk({ role: 'assistant', content: '' }, null, { x_groq }),
        chunk({ reasoning: 'Okay', channel: 'analysis' }),
        chunk({ content: 'Hi' }, null, { created: 2 }),
        chunk({}, 'stop', { x_groq: { ...x_groq, usage: times } }),
        '[DONE]',
      ),
    )
    const { content, reasoning, finish } = told(inits)
    assert.deepEqual([content, reasoning, finish], ['Hi', 'Okay', 'stop'])
    assert.deepEqual(usageOf(inits), usage)
    assert.equal(inits.at(-1)?.end, true)
  })

  it('S2, S3: whole calls, in one chunk or two', () => {
    const expected = [0, 1].map((index) => ({ id: `tk${index}`, type: 'function', name: 'weather', arguments: '{}' }))
    const together = events(chunk({ tool_calls: [call(0), call(1)] }), chunk({}, 'tool_calls'))
    const apart = events(chunk({ tool_calls: [call(0)] }), chunk({ tool_calls: [call(1)] }), chunk({}, 'tool_calls'))
    assert.deepEqual(told(decode(groq, together)).calls, expected)
    assert.deepEqual(told(decode(groq, apart)).calls, expected)
  })

  it('S5: the limit', () => assert.equal(told(decode(groq, events(chunk({}, 'length')))).finish, 'length'))

  it('tools that Groq ran, and what it cites, are its own', () => {
    const delta = { executed_tools: [{ index: 0, type: 'search' }], annotations: [{ type: 'document_citation' }] }
    assert.deepEqual(decode(groq, events(chunk(delta))), [{ id: 'chatcmpl-1', created: 1770933892, model: 'm' }])
    const [open] = decode(groq, events(chunk(delta, null, { x_groq })), { strict: false })
    assert.deepEqual(open?.vendor, { chunk: { x_groq }, delta: { executed_tools: delta.executed_tools } })
  })

  it('S8: an error event, and an error in x_groq', () => {
    const error = {
      message: 'Tool choice is required',
      type: 'invalid_request_error',
      code: 'tool_use_failed',
      failed_generation: '',
      status_code: 400,
    }
    const fails = (act: () => unknown, status: number, code: string | null) =>
      assert.throws(act, (thrown) => {
        assert(thrown instanceof UpstreamError && thrown.kind === 'in-band')
        assert.deepEqual([thrown.api.status, thrown.api.code, thrown.api.retryable], [status, code, true])
        return true
      })
    fails(() => decode(groq, [{ event: 'error', data: JSON.stringify({ error }) }]), 400, 'tool_use_failed')
    fails(() => decode(groq, events(chunk({}, 'stop', { x_groq: { id: 'r', error: 'over capacity' } }))), 500, null)
  })
})
