import fc from 'fast-check'
import type { ChatRequest, Message, ToolCall, UserPart } from '../../lib/types/chat.ts'

/** Conversations in any order and state, such as clients' histories are after an error, a change of model or a cut. */

export interface Conversation {
  request: ChatRequest
  /** Words that no provider may miss: each stands in one place of the conversation. */
  words: string[]
}

const IDS = ['call_1', 'call_2', 'toolu_01A', 'functions.f:0', `long_${'x'.repeat(60)}`]
const NAMES = ['get_weather', 'read file', '$READ', 'a.b/c', 'n'.repeat(80)]
const BLANK = ['', ' ', '\n']

const text = fc.oneof(
  { weight: 6, arbitrary: fc.constant('words') },
  { weight: 1, arbitrary: fc.constantFrom(...BLANK) },
)
const call = fc.record({ id: fc.constantFrom(...IDS), name: fc.constantFrom(...NAMES), json: fc.boolean() })
const turn = fc.oneof(
  { weight: 4, arbitrary: fc.record({ role: fc.constant('user' as const), text, parts: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ role: fc.constantFrom('system' as const, 'developer' as const), text }) },
  {
    weight: 4,
    arbitrary: fc.record({ role: fc.constant('assistant' as const), text, calls: fc.array(call, { maxLength: 3 }) }),
  },
  { weight: 4, arbitrary: fc.record({ role: fc.constant('tool' as const), text, id: fc.constantFrom(...IDS) }) },
)

export const conversations = fc
  .record({ turns: fc.array(turn, { minLength: 1, maxLength: 10 }), withTools: fc.boolean() })
  .map(({ turns, withTools }): Conversation => {
    const words: string[] = []
    const said = (written: string, role: string) => {
      if (written !== 'words') return written
      words.push(`${role}word${words.length}end`)
      return words.at(-1) ?? ''
    }
    const messages = turns.map((each): Message => {
      const content = said(each.text, each.role)
      switch (each.role) {
        case 'user': {
          const parts: UserPart[] = [{ type: 'text', text: content }]
          return { role: 'user', content: each.parts ? parts : content }
        }
        case 'assistant': {
          const calls = each.calls.map(
            ({ id, name, json }): ToolCall => ({
              ...{ id, type: 'function' },
              function: { name, arguments: json ? '{"city":"Rome"}' : 'no JSON' },
            }),
          )
          return calls.length > 0 ? { role: 'assistant', content, tool_calls: calls } : { role: 'assistant', content }
        }
        case 'tool':
          return { role: 'tool', tool_call_id: each.id, content }
        default:
          return { role: each.role, content }
      }
    })
    const tools = NAMES.map((name) => ({
      type: 'function' as const,
      function: { name, description: 'd', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
    }))
    return { request: { model: 'm', messages, ...(withTools && { tools }) }, words }
  })
