import assert from 'node:assert/strict'
import { openai } from '../../lib/providers/openai.ts'
import type { ChatRequest, ToolCall } from '../../lib/types/chat.ts'
import { ask, chunk, decode, events, send } from '../helpers/openai-family.ts'

const GEMINI = 'google/gemini-3-flash-preview'
const SIGNED = { google: { thought_signature: 'QUFBQQ==' } }
const ENCRYPTED = { type: 'reasoning.encrypted', data: 'xyz', id: 'c', index: 0 }
const PLAIN = { type: 'reasoning.text', text: 'hm', index: 0 }
const called = { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }

const states = (model: string, ...deltas: object[]) =>
  decode(openai, events(...deltas.map((delta) => chunk(delta))), { request: ask({ model }) })
    .flatMap(({ toolCalls = [] }) => toolCalls)
    .flatMap(({ state }) => state ?? [])

const sent = (model: string, state: string, more: Record<string, unknown> = {}) => {
  const call: ToolCall = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' }, state }
  const messages = [
    { role: 'assistant', tool_calls: [call], ...more },
    { role: 'tool', tool_call_id: 'c', content: 'r' },
  ] as ChatRequest['messages']
  const [message] = send(openai, ask({ model, messages })).body.messages as [
    { tool_calls: [object]; [key: string]: unknown },
  ]
  return message
}

describe('openai: state of calls', () => {
  it('comes with the call and goes back with it', () => {
    const [state = ''] = states(GEMINI, { tool_calls: [{ ...called, extra_content: SIGNED }] })
    assert.deepEqual(sent(GEMINI, state).tool_calls, [
      { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' }, extra_content: SIGNED },
    ])
  })

  it('holds the encrypted reasoning before the call, once', () => {
    const found = states(
      GEMINI,
      { reasoning_details: [PLAIN, ENCRYPTED] },
      { tool_calls: [called, { ...called, index: 1, id: 'd' }] },
    )
    assert.equal(found.length, 1)
    assert.deepEqual(sent(GEMINI, found[0] ?? '').reasoning_details, [ENCRYPTED])
  })

  it('gives way to what the client itself sends', () => {
    const [state = ''] = states(GEMINI, { reasoning_details: [ENCRYPTED], tool_calls: [called] })
    assert.deepEqual(sent(GEMINI, state, { reasoning_details: [PLAIN] }).reasoning_details, [PLAIN])
  })

  it('is none where there is nothing to keep', () => {
    assert.deepEqual(states(GEMINI, { reasoning_details: [PLAIN], tool_calls: [called] }), [])
  })

  const [state = ''] = states(GEMINI, {
    reasoning_details: [ENCRYPTED],
    tool_calls: [{ ...called, extra_content: SIGNED }],
  })
  const strangers: [string, string, string][] = [
    ['OpenAI itself', 'gpt-5', state],
    ['another family', 'deepseek-v4-pro', state],
    ['a state of another provider’s', GEMINI, '[{"thinking":"x"}]'],
    ['a state that was spoilt', GEMINI, state.slice(0, -9)],
    ['a state that is no object', GEMINI, 'compatible:[1]'],
  ]
  for (const [title, model, state] of strangers) {
    it(`does not go to ${title}`, () => {
      const { tool_calls, reasoning_details } = sent(model, state)
      assert.deepEqual(tool_calls, [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }])
      assert.equal(reasoning_details, undefined)
    })
  }
})
