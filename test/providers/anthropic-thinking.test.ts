import assert from 'node:assert/strict'
import type { ChatRequest, Message } from '../../lib/types/chat.ts'
import {
  ADAPTIVE,
  block,
  body,
  call,
  callBlock,
  calls,
  close,
  decode,
  delta,
  HI,
  NEWEST,
  open,
  start,
  textBlock,
  thoughtBlock,
  tool,
} from './anthropic-fixtures.ts'

const states = (events: unknown[], request?: ChatRequest) =>
  decode(events, request).flatMap(({ toolCalls = [] }) =>
    toolCalls.filter(({ name }) => name !== undefined).map(({ state }) => state && JSON.parse(state)),
  )
describe('the Anthropic request: thinking of earlier turns', () => {
  const A = { type: 'thinking', thinking: 'hm', signature: 'sig-a' }
  const B = { type: 'redacted_thinking', data: 'xyz' }
  const result: Message = { role: 'tool', tool_call_id: 'a', content: 'A' }
  const loop = (state: unknown, content?: string): Message[] => [
    ...HI,
    {
      ...call('a'),
      ...(content !== undefined && { content }),
      tool_calls: [{ ...calls('a')[0], state: JSON.stringify(state) }],
    } as Message,
    result,
  ]
  const turn = (request: Partial<ChatRequest>) => body(request).messages[1]?.content
  const use = { type: 'tool_use', id: 'a', name: 'f', input: {} }

  it('goes back unmodified in front of its call', () => {
    const thought = turn({ reasoning_effort: 'low', messages: loop([A, B], 'Let me see.') })
    assert.deepEqual(thought, [A, B, { type: 'text', text: 'Let me see.' }, use])
  })

  it('goes back between the texts it stood between', () => {
    const thought = turn({ reasoning_effort: 'low', messages: loop([A, 4, B], 'One.Two.') })
    assert.deepEqual(thought, [A, { type: 'text', text: 'One.' }, B, { type: 'text', text: 'Two.' }, use])
  })

  it('goes back in front of a later call', () => {
    const [one, two] = calls('a', 'b')
    const thought = turn({
      model: ADAPTIVE,
      reasoning_effort: 'low',
      messages: [
        ...HI,
        { role: 'assistant', tool_calls: [one, { ...two, state: JSON.stringify([A]) }] as never },
        result,
      ],
    })
    assert.deepEqual(thought, [use, A, { ...use, id: 'b' }])
  })

  it('stays away while the model does not think', () => {
    assert.deepEqual(turn({ messages: loop([A]) }), [use])
    assert.deepEqual(turn({ model: 'claude-sonnet-5', reasoning_effort: 'none', messages: loop([A]) }), [use])
  })

  it('goes back to models that think unasked', () => {
    assert.deepEqual(turn({ model: 'claude-sonnet-5', messages: loop([A]) }), [A, use])
  })

  for (const state of [
    'sig',
    {},
    [],
    [{ type: 'thinking', thinking: 'hm' }],
    [{ type: 'text', text: 'x' }],
    [A, -1],
    [null],
  ]) {
    it(`ignores the state ${JSON.stringify(state)}, which is not ours`, () => {
      assert.deepEqual(turn({ model: ADAPTIVE, reasoning_effort: 'low', messages: loop(state) }), [use])
    })
  }

  it('is not needed by models that think adaptively', () => {
    const built = body({ model: ADAPTIVE, reasoning_effort: 'low', messages: loop('x') })
    assert.deepEqual(built.thinking, { type: 'adaptive', display: 'summarized' })
  })

  it('turns a budget off where the open turn lacks it, as the API refuses such a turn', () => {
    const request = { reasoning_effort: 'low', temperature: 0.5 }
    const off = body({ ...request, messages: loop('x') })
    assert.equal(off.thinking, undefined)
    assert.equal(off.temperature, 0.5)
    assert.equal(body({ ...request, messages: [...HI, { role: 'assistant', content: 'Well,' }] }).thinking, undefined)
    assert.notEqual(body({ ...request, messages: loop([A]) }).thinking, undefined)
    assert.notEqual(
      body({ ...request, messages: [...loop('x'), { role: 'assistant', content: 'done' }, ...HI] }).thinking,
      undefined,
    )
  })

  it('looks for it at the begin of the open turn', () => {
    const second: Message[] = [call('b'), { role: 'tool', tool_call_id: 'b', content: 'B' }]
    assert.notEqual(body({ reasoning_effort: 'low', messages: [...loop([A]), ...second] }).thinking, undefined)
  })

  it('stays away where the model binds it to tools that have changed', () => {
    const tools = [tool('f'), tool('g')]
    const named = { type: 'function', function: { name: 'f' } } as const
    assert.deepEqual(turn({ model: NEWEST, tools, messages: loop([A]) }), [A, use])
    assert.deepEqual(turn({ model: NEWEST, tools, tool_choice: named, messages: loop([A]) }), [use])
    assert.deepEqual(turn({ model: 'claude-sonnet-5', tools, tool_choice: named, messages: loop([A]) }), [A, use])
  })
})

describe('the Anthropic thinking to send back', () => {
  const A = { type: 'thinking', thinking: 'hm', signature: 'sig' }
  const B = { type: 'redacted_thinking', data: 'xyz' }
  const redacted = (index: number) => [open(index, B), close(index)]

  it('goes with the first call after it', () => {
    const events = [
      start(),
      ...thoughtBlock(0, 'hm', 'sig'),
      ...redacted(1),
      ...textBlock(2, 'Hi'),
      ...callBlock(3, '{}'),
      ...callBlock(4, '{}'),
    ]
    assert.deepEqual(states(events), [[A, B], undefined])
  })

  it('tells how much text stood between', () => {
    const events = [
      start(),
      ...thoughtBlock(0, 'hm', 'sig'),
      ...textBlock(1, 'One', '.'),
      ...redacted(2),
      ...callBlock(3),
    ]
    assert.deepEqual(states(events), [[A, 4, B]])
  })

  it('goes with a later call if it stood before that', () => {
    assert.deepEqual(states([start(), ...callBlock(0), ...redacted(1), ...callBlock(2)]), [undefined, [B]])
  })

  it('keeps its signature when its words are left out', () => {
    const silent = [
      open(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'signature_delta', signature: 'sig' }),
      close(0),
    ]
    assert.deepEqual(states([start(), ...silent, ...callBlock(1)]), [[{ ...A, thinking: '' }]])
  })

  const lost: [string, unknown[]][] = [
    ['without a signature', thoughtBlock(0, 'hm', '')],
    [
      'with a server tool between',
      [...thoughtBlock(0, 'hm', 'sig'), ...block(1, 'server_tool_use', 'web_search', '{}')],
    ],
    ['after text that followed a call', [...callBlock(0), ...textBlock(1, 'Hi'), ...redacted(2)]],
  ]
  for (const [name, events] of lost) {
    it(`is lost ${name}`, () => assert.equal(states([start(), ...events, ...callBlock(5)]).at(-1), undefined))
  }

  it('is not given where the model would refuse it with the full list of tools', () => {
    const tool = (name: string) => ({ type: 'function' as const, function: { name } })
    const request: ChatRequest = { model: 'claude-opus-5-5', messages: [], tools: [tool('f'), tool('g')] }
    const events = [start(), ...thoughtBlock(0, 'hm', 'sig'), ...callBlock(1)]
    assert.deepEqual(states(events, request), [[A]])
    assert.deepEqual(states(events, { ...request, tool_choice: tool('f') }), [undefined])
  })
})
