import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import { mistralAi } from '../../lib/providers/mistral-ai.ts'
import { ask, chunk, decode, events, told, usageOf } from '../helpers/openai-family.ts'

describe('mistral-ai: streams', () => {
  const usage = { prompt_tokens: 124, total_tokens: 146, completion_tokens: 22 }
  const call = (id: string) => ({ id, function: { name: 'weather', arguments: '{"a":1}' } })
  const whole = (id: string) => ({ id, type: 'function', name: 'weather', arguments: '{"a":1}' })
  const thinking = (text: string, others = {}) => ({ type: 'thinking', thinking: [{ type: 'text', text }], ...others })

  it('S1: text, and the usage with the finish reason', () => {
    const wire = events(
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'Hi' }, null, { p: 'abc' }),
      chunk({ content: '', index: 0 }, 'stop', { usage }),
      '[DONE]',
    )
    const envelope = { id: 'chatcmpl-1', created: 1770933892, model: 'm' }
    const expected = [
      envelope,
      { ...envelope, content: 'Hi', index: 0 },
      { ...envelope, usage, finish: 'stop', index: 0 },
      { end: true },
    ]
    assert.deepEqual(decode(mistralAi, wire), expected)
    assert.deepEqual(decode(mistralAi, wire, { strict: false }), expected)
  })

  it('S2: a whole call with finish reason and usage', () => {
    const inits = decode(
      mistralAi,
      events(chunk({ content: null, tool_calls: [call('gSIMJiOkT')] }, 'tool_calls', { usage })),
    )
    assert.deepEqual(told(inits).calls, [whole('gSIMJiOkT')])
    assert.equal(told(inits).finish, 'tool_calls')
    assert.deepEqual(usageOf(inits), usage)
  })

  it('S3: calls without index, in one chunk or in several', () => {
    const together = events(chunk({ tool_calls: [call('aaaaaaaaa'), call('bbbbbbbbb')] }))
    const apart = events(chunk({ tool_calls: [call('aaaaaaaaa')] }), chunk({ tool_calls: [call('bbbbbbbbb')] }))
    for (const wire of [together, apart]) {
      assert.deepEqual(told(decode(mistralAi, wire)).calls, [whole('aaaaaaaaa'), whole('bbbbbbbbb')])
    }
  })

  it('fragments of hosted models: no id and an empty name', () => {
    const piece = (fields: object) =>
      chunk({ index: 0, content: '', tool_calls: [{ type: 'function', index: 0, ...fields }] })
    const inits = decode(
      mistralAi,
      events(
        piece({ id: 'chatcmpl-tool-9f', function: { name: 'weather', arguments: '' } }),
        piece({ function: { name: '', arguments: '{"a"' } }),
        piece({ function: { name: '', arguments: ':1}' } }),
      ),
    )
    assert.deepEqual(told(inits).calls, [whole('chatcmpl-tool-9f')])
  })

  it('S4: lists of thoughts and text, in their order', () => {
    const inits = decode(
      mistralAi,
      events(
        chunk({ content: [thinking('The '), thinking('user', { closed: true, signature: 'x' })] }),
        chunk({
          content: [
            { type: 'thinking', thinking: [{ type: 'tool_reference' }, { type: 'text', text: '.' }] },
            { type: 'text', text: 'Hi' },
            { type: 'reference', reference_ids: [1] },
          ],
        }),
        chunk({ content: ' you' }, 'stop'),
      ),
    )
    assert.deepEqual(
      inits.flatMap(({ content, reasoning }) => content ?? reasoning ?? []),
      ['The ', 'user', '.', 'Hi', ' you'],
    )
    assert.equal(told(inits).reasoning, 'The user.')
  })

  it('S5: both names of the limit', () => {
    assert.equal(told(decode(mistralAi, events(chunk({ content: '' }, 'model_length')))).finish, 'length')
    assert.equal(told(decode(mistralAi, events(chunk({ content: '' }, 'length')))).finish, 'length')
  })

  it('S8: a finish reason or an object called error', () => {
    const frames = [chunk({}, 'error'), { object: 'error', message: 'x', type: 'internal_server_error', code: '1000' }]
    for (const frame of frames) {
      assert.throws(
        () => decode(mistralAi, events(chunk({ content: 'a' }), frame)),
        (error) => error instanceof UpstreamError && error.api.status >= 500 && error.api.retryable,
      )
    }
  })
})

describe('mistral-ai: an answer to a prefix', () => {
  const request = (content: string) =>
    ask({
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content },
      ],
    })
  const cases: [string, string, string[], string][] = [
    ['does not repeat it', 'The answer', ['The answer', ' is 42'], ' is 42'],
    ['does not repeat white space that moved', 'The answer ', ['The answer', ' is', ' 42'], 'is 42'],
    ['keeps white space that did not', 'The answer', ['The answer', ' is'], ' is'],
    ['is whole if it is no repetition', 'The answer', ['is', 'The answer'], 'isThe answer'],
    ['loses its first repetition only', 'ha', ['ha', 'ha', 'ha'], 'haha'],
  ]
  for (const [name, prefix, pieces, expected] of cases) {
    it(name, () => {
      const wire = events(chunk({ role: 'assistant', content: '' }), ...pieces.map((content) => chunk({ content })))
      assert.equal(told(decode(mistralAi, wire, { request: request(prefix) })).content, expected)
    })
  }

  it('is looked at for each choice', () => {
    const of = (index: number, content: string) => ({ choices: [{ index, delta: { content } }] })
    const inits = decode(mistralAi, events(of(0, 'The'), of(1, 'The'), of(1, ' b'), of(0, ' a')), {
      request: request('The'),
    })
    assert.deepEqual([told(inits, 0).content, told(inits, 1).content], [' a', ' b'])
  })
})
