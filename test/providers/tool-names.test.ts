import assert from 'node:assert/strict'
import { adjustments } from '../../lib/providers/adjustments.ts'
import { fittedNames, withClientNames } from '../../lib/providers/tool-names.ts'
import type { ChatRequest, FunctionTool, Message, ToolChoice } from '../../lib/types/chat.ts'
import type { Decoder, PlainText } from '../../lib/types/provider.ts'

const RULES = { pattern: /^[a-zA-Z_][a-zA-Z0-9_-]*$/, longest: 20 }
const tool = (name: string, description?: string): FunctionTool => ({
  type: 'function',
  function: { name, ...(description && { description }) },
})
const called = (name: string): Message => ({
  role: 'assistant',
  tool_calls: [{ id: '1', type: 'function', function: { name, arguments: '{}' } }],
})
const request = (names: string[], more: Partial<ChatRequest> = {}): ChatRequest => ({
  model: 'm',
  messages: [{ role: 'user', content: 'Hi' }],
  tools: names.map((name) => tool(name)),
  ...more,
})
const namesOf = ({ tools = [] }: ChatRequest) => tools.map((each) => each.function?.name)

const PLAIN: PlainText = { places: [{ kind: 'content', path: ['text'] }] }

describe('names of tools', () => {
  const rows: [name: string, given: string[], fitted: string[]][] = [
    ['that fit stay', ['a', '_b-1'], ['a', '_b-1']],
    ['with characters that are refused', ['files/read', 'a.b'], ['files_read', 'a_b']],
    ['that become one are numbered', ['a.b', 'a/b', 'a_b'], ['a_b_2', 'a_b_3', 'a_b']],
    ['that begin with a digit', ['1st'], ['_1st']],
    ['without a letter', ['', '日本'], ['tool', '__']],
    ['that are too long', ['a'.repeat(25), 'a'.repeat(26)], ['a'.repeat(20), `${'a'.repeat(12)}_2`]],
  ]
  for (const [name, given, fitted] of rows) {
    it(`${name}, and come back as the client's`, () => {
      const { request: named, clientNames } = fittedNames(request(given), RULES)
      assert.deepEqual(namesOf(named), fitted)
      assert.deepEqual(
        fitted.map((each) => clientNames.get(each) ?? each),
        given,
      )
    })
  }

  it("leave those of the provider's own tools free", () => {
    const { request: named } = fittedNames(request(['web_search']), { ...RULES, reserved: ['web_search'] })
    assert.deepEqual(namesOf(named), ['web_search_2'])
  })

  it('leave a request that fits as it is', () => {
    const { note, list } = adjustments()
    const given = request(['a'], { messages: [called('b')] })
    assert.equal(fittedNames(given, RULES, note).request, given)
    assert.deepEqual(list(), [])
  })

  it('are the same in tools, history and choice', () => {
    const { note, list } = adjustments()
    const choices: [ToolChoice, ToolChoice][] = [
      ['auto', 'auto'],
      [
        { type: 'function', function: { name: 'a.b' } },
        { type: 'function', function: { name: 'a_b' } },
      ],
      [
        { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [{ function: { name: 'a.b' } }, { x: 1 }] } },
        { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [{ function: { name: 'a_b' } }, { x: 1 }] } },
      ],
      [
        { type: 'custom', custom: { name: 'a.b' } },
        { type: 'custom', custom: { name: 'a.b' } },
      ],
    ]
    for (const [tool_choice, expected] of choices) {
      const custom = (name: string): Message => ({
        role: 'assistant',
        tool_calls: [{ id: '2', type: 'custom', custom: { name, input: '' } }],
      })
      const given = request(['a.b', 'c'], {
        tool_choice,
        messages: [called('a.b'), called('c'), called('$x'), custom('a.b')],
      })
      const { request: named } = fittedNames(given, RULES, note)
      assert.deepEqual(namesOf(named), ['a_b', 'c'])
      assert.deepEqual(named.messages, [called('a_b'), called('c'), called('_x'), custom('a_b')])
      assert.deepEqual(named.tool_choice, expected)
    }
    assert.deepEqual(list(), ['tool-names'])
  })

  it('of one kind are sent once', () => {
    const { note, list } = adjustments()
    const native = { type: 'browser_search' }
    const tools = [tool('a', 'first'), tool('a', 'second'), native, native]
    const { request: named } = fittedNames(request([], { tools }), RULES, note)
    assert.deepEqual(named.tools, [tool('a', 'first'), native, native])
    assert.deepEqual(list(), ['same-tools'])
  })

  it('come back in calls, and nothing else changes', () => {
    const decoder: Decoder = {
      decode: () => [
        { content: 'a_b' },
        {
          toolCalls: [
            { key: 0, id: '1', name: 'a_b' },
            { key: 0, arguments: '{}' },
          ],
        },
      ],
      plainText: PLAIN,
    }
    assert.equal(withClientNames(decoder, new Map()), decoder)
    const named = withClientNames(decoder, new Map([['a_b', 'a.b']]))
    assert.deepEqual(
      [...named.decode({ event: undefined, data: '' })],
      [
        { content: 'a_b' },
        {
          toolCalls: [
            { key: 0, id: '1', name: 'a.b' },
            { key: 0, arguments: '{}' },
          ],
        },
      ],
    )
    assert.equal(named.plainText, PLAIN)
  })
})
