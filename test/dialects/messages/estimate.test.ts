import assert from 'node:assert/strict'
import { estimatedTokens } from '../../../lib/dialects/messages/estimate.ts'
import { readRequest } from '../../../lib/dialects/messages/request.ts'

const tokens = (content: unknown, fields: Record<string, unknown> = {}) =>
  estimatedTokens(readRequest({ model: 'm', messages: [{ role: 'user', content }], ...fields }, 'none').request)

describe('the estimated tokens of a request', () => {
  const pdf = (size: number) => ({
    type: 'document',
    source: { type: 'base64', media_type: 'application/pdf', data: 'A'.repeat(size) },
  })
  const table: [name: string, actual: () => number, expected: number][] = [
    ['a word', () => tokens('four'), 5],
    ['Chinese', () => tokens('你好你好'), 7],
    ['an image', () => tokens([{ type: 'image', source: { type: 'url', url: 'https://a' } }]), 1604],
    ['a page', () => tokens([pdf(1000)]), 2004],
    ['three pages', () => tokens([pdf(120_000)]), 6004],
    ['instructions', () => tokens('four', { system: 'eight888' }), 11],
    ['a tool', () => tokens('four', { tools: [{ name: 'f', input_schema: {} }] }), 5 + 16],
  ]
  for (const [name, actual, expected] of table) it(`of ${name}`, () => assert.equal(actual(), expected))

  it('of a call and its result', () => {
    const messages = [
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'name', input: { a: 1 } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content: 'eight888' }] },
    ]
    assert.equal(tokens('four', { messages }), 4 + 3 + 4 + 2)
  })
})
