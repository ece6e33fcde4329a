import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import { adjustments } from '../../lib/providers/adjustments.ts'
import { type ConversationRules, orderedMessages } from '../../lib/providers/conversation.ts'
import { callsAsText, withHistoryTools } from '../../lib/providers/history-tools.ts'
import type { Message, ToolCall } from '../../lib/types/chat.ts'

const user = (content: string): Message => ({ role: 'user', content })
const system = (content: string): Message => ({ role: 'system', content })
const said = (content: string): Message => ({ role: 'assistant', content })
const call = (id: string, name = 'f'): ToolCall => ({ id, type: 'function', function: { name, arguments: '{}' } })
const called = (...ids: string[]): Message => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => call(id)),
})
const result = (tool_call_id: string, content: string): Message => ({ role: 'tool', tool_call_id, content })
const image = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }

const DRAWN = '![image](data:image/png;base64,iVBORw0KGgo=)'

/** A conversation in few words: `user:a`, `calls:c1,c2`, `result of c1:x`. */
function told(messages: readonly Message[]): string[] {
  return messages.map((message) => {
    const parts = typeof message.content === 'string' ? message.content : (message.content ?? [])
    const words =
      typeof parts === 'string' ? parts : parts.map((part) => ('text' in part ? part.text : part.type)).join('+')
    if (message.role === 'tool') return `result of ${message.tool_call_id}:${words}`
    if (message.role !== 'assistant' || !message.tool_calls) return `${message.role}:${words}`
    return `${words}calls:${message.tool_calls.map(({ id }) => id).join()}`
  })
}

function ordered(messages: Message[], rules: ConversationRules = {}) {
  const { note, list } = adjustments()
  return { turns: told(orderedMessages(deepFreeze(messages), rules, note)), adjusted: list() }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze)
  return value
}

describe('the order of a conversation', () => {
  const rows: [name: string, given: Message[], turns: string[], adjusted: string[], rules?: ConversationRules][] = [
    [
      'a sound one stays as it is',
      [system('s'), user('a'), called('1', '2'), result('1', 'x'), result('2', 'y'), said('b'), user('c')],
      ['system:s', 'user:a', 'calls:1,2', 'result of 1:x', 'result of 2:y', 'assistant:b', 'user:c'],
      [],
      { userFirst: true, userLast: true },
    ],
    [
      'blank turns are left out',
      [
        user('a'),
        said(' \n'),
        user(''),
        { role: 'user', content: [{ type: 'text', text: ' ' }] },
        system(''),
        user('b'),
      ],
      ['user:a', 'user:b'],
      ['blank-turns'],
    ],
    [
      'a refusal is a word, and so is an image',
      [
        { role: 'user', content: [image] },
        { role: 'assistant', content: null, refusal: 'no' },
      ],
      ['user:image_url', 'assistant:'],
      [],
    ],
    [
      'a call without its result gets one that says so',
      [user('a'), called('1', '2'), result('1', 'x'), user('stop')],
      ['user:a', 'calls:1,2', 'result of 1:x', 'result of 2:(no result)', 'user:stop'],
      ['missing-results'],
    ],
    [
      'a result without its call becomes words of the user',
      [user('a'), result('9', 'x'), result('8', ' '), user('b')],
      ['user:a', 'user:Result of the tool call 9:\nx', 'user:b'],
      ['unknown-results'],
    ],
    [
      'a result before its call is one without',
      [user('a'), result('1', 'x'), called('1'), result('1', 'y')],
      ['user:a', 'user:Result of the tool call 1:\nx', 'calls:1', 'result of 1:y'],
      ['unknown-results'],
    ],
    [
      'an image in a result without its call stays with it',
      [user('a'), { role: 'tool', tool_call_id: '9', content: [image] }],
      ['user:a', 'user:Result of the tool call 9:+image_url'],
      ['unknown-results'],
    ],
    [
      'two results of one call are joined',
      [user('a'), called('1', '2'), result('1', 'x'), result('1', 'y'), result('2', 'z')],
      ['user:a', 'calls:1,2', 'result of 1:x+y', 'result of 2:z'],
      ['repeated-results'],
    ],
    [
      'words between results come after them, and results in the order of their calls',
      [user('a'), called('1', '2'), result('2', 'y'), user('hurry'), system('s'), result('1', 'x'), said('b')],
      ['user:a', 'calls:1,2', 'result of 1:x', 'result of 2:y', 'user:hurry', 'system:s', 'assistant:b'],
      ['moved-results'],
    ],
    [
      'ids that repeat over turns are numbered, and results go by their order',
      [user('a'), called('1'), result('1', 'x'), user('b'), called('1', '2'), result('2', 'z'), result('1', 'y')],
      ['user:a', 'calls:1', 'result of 1:x', 'user:b', 'calls:1_2,2', 'result of 1_2:y', 'result of 2:z'],
      ['call-ids'],
    ],
    [
      'ids that repeat in one turn are numbered past those that are there',
      [user('a'), called('1', '1_2', '1'), result('1', 'x'), result('1', 'y'), result('1_2', 'z')],
      ['user:a', 'calls:1,1_2,1_3', 'result of 1:x', 'result of 1_2:z', 'result of 1_3:y'],
      ['call-ids'],
    ],
    [
      'a result goes to the newest turn that waits for one',
      [user('a'), called('1'), user('b'), called('1'), result('1', 'x')],
      ['user:a', 'calls:1', 'result of 1:(no result)', 'user:b', 'calls:1_2', 'result of 1_2:x'],
      ['call-ids', 'missing-results'],
    ],
    [
      'ids that the provider takes for one are two',
      [user('a'), called('a:1', 'a/1'), result('a:1', 'x'), result('a/1', 'y')],
      ['user:a', 'calls:a_1,a_1_2', 'result of a_1:x', 'result of a_1_2:y'],
      ['call-ids'],
      { callId: (id) => id.replace(/\W/g, '_') },
    ],
    [
      'the user begins',
      [system('s'), said('Hello'), user('a')],
      ['system:s', 'user:(The conversation begins.)', 'assistant:Hello', 'user:a'],
      ['first-turn'],
      { userFirst: true },
    ],
    [
      'the user ends',
      [user('a'), said('Sure, '), system('s')],
      ['user:a', 'assistant:Sure, ', 'system:s', 'user:Continue.'],
      ['last-turn'],
      { userLast: true },
    ],
    [
      'instructions alone are said by the user',
      [system('s'), { role: 'developer', content: 't' }],
      ['user:s', 'user:t'],
      ['instructions-as-user'],
      { userFirst: true },
    ],
    ['or stay', [system('s')], ['system:s'], []],
    [
      'images of results come behind the last result',
      [
        user('a'),
        called('1', '2'),
        { role: 'tool', tool_call_id: '1', content: [image] },
        { role: 'tool', tool_call_id: '2', content: [{ type: 'text', text: 'y' }, image] },
        user('b'),
      ],
      [
        ...['user:a', 'calls:1,2', 'result of 1:The result follows in the next message.', 'result of 2:y'],
        'user:From the result of the tool call 1:+image_url+From the result of the tool call 2:+image_url',
        'user:b',
      ],
      ['media-of-results'],
    ],
    [
      'images that a model drew come in the next turn of the user',
      [user('a'), said(`Here: ${DRAWN} and ${DRAWN}`), user('b'), said(DRAWN)],
      [
        ...['user:a', 'assistant:Here: (image) and (image)'],
        'user:The image of your last turn:+image_url+image_url',
        ...['user:b', 'assistant:(image)', 'user:The image of your last turn:+image_url'],
      ],
      ['drawn-images'],
    ],
    [
      'and behind the results of the calls beside them',
      [user('a'), { ...called('1'), content: DRAWN }, result('1', 'x')],
      ['user:a', '(image)calls:1', 'result of 1:x', 'user:The image of your last turn:+image_url'],
      ['drawn-images'],
    ],
    [
      'or stay where the model drew them',
      [user('a'), said(DRAWN), user('b')],
      ['user:a', `assistant:${DRAWN}`, 'user:b'],
      [],
      { drawnImages: true },
    ],
    [
      'others in a text are text',
      [user('a'), said('![image](https://x.test/a.png)')],
      ['user:a', 'assistant:![image](https://x.test/a.png)'],
      [],
    ],
    [
      'or stay where the provider takes them',
      [user('a'), called('1'), { role: 'tool', tool_call_id: '1', content: [image] }],
      ['user:a', 'calls:1', 'result of 1:image_url'],
      [],
      { mediaInResults: true },
    ],
  ]
  for (const [name, given, turns, adjusted, rules] of rows) {
    it(name, () => assert.deepEqual(ordered(given, rules), { turns, adjusted }))
  }

  it('refuses a conversation without a word', () => {
    for (const messages of [[], [user(' ')], [said(''), system('')], [result('1', '')]]) {
      assert.throws(() => ordered(messages), RequestError)
    }
  })

  it('numbers a hundred thousand ids that are the same', () => {
    const ids = Array.from({ length: 100_000 }, () => 'x')
    const { turns } = ordered([user('a'), called(...ids), ...ids.map((id) => result(id, 'r')), result('x', 'more')])
    assert.equal(turns.length, 100_002)
    assert.equal(turns.at(-1), 'result of x_100000:r+more')
  })
})

describe('calls of a request without tools', () => {
  const messages = [user('a'), called('1'), result('1', 'x')]

  it('get their tools declared, none to be called', () => {
    const { note, list } = adjustments()
    const request = withHistoryTools({ model: 'm', messages: [...messages, called('2')] }, note)
    assert.deepEqual(request.tools, [{ type: 'function', function: { name: 'f' } }])
    assert.equal(request.tool_choice, 'none')
    assert.deepEqual(list(), ['history-tools'])
  })

  it('leave a request with tools, or without calls, as it is', () => {
    const { note, list } = adjustments()
    for (const request of [
      { model: 'm', messages, tools: [{ type: 'function' as const, function: { name: 'g' } }] },
      { model: 'm', messages: [user('a')] },
    ]) {
      assert.equal(withHistoryTools(request, note), request)
    }
    assert.deepEqual(list(), [])
  })

  it('become words, with name, arguments and result', () => {
    const { note, list } = adjustments()
    const custom: ToolCall = { id: '2', type: 'custom', custom: { name: 'sh', input: 'ls' } }
    const given: Message[] = [
      user('a'),
      { role: 'assistant', content: 'Look', tool_calls: [call('1', 'g'), custom] },
      result('1', 'x'),
      { role: 'tool', tool_call_id: '2', content: [image] },
      { role: 'assistant', content: [{ type: 'text', text: '' }], tool_calls: [call('3')] },
      { role: 'tool', tool_call_id: '3', content: [{ type: 'text', text: 'z' }] },
    ]
    assert.deepEqual(told(callsAsText(given, note)), [
      'user:a',
      'assistant:Look+[Called g with {}]+[Called sh with ls]',
      'user:[Result of g]\nx',
      'user:[Result of sh]+image_url',
      'assistant:[Called f with {}]',
      'user:[Result of f]\nz',
    ])
    assert.deepEqual(list(), ['calls-as-text'])
  })
})
