import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import { togetherAi } from '../../lib/providers/together-ai.ts'
import { decode, events, told, usageOf } from '../helpers/openai-family.ts'

describe('together-ai: streams', () => {
  const frame = (delta: Record<string, unknown>, finish: string | null = null, others = {}, choice = {}) => ({
    id: '8b43a5-SJC',
    object: 'chat.completion.chunk',
    created: 1723834621,
    choices: [
      {
        index: 0,
        text: delta.content,
        logprobs: null,
        finish_reason: finish,
        seed: finish === null ? null : 2039908639335532000,
        delta: { token_id: 1, role: 'assistant', content: '', tool_calls: null, ...delta },
        ...choice,
      },
    ],
    model: 'llama',
    usage: null,
    ...others,
  })
  const usage = { prompt_tokens: 12, completion_tokens: 27, total_tokens: 39 }

  it('S1: the role everywhere, the text twice, eos with the usage', () => {
    const wire = events(frame({ content: 'Hi' }), frame({ content: '' }, 'eos', { usage }), '[DONE]')
    const envelope = { id: '8b43a5-SJC', created: 1723834621, model: 'llama' }
    const expected = [
      { ...envelope, content: 'Hi', index: 0 },
      { ...envelope, usage, finish: 'stop', index: 0 },
      { end: true },
    ]
    assert.deepEqual(decode(togetherAi, wire), expected)
    assert.deepEqual(decode(togetherAi, wire, { strict: false }), expected)
  })

  it('S2, S3: calls, the finish reason told twice', () => {
    const call = (index: number, fields: unknown) => ({
      index,
      id: `call_${index}`,
      type: 'function',
      function: fields,
    })
    const inits = decode(
      togetherAi,
      events(
        frame({ tool_calls: [call(0, { name: 'f', arguments: '' })] }),
        frame({ tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] }),
        frame({ tool_calls: [call(1, { name: 'g', arguments: '{}' })] }, 'tool_calls'),
        frame({}, 'tool_calls', { usage: { ...usage, cached_tokens: 4 } }),
        '[DONE]',
      ),
    )
    assert.deepEqual(told(inits).calls, [
      { id: 'call_0', type: 'function', name: 'f', arguments: '{"a":1}' },
      { id: 'call_1', type: 'function', name: 'g', arguments: '{}' },
    ])
    assert.equal(told(inits).finish, 'tool_calls')
    assert.deepEqual(usageOf(inits), { ...usage, prompt_tokens_details: { cached_tokens: 4 } })
  })

  it('calls without ids are told apart', () => {
    const nameless = (index: number) => ({
      index,
      id: '',
      type: 'function',
      function: { name: 'f', arguments: `${index}` },
    })
    const inits = decode(togetherAi, events(frame({ tool_calls: [nameless(0)] }), frame({ tool_calls: [nameless(1)] })))
    assert.deepEqual(
      told(inits).calls.map((call) => [call.id, call.arguments]),
      [
        [undefined, '0'],
        [undefined, '1'],
      ],
    )
  })

  it('S4: reasoning under either name', () => {
    const inits = decode(
      togetherAi,
      events(frame({ reasoning: 'a' }), frame({ reasoning_content: 'b' }), frame({ content: 'c' })),
    )
    assert.deepEqual([told(inits).reasoning, told(inits).content], ['ab', 'c'])
  })

  it('S5: the limit', () => assert.equal(told(decode(togetherAi, events(frame({}, 'length')))).finish, 'length'))

  it('numbers become log probabilities of the text', () => {
    const choice = { logprobs: -0.5, top_logprobs: { é: -0.5, b: -2, c: 'x' } }
    assert.deepEqual(told(decode(togetherAi, events(frame({ content: 'é' }, null, {}, choice)))).logprobs, [
      {
        content: [
          {
            token: 'é',
            logprob: -0.5,
            bytes: [195, 169],
            top_logprobs: [
              { token: 'é', logprob: -0.5, bytes: [195, 169] },
              { token: 'b', logprob: -2, bytes: [98] },
            ],
          },
        ],
        refusal: null,
      },
    ])
    assert.deepEqual(told(decode(togetherAi, events(frame({}, 'eos', {}, { logprobs: 0 })))).logprobs, [])
  })

  it('columns, in an answer in one piece, become log probabilities too', () => {
    const logprobs = { tokens: ['<s>', 'Hi'], token_logprobs: [null, -0.5], top_logprobs: [null, { Hi: -0.5 }] }
    const inits = decode(
      togetherAi,
      events({
        choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, logprobs, finish_reason: 'eos' }],
      }),
    )
    const token = { token: 'Hi', logprob: -0.5, bytes: [72, 105] }
    assert.deepEqual(told(inits).logprobs, [{ content: [{ ...token, top_logprobs: [token] }], refusal: null }])
    const none = { tokens: ['<s>'], token_logprobs: [null] }
    assert.deepEqual(told(decode(togetherAi, events(frame({}, 'eos', {}, { logprobs: none })))).logprobs, [])
  })

  it("warnings are the vendor's own", () => {
    const warnings = [{ message: 'x' }]
    assert.equal(decode(togetherAi, events(frame({ content: 'a' }, null, { warnings })))[0]?.vendor, undefined)
    assert.deepEqual(
      decode(togetherAi, events(frame({ content: 'a' }, null, { warnings })), { strict: false })[0]?.vendor,
      { chunk: { warnings } },
    )
  })

  it('S8: an error frame', () => {
    assert.throws(
      () => decode(togetherAi, events(frame({ content: 'a' }), { error: { message: 'x', type: 'server_error' } })),
      (error) => error instanceof UpstreamError && error.api.status === 500 && error.api.retryable,
    )
  })
})
