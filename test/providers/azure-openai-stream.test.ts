import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import { azureOpenai } from '../../lib/providers/azure-openai.ts'
import { decode, events, told, usageOf } from '../helpers/openai-family.ts'

describe('azure-openai: streams', () => {
  const filters = { hate: { filtered: false, severity: 'safe' } }
  const opening = {
    choices: [],
    created: 0,
    id: '',
    model: '',
    object: '',
    prompt_filter_results: [{ prompt_index: 0, content_filter_results: filters }],
  }
  const base = { created: 1762317021, id: 'chatcmpl-C1', model: 'gpt-5-nano', object: 'chat.completion.chunk' }
  const frame = (delta: unknown, finish: string | null = null, others = {}) => ({
    choices: [{ content_filter_results: filters, delta, finish_reason: finish, index: 0, logprobs: null }],
    ...base,
    obfuscation: 'D3',
    system_fingerprint: null,
    usage: null,
    ...others,
  })
  const late = (finish: string | null) => ({
    choices: [
      { content_filter_offsets: { check_offset: 1 }, content_filter_results: filters, finish_reason: finish, index: 0 },
    ],
    id: '',
    model: '',
    object: '',
    created: 0,
  })

  it('S1: nothing is taken from the opening frame', () => {
    const usage = { completion_tokens: 1, prompt_tokens: 2, total_tokens: 3 }
    const wire = events(
      opening,
      frame({ content: '', refusal: null, role: 'assistant' }),
      frame({ content: 'Hi' }),
      frame({}, 'stop'),
      { ...frame({}), choices: [], usage },
      '[DONE]',
    )
    const envelope = { created: 1762317021, id: 'chatcmpl-C1', model: 'gpt-5-nano' }
    assert.deepEqual(decode(azureOpenai, wire), [
      envelope,
      { ...envelope, content: 'Hi', index: 0 },
      { ...envelope, finish: 'stop', index: 0 },
      { ...envelope, usage },
      { end: true },
    ])
    assert.deepEqual(decode(azureOpenai, wire, { strict: false })[0], {
      ...envelope,
      index: 0,
      vendor: { choice: { content_filter_results: filters } },
    })
  })

  it('asynchronous filter frames say nothing, also after the end of the text', () => {
    const wire = events(opening, frame({ content: 'Hi' }), late(null), frame({}, 'stop'), late(null), '[DONE]')
    const inits = decode(azureOpenai, wire)
    assert.equal(inits.length, 3)
    assert.deepEqual(told(inits), {
      content: 'Hi',
      reasoning: '',
      refusal: '',
      calls: [],
      logprobs: [],
      finish: 'stop',
    })
  })

  it('S6: a late filter still blocks', () => {
    const wire = events(frame({ content: 'Hi' }), frame({}, 'stop'), late('content_filter'), '[DONE]')
    assert.equal(told(decode(azureOpenai, wire)).finish, 'content_filter')
  })

  it('S4: open models, with their nulls', () => {
    const nulls = { role: null, tool_calls: null, content: null, reasoning_content: null }
    const usage = {
      completion_tokens: 5,
      prompt_tokens: 2,
      total_tokens: 7,
      reasoning_tokens: 3,
      prompt_tokens_details: null,
    }
    const inits = decode(
      azureOpenai,
      events(
        opening,
        frame({ ...nulls, role: 'assistant' }),
        frame({ ...nulls, reasoning_content: 'Hm' }),
        frame({ ...nulls, tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }] }),
        frame({ ...nulls, content: 'Hi' }, 'stop', { usage }),
        '[DONE]',
      ),
    )
    const { content, reasoning, calls } = told(inits)
    assert.deepEqual([content, reasoning], ['Hi', 'Hm'])
    assert.deepEqual(calls, [{ id: 'a', type: 'function', name: 'f', arguments: '{}' }])
    assert.deepEqual(usageOf(inits)?.completion_tokens_details, { reasoning_tokens: 3 })
    assert.equal(usageOf(inits)?.prompt_tokens_details, undefined)
  })

  it('a filter that did not run is no error', () => {
    const broken = { error: { code: 'content_filter_error', message: 'x' } }
    const choices = [{ index: 0, delta: { content: 'a' }, content_filter_result: broken, finish_reason: null }]
    assert.equal(told(decode(azureOpenai, events({ ...base, choices }))).content, 'a')
  })

  it('S8: an error frame', () => {
    const wire = events(opening, frame({ content: 'a' }), { error: { message: 'Busy', code: '429' } })
    assert.throws(
      () => decode(azureOpenai, wire),
      (error) => error instanceof UpstreamError && error.api.status === 429,
    )
  })
})
