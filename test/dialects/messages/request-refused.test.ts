import assert from 'node:assert/strict'
import { readRequest } from '../../../lib/dialects/messages/request.ts'
import { RequestError } from '../../../lib/errors.ts'

const MESSAGES = [{ role: 'user', content: 'hi' }]
const body = (fields: Record<string, unknown> = {}) => ({ model: 'm', max_tokens: 1, messages: MESSAGES, ...fields })

function refused(value: unknown): RequestError['api'] {
  try {
    readRequest(value)
  } catch (error) {
    if (error instanceof RequestError) return error.api
    throw error
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(value)} was taken` })
}

describe('a Messages request is refused', () => {
  const block = (value: unknown) =>
    body({ messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, value] }] })
  const source = (value: unknown) => block({ type: 'document', source: value })
  const result = (value: unknown) => block({ type: 'tool_result', tool_use_id: 'c', content: [value] })
  const tool = (value: unknown) => body({ tools: [value] })

  const bodies: [name: string, value: unknown, param: string | null][] = [
    ['null', null, null],
    ['an array', [], null],
    ['an empty object', {}, 'model'],
    ['an empty model', body({ model: '' }), 'model'],
    ['a model of an essay', body({ model: 'm'.repeat(3000) }), 'model'],
    ['no limit', body({ max_tokens: undefined }), 'max_tokens'],
    ['a limit of nothing', body({ max_tokens: 0 }), 'max_tokens'],
    ['a limit in words', body({ max_tokens: 'many' }), 'max_tokens'],
    ['no messages', body({ messages: [] }), 'messages'],
    ['messages that are no list', body({ messages: 'hi' }), 'messages'],
    ['a message that is null', body({ messages: [null] }), 'messages[0]'],
    ['a role that is not known', body({ messages: [{ role: 'tool', content: 'a' }] }), 'messages[0].role'],
    ['no content', body({ messages: [{ role: 'user' }] }), 'messages[0].content'],
    ['content that is an object', body({ messages: [{ role: 'user', content: {} }] }), 'messages[0].content'],
    ['a block that is a string', block('a'), 'messages[0].content[1]'],
    ['a block without a type', block({ text: 'a' }), 'messages[0].content[1].type'],
    ['a type that every object has', block({ type: ['constructor'] }), 'messages[0].content[1].type'],
    ['text without text', block({ type: 'text' }), 'messages[0].content[1].text'],
    ['an image without a source', block({ type: 'image' }), 'messages[0].content[1].source'],
    ['an image of no kind', block({ type: 'image', source: {} }), 'messages[0].content[1].source.type'],
    [
      'an image of text',
      block({ type: 'image', source: { type: 'text', data: '' } }),
      'messages[0].content[1].source.type',
    ],
    ['a file without an id', source({ type: 'file' }), 'messages[0].content[1].source.file_id'],
    ['a document without data', source({ type: 'base64', media_type: 'a/b' }), 'messages[0].content[1].source.data'],
    ['a document of numbers', source({ type: 'content', content: 5 }), 'messages[0].content[1].source.content'],
    ['a call without an input', block({ type: 'tool_use', id: 'c', name: 'f' }), 'messages[0].content[1].input'],
    [
      'an input that is text',
      block({ type: 'tool_use', id: 'c', name: 'f', input: '{}' }),
      'messages[0].content[1].input',
    ],
    ['a result of nothing', block({ type: 'tool_result' }), 'messages[0].content[1].tool_use_id'],
    ['a result of wrong text', result({ type: 'text', text: 5 }), 'messages[0].content[1].content[0].text'],
    ['thinking without thoughts', block({ type: 'thinking' }), 'messages[0].content[1].thinking'],
    ['instructions that are a number', body({ system: 5 }), 'system'],
    ['instructions of images', body({ system: [{ type: 'image' }] }), 'system[0].text'],
    ['a tool that is null', tool(null), 'tools[0]'],
    ['a tool without a name', tool({ input_schema: {} }), 'tools[0].name'],
    ['a tool without a schema', tool({ name: 'f' }), 'tools[0].input_schema'],
    ['a schema that is a list', tool({ name: 'f', input_schema: [] }), 'tools[0].input_schema'],
    ['a choice that is text', body({ tool_choice: 'auto' }), 'tool_choice'],
    ['a choice that is not known', body({ tool_choice: { type: 'some' } }), 'tool_choice.type'],
    ['a choice without a name', body({ tool_choice: { type: 'tool' } }), 'tool_choice.name'],
    ['a stream that is text', body({ stream: 'yes' }), 'stream'],
    ['a temperature that is text', body({ temperature: 'hot' }), 'temperature'],
    ['stop sequences that are text', body({ stop_sequences: 'a' }), 'stop_sequences'],
    ['thinking that is true', body({ thinking: true }), 'thinking'],
    ['a user that is a number', body({ metadata: { user_id: 5 } }), 'metadata.user_id'],
    ['a form that is text', body({ output_config: { format: 'json' } }), 'output_config.format'],
  ]
  for (const [name, value, param] of bodies) {
    it(`for ${name}`, () => {
      const api = refused(value)
      assert.deepEqual([api.status, api.param], [400, param])
      if (param !== null) assert.ok(api.message.includes(param), api.message)
    })
  }

  it('for an input that nests too deep to be written', () => {
    let input: unknown = {}
    for (let depth = 0; depth < 100_000; depth += 1) input = { a: input }
    const messages = [{ role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'f', input }] }]
    assert.equal(refused(body({ messages })).status, 400)
  })

  it('for nothing that nests: a result in a result is of an unknown type', () => {
    let nested: unknown = { type: 'tool_result', content: 5 }
    for (let depth = 0; depth < 100_000; depth += 1) nested = { type: 'tool_result', content: [nested] }
    assert.equal(readRequest(result(nested)).request.messages.length, 2)
  })
})
