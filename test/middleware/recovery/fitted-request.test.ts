import assert from 'node:assert/strict'
import { fitted, type Instead, lostParams, type Refusal } from '../../../lib/middleware/recovery/fitted-request.ts'
import type { ChatRequest } from '../../../lib/types/chat.ts'
import { ask } from '../../helpers/openai-family.ts'

const refusal = (param: string, instead: Instead = { type: 'left-out' }, beside?: string): Refusal => ({
  param,
  instead,
  ...(beside !== undefined && { beside }),
})
const changes = (fields: Partial<ChatRequest>, ...refusals: Refusal[]) => {
  const before = ask(fields)
  const after = fitted(before, refusals)
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return Object.fromEntries(
    [...names].filter((name) => before[name] !== after[name]).map((name) => [name, after[name]]),
  )
}

describe('a request without what its model refuses', () => {
  it('is the same object where it has none of it', () => {
    const request = ask({ stop: 'x', tools: [] })
    const refusals = [
      refusal('user'),
      refusal('stop', { type: 'one-of', values: ['x'] }),
      refusal('stop', { type: 'left-out' }, 'seed'),
      refusal('max_tokens'),
      refusal('temperature', { type: 'at-most', value: 1 }),
      ...['developer', 'system', 'reasoning_content', 'state'].map((param) => refusal(param)),
    ]
    assert.equal(fitted(request, refusals), request)
    assert.deepEqual(lostParams(request, refusals), [])
  })

  it('lacks the parameter', () => {
    assert.deepEqual(changes({ stop: 'x', seed: 1 }, refusal('stop')), { stop: undefined })
    assert.equal('stop' in fitted(ask({ stop: 'x' }), [refusal('stop')]), false)
  })

  it('lacks one of two that are refused together', () => {
    const beside = refusal('top_p', { type: 'left-out' }, 'temperature')
    assert.deepEqual(changes({ top_p: 1, temperature: 1 }, beside), { top_p: undefined })
    assert.deepEqual(changes({ top_p: 1 }, beside), {})
  })

  it('has its limit under the other name', () => {
    assert.deepEqual(changes({ max_tokens: 5 }, refusal('max_tokens')), {
      max_tokens: undefined,
      max_completion_tokens: 5,
    })
    const both = { max_tokens: 5, max_completion_tokens: 6 }
    assert.deepEqual(changes(both, refusal('max_completion_tokens')), { max_completion_tokens: undefined })
  })

  it('has the highest value that is taken', () => {
    assert.deepEqual(changes({ max_tokens: 9 }, refusal('max_tokens', { type: 'at-most', value: 8 })), {
      max_tokens: 8,
    })
    // Whichever name the provider has for it.
    assert.deepEqual(changes({ max_completion_tokens: 9 }, refusal('max_tokens', { type: 'at-most', value: 8 })), {
      max_completion_tokens: 8,
    })
  })

  it('is not to be streamed', () => {
    const body = { messages: [], stream: true, stream_options: { include_usage: true } }
    assert.deepEqual(fitted(body, [refusal('stream')]), { messages: [], stream: false })
  })

  it('has other roles, and no word less', () => {
    const messages: ChatRequest['messages'] = [
      { role: 'developer', content: 'brief' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Ho' },
      {
        role: 'system',
        content: [
          { type: 'text', text: 'one' },
          { type: 'text', text: 'two' },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'and?' }] },
      { role: 'system', content: 'last' },
    ]
    assert.equal(fitted(ask({ messages }), [refusal('developer')]).messages[0]?.role, 'system')
    assert.deepEqual(fitted(ask({ messages }), [refusal('system')]).messages, [
      { role: 'user', content: 'brief\n\nHi' },
      { role: 'assistant', content: 'Ho' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'one\n\ntwo\n\n' },
          { type: 'text', text: 'and?' },
        ],
      },
      { role: 'user', content: 'last' },
    ])
  })

  it('has no thoughts or signatures in its history', () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } } as const
    const messages: ChatRequest['messages'] = [
      { role: 'assistant', content: 'a', reasoning_content: 'because' },
      { role: 'assistant', tool_calls: [{ ...call, state: 'signed' }] },
    ]
    assert.deepEqual(fitted(ask({ messages }), [refusal('reasoning_content'), refusal('state')]).messages, [
      { role: 'assistant', content: 'a' },
      { role: 'assistant', tool_calls: [call] },
    ])
  })

  it('has the nearest of the values that are taken, or none', () => {
    const among = (...values: (string | number)[]) => refusal('reasoning_effort', { type: 'one-of', values })
    assert.deepEqual(changes({ reasoning_effort: 'minimal' }, among('none', 'low')), { reasoning_effort: 'low' })
    assert.deepEqual(changes({ reasoning_effort: 'auto' }, among('none', 'low')), { reasoning_effort: undefined })
    const one = refusal('temperature', { type: 'one-of', values: [1] })
    assert.deepEqual(
      [changes({ temperature: 0.5 }, one), changes({ temperature: 1 }, one)],
      [{ temperature: undefined }, {}],
    )
  })

  it('has a value that the client did not give', () => {
    const set = refusal('reasoning_effort', { type: 'set', value: 'none' }, 'tools')
    assert.deepEqual(changes({ tools: [] }, set), { reasoning_effort: 'none' })
    assert.deepEqual(changes({ reasoning_effort: 'none', tools: [] }, set), {})
    assert.deepEqual(changes({}, set), {})
  })

  it('names what the client lost, and not what has another name only', () => {
    const request = ask({ stop: 'x', max_tokens: 5, n: 1, messages: [{ role: 'developer', content: 'x' }] })
    const refusals = ['stop', 'max_tokens', 'n', 'developer', 'user'].map((param) => refusal(param))
    assert.deepEqual(lostParams(request, refusals), ['stop'])
  })
})
