import assert from 'node:assert/strict'
import { adjustments } from '../../lib/providers/adjustments.ts'
import { fittedProperties, withClientProperties } from '../../lib/providers/property-names.ts'
import type { ChatRequest, Tool } from '../../lib/types/chat.ts'
import type { ChunkInit, Decoder, PlainText } from '../../lib/types/provider.ts'

const FITS = /^[\w.-]{1,64}$/
const text = { type: 'string' }
const tool = (name: string, parameters?: Record<string, unknown>): Tool => ({
  type: 'function',
  function: { name, ...(parameters && { parameters }) },
})
const call = (name: string, args: string) => ({
  id: '1',
  type: 'function' as const,
  function: { name, arguments: args },
})

const PLAIN: PlainText = { places: [{ kind: 'content', path: ['text'] }] }

describe('names of properties', () => {
  const odd = tool('f', {
    type: 'object',
    properties: { 'x y': text, x_y: text, list: { items: { properties: { é: text, '': text } }, required: ['é', 1] } },
    required: ['x y', 'x_y'],
  })
  const request: ChatRequest = {
    model: 'm',
    tools: [odd, tool('g', { properties: { a: text } }), tool('h'), { type: 'web_search' }],
    messages: [
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        tool_calls: [call('f', '{"x y":1,"list":[{"é":{"x y":2}}]}'), call('f', '{"x y'), call('g', '{"x y":1}')],
      },
      { role: 'assistant', tool_calls: [{ id: '2', type: 'custom', custom: { name: 'f', input: 'x y' } }] },
    ],
  }

  it('that fit stay', () => {
    const { note, list } = adjustments()
    const given = { model: 'm', messages: request.messages, tools: [tool('g', { properties: { a: text } })] }
    const { request: same, functions } = fittedProperties(given, FITS, note)
    assert.equal(same, given)
    assert.equal(functions.size, 0)
    assert.deepEqual(list(), [])
    const decoder: Decoder = { decode: () => [] }
    assert.equal(withClientProperties(decoder, fittedProperties(given, FITS)), decoder)
  })

  it('are made to fit in schemas and in the history, and no two become one', () => {
    const { note, list } = adjustments()
    const fitted = fittedProperties(request, FITS, note)
    assert.deepEqual(fitted.request.tools, [
      tool('f', {
        type: 'object',
        properties: {
          x_y_2: text,
          x_y: text,
          list: { items: { properties: { _: text, property: text } }, required: ['_', 1] },
        },
        required: ['x_y_2', 'x_y'],
      }),
      ...(request.tools?.slice(1) ?? []),
    ])
    const [, said, custom] = fitted.request.messages
    assert.deepEqual(said, {
      role: 'assistant',
      tool_calls: [call('f', '{"x_y_2":1,"list":[{"_":{"x_y_2":2}}]}'), call('f', '{"x y'), call('g', '{"x y":1}')],
    })
    assert.equal(custom, request.messages[2])
    assert.deepEqual(list(), ['property-names'])
  })

  it('come back as the client wrote them, when the answer ends', () => {
    const stream: ChunkInit[] = [
      { content: 'x_y_2' },
      { toolCalls: [{ key: 0, id: '1', name: 'f', arguments: '{"x_y' }] },
      {
        toolCalls: [
          { key: 1, name: 'g', arguments: '{"x_y_2":1}' },
          { key: 0, arguments: '_2":{"_":1}}' },
        ],
      },
      { finish: 'tool_calls' },
      { end: true },
    ]
    const decoder: Decoder = { decode: () => stream, plainText: PLAIN }
    const named = withClientProperties(decoder, fittedProperties(request, FITS))
    assert.deepEqual(
      [...named.decode({ event: undefined, data: '' })],
      [
        { content: 'x_y_2' },
        { toolCalls: [{ key: 0, id: '1', name: 'f' }] },
        { toolCalls: [{ key: 1, name: 'g', arguments: '{"x_y_2":1}' }, { key: 0 }] },
        { toolCalls: [{ key: 0, arguments: '{"x y":{"é":1}}' }] },
        { finish: 'tool_calls' },
        { end: true },
      ],
    )
    assert.equal(named.plainText, PLAIN)
  })

  it('of half a call stay as they came', () => {
    const stream: ChunkInit[] = [{ toolCalls: [{ key: 0, name: 'f', arguments: '{"x_y_2' }] }, { finish: 'length' }]
    const named = withClientProperties({ decode: () => stream }, fittedProperties(request, FITS))
    assert.deepEqual([...named.decode({ event: undefined, data: '' })][1], {
      toolCalls: [{ key: 0, arguments: '{"x_y_2' }],
    })
  })
})
