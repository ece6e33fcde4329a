import assert from 'node:assert/strict'
import { openai } from '../../lib/providers/openai.ts'
import type { Endpoint, NativeEvent, NativePassage } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const ENDPOINT: Endpoint = { apiKey: 'k', customHost: undefined, fields: {}, strict: true, fetchMedia: noMedia }
const REQUEST = { model: 'gpt-5', messages: [] }

function passage(more = {}, body: Record<string, unknown> = { input: 'hi' }): NativePassage | undefined {
  return openai.native?.({ dialect: 'responses', body, headers: {} }, REQUEST, { ...ENDPOINT, ...more })
}

/** How each event of a stream goes. */
function goes(...events: { type: string; [field: string]: unknown }[]): (NativeEvent['goes'] | 'opaque' | undefined)[] {
  const read = passage()?.read
  return events.map((event) => {
    const native = read?.({ event: event.type, data: JSON.stringify(event) })
    return native?.opaque ? 'opaque' : native?.goes
  })
}

const added = (type: string, more = {}) => ({ type: 'response.output_item.added', item: { type, ...more } })

describe('events of the Responses API that pass as they are', () => {
  const rows: [string, Parameters<typeof goes>, ReturnType<typeof goes>][] = [
    [
      'text, whose ends wait',
      [
        { type: 'response.created' },
        added('message'),
        { type: 'response.output_text.delta' },
        { type: 'response.output_text.done' },
        { type: 'response.content_part.done' },
        { type: 'response.output_item.done' },
        { type: 'response.completed' },
      ],
      ['at-once', 'at-once', 'at-once', 'with-next', 'with-next', 'with-next', 'with-terminal'],
    ],
    [
      'calls that the client runs',
      [
        added('function_call'),
        added('custom_tool_call'),
        added('computer_call'),
        added('apply_patch_call'),
        added('shell_call', { environment: { type: 'local' } }),
        added('tool_search_call', { execution: 'client' }),
      ],
      Array(6).fill('with-terminal'),
    ],
    [
      'work of the provider',
      [
        added('web_search_call'),
        added('mcp_call'),
        added('shell_call'),
        added('tool_search_call', { execution: 'server' }),
      ],
      Array(4).fill('opaque'),
    ],
    ['a thought', [added('reasoning')], ['at-once']],
    [
      'a sign of life, which lets no end go',
      [
        { type: 'keepalive' },
        { type: 'response.output_text.done' },
        { type: 'keepalive' },
        { type: 'response.output_text.delta' },
        { type: 'keepalive' },
      ],
      ['at-once', 'with-next', 'with-next', 'at-once', 'at-once'],
    ],
    [
      'an event of tomorrow, and one of another API',
      [{ type: 'response.new' }, { type: 'ping' }],
      ['at-once', undefined],
    ],
  ]
  for (const [title, events, expected] of rows) {
    it(title, () => assert.deepEqual(goes(...events), expected))
  }

  it('are known by what they say, whatever they are called', () => {
    const read = passage()?.read
    const end = { event: 'response.output_text.delta', data: '{"type": "response.completed"}' }
    assert.partialDeepStrictEqual(read?.(end), { event: 'response.completed', goes: 'with-terminal' })
    assert.equal(read?.({ event: undefined, data: '{"type":"response.created"}' })?.event, 'response.created')
    assert.equal(read?.({ event: undefined, data: '[DONE]' }), undefined)
  })
})

describe('requests of the Responses API that pass as they are', () => {
  it('do not where chat is asked for, or was found to be the one API', () => {
    assert.equal(passage({ fields: { openai_api: 'chat' } }), undefined)
    assert.equal(passage({ api: 'chat' }), undefined)
    assert.notEqual(passage({ api: 'chat', fields: { openai_api: 'responses' } }), undefined)
  })

  it('do not with words of chat', () => {
    assert.equal(passage({}, { input: 'hi', max_tokens: 5 }), undefined)
  })

  it('find out that a host has no such path', () => {
    const failure = { status: 404, message: 'Not Found', type: '', param: null, code: null, retryable: false }
    assert.equal(passage()?.otherApi?.(failure), 'chat')
    assert.equal(passage()?.otherApi?.({ ...failure, code: 'model_not_found' }), undefined)
    assert.equal(passage()?.otherApi?.({ ...failure, status: 400 }), undefined)
    assert.equal(passage()?.otherApi?.({ ...failure, param: 'input' }), undefined)
  })
})
