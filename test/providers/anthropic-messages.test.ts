import assert from 'node:assert/strict'
import { anthropicBody } from '../../lib/providers/anthropic/request.ts'
import type { Message } from '../../lib/types/chat.ts'
import { ADAPTIVE, BUDGET, body, call, HI } from './anthropic-fixtures.ts'

const messages = (...list: Message[]) => body({ messages: list }).messages

describe('the Anthropic request: messages', () => {
  it('is small for a small request', () => {
    assert.deepEqual(body({}), {
      model: BUDGET,
      max_tokens: 64_000,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      stream: true,
    })
  })

  it('puts system and developer messages at the start into the top-level system', () => {
    const built = body({
      messages: [
        { role: 'system', content: 'a' },
        { role: 'developer', content: [{ type: 'text', text: 'b' }] },
        ...HI,
      ],
    })
    assert.deepEqual(built.system, [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ])
    assert.equal(built.messages.length, 1)
  })

  const talk: Message[] = [
    { role: 'system', content: 'first' },
    { role: 'user', content: 'one' },
    { role: 'system', content: 'later' },
    { role: 'user', content: 'two' },
    { role: 'assistant', content: 'three' },
    { role: 'user', content: 'four' },
    { role: 'developer', content: 'last' },
  ]

  it('keeps later system messages as turns after a user turn for models that take them', () => {
    const built = body({ model: ADAPTIVE, messages: talk })
    assert.deepEqual(built.system, [{ type: 'text', text: 'first' }])
    assert.deepEqual(
      built.messages.map(({ role, content }) => [role, content.map((block) => ('text' in block ? block.text : ''))]),
      [
        ['user', ['one', 'two']],
        ['system', ['later']],
        ['assistant', ['three']],
        ['user', ['four']],
        ['system', ['last']],
      ],
    )
  })

  it('moves later system messages to the top for models and hosts that do not take them', () => {
    const hoisted = ['first', 'later', 'last'].map((text) => ({ type: 'text', text }))
    assert.deepEqual(body({ model: BUDGET, messages: talk }).system, hoisted)
    assert.deepEqual(body({ model: 'claude-sonnet-5', messages: talk }).system, hoisted)
    const elsewhere = anthropicBody({ model: ADAPTIVE, messages: talk }, { version: 'x', systemTurns: false })
    assert.deepEqual(elsewhere.system, hoisted)
  })

  it('moves a system message with no user turn before it to the top', () => {
    const built = anthropicBody(
      { model: ADAPTIVE, messages: [...HI, { role: 'assistant', content: 'a' }, { role: 'system', content: 's' }] },
      { version: 'x' },
    )
    assert.deepEqual(built.system, [{ type: 'text', text: 's' }])
  })

  it('drops blank text, which the API refuses', () => {
    assert.deepEqual(
      messages(
        {
          role: 'user',
          content: [
            { type: 'text', text: '' },
            { type: 'text', text: 'Hi' },
          ],
        },
        { role: 'assistant', content: ' \n' },
        { role: 'user', content: 'again' },
      ),
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hi' },
            { type: 'text', text: 'again' },
          ],
        },
      ],
    )
  })

  it('puts text before tool calls, with their arguments as objects', () => {
    assert.deepEqual(
      messages(...HI, {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [
          { id: 'toolu_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: 'functions.f:0', type: 'function', function: { name: 'g', arguments: '' } },
          { id: 'toolu_3', type: 'function', function: { name: 'h', arguments: '{"a":' } },
        ],
      })[1],
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Let me see.' },
          { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } },
          { type: 'tool_use', id: 'functions_f_0', name: 'g', input: {} },
          { type: 'tool_use', id: 'toolu_3', name: 'h', input: { rawInvalidInput: '{"a":' } },
        ],
      },
    )
  })

  it('puts all tool results into one user turn, in front of the text', () => {
    const built = messages(
      ...HI,
      call('a', 'b.1'),
      { role: 'user', content: 'hurry' },
      { role: 'tool', tool_call_id: 'a', content: 'A' },
      {
        role: 'tool',
        tool_call_id: 'b.1',
        content: [{ type: 'text', text: 'B', prompt_cache_breakpoint: { mode: 'explicit' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: '' },
      { role: 'user', content: 'and now?' },
    )
    assert.deepEqual(built[2], {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'A' }] },
        {
          type: 'tool_result',
          tool_use_id: 'b_1',
          content: [{ type: 'text', text: 'B' }],
          cache_control: { type: 'ephemeral' },
        },
        { type: 'text', text: 'hurry' },
        { type: 'text', text: 'and now?' },
      ],
    })
    assert.equal(built.length, 3)
  })

  it('merges consecutive turns of one role', () => {
    assert.deepEqual(
      messages(
        ...HI,
        { role: 'assistant', content: 'a' },
        { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] },
        { role: 'assistant', content: null, refusal: 'never' },
        ...HI,
      )[1],
      {
        role: 'assistant',
        content: ['a', 'no', 'never'].map((text) => ({ type: 'text', text })),
      },
    )
  })

  it('trims the end of a prefill, and only there', () => {
    const built = messages(...HI, { role: 'assistant', content: 'kept \n' }, ...HI, {
      role: 'assistant',
      content: [{ type: 'text', text: 'The answer is \n' }],
    })
    assert.deepEqual(built[1]?.content, [{ type: 'text', text: 'kept \n' }])
    assert.deepEqual(built[3]?.content, [{ type: 'text', text: 'The answer is' }])
  })
})
