import assert from 'node:assert/strict'
import { openai } from '../../lib/providers/openai.ts'
import { chunk, decode, events, failure, told, usageOf } from '../helpers/openai-family.ts'

describe('openai: streams', () => {
  const role = chunk({ role: 'assistant', content: '', refusal: null })
  const usage = {
    prompt_tokens: 16,
    completion_tokens: 300,
    total_tokens: 316,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, accepted_prediction_tokens: 0 },
  }
  const total = chunk({}, null, { choices: [], usage })

  it('S1: text, with its envelope, usage and end', () => {
    const first = chunk({ role: 'assistant', content: '', refusal: null }, null, {
      service_tier: 'default',
      system_fingerprint: 'fp_x',
      usage: null,
      obfuscation: 'Qu1',
    })
    const inits = decode(
      openai,
      events(first, chunk({ content: 'Hel' }), chunk({ content: 'lo' }), chunk({}, 'stop'), total, '[DONE]'),
    )
    const envelope = { id: 'chatcmpl-1', created: 1770933892, model: 'm' }
    assert.deepEqual(inits, [
      { ...envelope, service_tier: 'default', system_fingerprint: 'fp_x' },
      { ...envelope, content: 'Hel', index: 0 },
      { ...envelope, content: 'lo', index: 0 },
      { ...envelope, finish: 'stop', index: 0 },
      { ...envelope, usage },
      { end: true },
    ])
  })

  it('S2: text and one call', () => {
    const inits = decode(
      openai,
      events(
        role,
        chunk({ content: 'Look:' }),
        chunk({ tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'f', arguments: '' } }] }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: '' } }] }),
        chunk({}, 'tool_calls'),
        '[DONE]',
      ),
    )
    const { content, calls, finish } = told(inits)
    assert.equal(content, 'Look:')
    assert.deepEqual(calls, [{ id: 'call_a', type: 'function', name: 'f', arguments: '{"a":1}' }])
    assert.equal(finish, 'tool_calls')
  })

  it('S3: two calls, the id, type and name of each told once', () => {
    const inits = decode(
      openai,
      events(
        chunk({
          role: 'assistant',
          content: null,
          tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }],
        }),
        chunk({ tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] }),
        chunk({ tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '' } }] }),
        chunk({ tool_calls: [{ index: 1, function: { arguments: '{}' } }] }),
        chunk({}, 'tool_calls'),
        '[DONE]',
      ),
    )
    assert.deepEqual(
      inits.flatMap((init) => init.toolCalls ?? []),
      [
        { key: 0, type: 'function', id: 'a', name: 'f' },
        { key: 0, arguments: '{}' },
        { key: 1, type: 'function', id: 'b', name: 'g' },
        { key: 1, arguments: '{}' },
      ],
    )
  })

  it('S4: reasoning under either name, and not twice', () => {
    const inits = decode(
      openai,
      events(
        role,
        chunk({ reasoning_content: 'a' }),
        chunk({ reasoning: 'b' }),
        chunk({ reasoning_content: 'c', reasoning: 'c' }),
        chunk({ content: 'd' }),
        chunk({}, 'stop'),
        '[DONE]',
      ),
    )
    assert.equal(told(inits).reasoning, 'abc')
    assert.equal(told(inits).content, 'd')
  })

  it('S5: a call that was cut stays as it is', () => {
    const call = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{"a' } }
    const { calls, finish } = told(
      decode(openai, events(role, chunk({ tool_calls: [call] }), chunk({}, 'length'), '[DONE]')),
    )
    assert.equal(calls[0]?.arguments, '{"a')
    assert.equal(finish, 'length')
  })

  it('S6: the filter, and a refusal with words', () => {
    assert.equal(
      told(decode(openai, events(role, chunk({ content: 'a' }), chunk({}, 'content_filter')))).finish,
      'content_filter',
    )
    assert.equal(
      told(decode(openai, events(role, chunk({ refusal: 'No' }), chunk({ refusal: '.' }), chunk({}, 'stop')))).refusal,
      'No.',
    )
  })

  it('S7, S8: an error in place of a chunk, with the status it stands for', () => {
    const wire = events(
      role,
      { error: { message: 'Overloaded', type: 'server_error', param: null, code: null } },
      '[DONE]',
    )
    assert.deepEqual(
      failure(() => decode(openai, wire)),
      {
        status: 500,
        message: 'Overloaded',
        type: 'server_error',
        param: null,
        code: null,
        retryable: true,
      },
    )
  })

  it('say nothing of the end before [DONE], and compare it whole', () => {
    assert(
      !decode(openai, events(role, chunk({ content: '[DONE]' }), chunk({}, 'stop'), total)).some((init) => init.end),
    )
    assert.deepEqual(decode(openai, events(' [DONE] ')), [{ end: true }])
    assert.equal(told(decode(openai, events(chunk({ content: 'data: [DONE]' })))).content, 'data: [DONE]')
  })

  it('tell the choices of n > 1 apart', () => {
    const of = (index: number, delta: unknown, finish: string | null = null) =>
      chunk({}, null, { choices: [{ index, delta, finish_reason: finish }] })
    const call = (id: string) => ({ tool_calls: [{ index: 0, id, function: { name: 'f', arguments: id } }] })
    const inits = decode(
      openai,
      events(
        of(0, { content: 'a' }),
        of(1, { content: 'b' }),
        of(1, call('x')),
        of(0, call('y')),
        of(1, {}, 'length'),
        of(0, {}, 'stop'),
      ),
    )
    assert.deepEqual([told(inits, 0).content, told(inits, 0).finish, told(inits, 0).calls[0]?.id], ['a', 'stop', 'y'])
    assert.deepEqual([told(inits, 1).content, told(inits, 1).finish, told(inits, 1).calls[0]?.id], ['b', 'length', 'x'])
  })

  it('take usage from wherever it stands, with numbers only', () => {
    const counts = { prompt_tokens: 2, completion_tokens: 3 }
    const expected = { ...counts, total_tokens: 5 }
    const cases: [unknown, unknown][] = [
      [{ usage: { ...counts, total_tokens: 5, queue_time: 0.1, cost: 1 } }, expected],
      [{ x_groq: { usage: counts } }, expected],
      [{ choices: [{ index: 0, delta: {}, usage: counts }] }, expected],
      [
        { usage: { ...counts, prompt_tokens_details: null, reasoning_tokens: 1 } },
        { ...expected, completion_tokens_details: { reasoning_tokens: 1 } },
      ],
      [
        { usage: { ...counts, prompt_tokens_details: { cached_tokens: 1, audio: null, kind: 'x' } } },
        { ...expected, prompt_tokens_details: { cached_tokens: 1 } },
      ],
      [
        { usage: { ...counts, prompt_token_details: { cached_tokens: 1 } } },
        { ...expected, prompt_tokens_details: { cached_tokens: 1 } },
      ],
      [{ usage: { ...counts, num_cached_tokens: 1 } }, { ...expected, prompt_tokens_details: { cached_tokens: 1 } }],
      [
        { usage: { ...counts, prompt_cache_hit_tokens: 1, prompt_cache_miss_tokens: 2 } },
        { ...expected, prompt_tokens_details: { cached_tokens: 1 } },
      ],
      [{ usage: { input_tokens: counts.prompt_tokens, output_tokens: counts.completion_tokens } }, expected],
      [
        { usage: { ...counts, total_tokens: 12, completion_tokens_details: { reasoning_tokens: 7 } } },
        {
          prompt_tokens: 2,
          completion_tokens: 10,
          total_tokens: 12,
          completion_tokens_details: { reasoning_tokens: 7 },
        },
      ],
      [
        { usage: { ...counts, total_tokens: 5, completion_tokens_details: { reasoning_tokens: 2 } } },
        { ...expected, completion_tokens_details: { reasoning_tokens: 2 } },
      ],
      [{ usage: {} }, undefined],
      [{ usage: 'many' }, undefined],
    ]
    for (const [fields, usage] of cases) assert.deepEqual(usageOf(decode(openai, events(fields))), usage)
  })

  it('know the finish reasons of the family', () => {
    const reasons = {
      stop: 'stop',
      eos: 'stop',
      length: 'length',
      model_length: 'length',
      tool_calls: 'tool_calls',
      function_call: 'tool_calls',
      content_filter: 'content_filter',
      '': undefined,
    }
    for (const [reason, finish] of Object.entries(reasons)) {
      assert.equal(told(decode(openai, events(chunk({}, reason)))).finish, finish, reason)
    }
  })

  it('tell the legacy function call as a tool call', () => {
    const inits = decode(
      openai,
      events(
        chunk({ function_call: { name: 'f', arguments: '' } }),
        chunk({ function_call: { arguments: '{}' } }),
        chunk({}, 'function_call'),
      ),
    )
    assert.deepEqual(told(inits).calls, [{ type: 'function', name: 'f', arguments: '{}' }])
    assert.equal(told(inits).finish, 'tool_calls')
  })

  it('tell custom tool calls with their input', () => {
    const inits = decode(
      openai,
      events(
        chunk({ tool_calls: [{ index: 0, id: 'c', type: 'custom', custom: { name: 'sh', input: '' } }] }),
        chunk({ tool_calls: [{ index: 0, custom: { input: 'ls' } }] }),
      ),
    )
    assert.deepEqual(told(inits).calls, [{ id: 'c', type: 'custom', name: 'sh', arguments: 'ls' }])
  })

  it('keep citations of addresses, and no others', () => {
    const cited = { type: 'url_citation', url_citation: { start_index: 1, end_index: 2, url: 'https://a', title: 'A' } }
    const inits = decode(
      openai,
      events(
        chunk({ annotations: [cited, { ...cited, type: 'document_citation' }, null] }),
        chunk({ annotations: [{ type: 'function_citation' }] }),
      ),
    )
    assert.deepEqual(
      inits.flatMap((init) => init.annotations ?? []),
      [cited],
    )
  })

  it('keep log probabilities', () => {
    const token = { token: 'a', logprob: -1, bytes: [97], top_logprobs: [{ token: 'b', logprob: -2, bytes: null }] }
    const choices = [
      { index: 0, delta: { refusal: 'a' }, logprobs: { content: null, refusal: [token] }, finish_reason: null },
    ]
    assert.deepEqual(told(decode(openai, events({ choices }))).logprobs, [{ content: null, refusal: [token] }])
  })

  it('end audio that gives no reason with stop, and other silence with none', () => {
    const audio = events(
      chunk({ audio: { id: 'a', data: 'AA==' } }),
      chunk({ audio: { expires_at: 1, data: null } }),
      '[DONE]',
    )
    const inits = decode(openai, audio)
    assert.deepEqual(inits.slice(-2), [{ index: 0, finish: 'stop' }, { end: true }])
    assert.deepEqual(inits[1]?.audio, { expires_at: 1 })
    assert.equal(
      told(decode(openai, events(chunk({ audio: { id: 'a' } }), chunk({}, 'length'), '[DONE]'))).finish,
      'length',
    )
    assert.equal(told(decode(openai, events(chunk({ content: 'a' }), '[DONE]'))).finish, undefined)
  })

  it("tell the vendor's own fields if asked to, without what belongs to the upstream's frames", () => {
    const frame = {
      id: 'c',
      provider: 'x',
      obfuscation: 'abc',
      p: 'abc',
      empty: null,
      choices: [
        { index: 0, matched_stop: 1, seed: 1, text: 'a', delta: { content: 'a', token_id: 1, channel: 'analysis' } },
      ],
    }
    assert.deepEqual(decode(openai, events(frame), { strict: false }), [
      {
        id: 'c',
        content: 'a',
        index: 0,
        vendor: { chunk: { provider: 'x' }, choice: { matched_stop: 1 }, delta: { channel: 'analysis' } },
      },
    ])
    assert.deepEqual(decode(openai, events(frame)), [{ id: 'c', content: 'a', index: 0 }])
  })
})
