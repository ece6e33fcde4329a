import assert from 'node:assert/strict'
import { parseRequest } from '../../../lib/dialects/chat-completions/request.ts'
import { RequestError } from '../../../lib/errors.ts'

const MESSAGES = [{ role: 'user', content: 'hi' }]
const body = (fields: Record<string, unknown> = {}) => ({ model: 'm', messages: MESSAGES, ...fields })
const withMessage = (...messages: unknown[]) => body({ messages })

function refused(value: unknown): RequestError['api'] {
  try {
    parseRequest(value)
  } catch (error) {
    if (error instanceof RequestError) return error.api
    throw error
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(value)} was taken` })
}

describe('parseRequest refuses', () => {
  const part = (value: unknown) => withMessage({ role: 'user', content: [{ type: 'text', text: 'a' }, value] })
  const call = (value: unknown) => withMessage({ role: 'assistant', tool_calls: [value] })
  const tool = (value: unknown) => body({ tools: [value] })
  const parameters = (value: unknown) => tool({ type: 'function', function: { name: 'f', parameters: value } })

  const bodies: [name: string, value: unknown, param: string | null][] = [
    ['null', null, null],
    ['nothing', undefined, null],
    ['a number', 5, null],
    ['a string', '{}', null],
    ['true', true, null],
    ['an array', [], null],
    ['an empty object', {}, 'messages'],
    ['messages that are null', { messages: null }, 'messages'],
    ['messages that are a string', { messages: 'hi' }, 'messages'],
    ['messages that only look like an array', { messages: { 0: MESSAGES[0], length: 1 } }, 'messages'],
    ['no message at all', { messages: [] }, 'messages'],
    ['a message that is null', withMessage(null), 'messages[0]'],
    ['a message that is a string', withMessage(MESSAGES[0], 'hi'), 'messages[1]'],
    ['a message that is an array', withMessage([]), 'messages[0].role'],
    ['a message without a role', withMessage({ content: 'hi' }), 'messages[0].role'],
    ['a role that is null', withMessage({ role: null, content: 'hi' }), 'messages[0].role'],
    ['a role that is not known', withMessage({ role: 'robot', content: 'hi' }), 'messages[0].role'],
    ['a role that every object has', withMessage({ role: 'constructor', content: 'hi' }), 'messages[0].role'],
    ['a user without content', withMessage({ role: 'user' }), 'messages[0].content'],
    ['a user whose content is null', withMessage({ role: 'user', content: null }), 'messages[0].content'],
    ['a system whose content is a number', withMessage({ role: 'system', content: 5 }), 'messages[0].content'],
    ['content that is an object', withMessage({ role: 'user', content: {} }), 'messages[0].content'],
    ['assistant content that is a number', withMessage({ role: 'assistant', content: 5 }), 'messages[0].content'],
    ['a name that is a number', withMessage({ ...MESSAGES[0], name: 5 }), 'messages[0].name'],
    ['a part that is a string', part('hi'), 'messages[0].content[1]'],
    ['a part that is null', part(null), 'messages[0].content[1]'],
    ['a part without a type', part({ text: 'hi' }), 'messages[0].content[1].type'],
    ['a text part without text', part({ type: 'text' }), 'messages[0].content[1]'],
    ['a text part whose text is null', part({ type: 'text', text: null }), 'messages[0].content[1]'],
    ['a text part whose text is a number', part({ type: 'text', text: 5 }), 'messages[0].content[1].text'],
    ['an image part without an image', part({ type: 'image_url' }), 'messages[0].content[1]'],
    ['an image that is a string', part({ type: 'image_url', image_url: 'u' }), 'messages[0].content[1].image_url'],
    ['an image without a URL', part({ type: 'image_url', image_url: {} }), 'messages[0].content[1].image_url.url'],
    [
      'an audio without a format',
      part({ type: 'input_audio', input_audio: { data: 'AA' } }),
      'messages[0].content[1].input_audio.format',
    ],
    ['a file id that is a number', part({ type: 'file', file: { file_id: 5 } }), 'messages[0].content[1].file.file_id'],
    ['a refusal part without a refusal', part({ type: 'refusal' }), 'messages[0].content[1]'],
    ['a refusal that is a number', withMessage({ role: 'assistant', refusal: 5 }), 'messages[0].refusal'],
    [
      'reasoning that is an object',
      withMessage({ role: 'assistant', reasoning_content: {} }),
      'messages[0].reasoning_content',
    ],
    ['tool calls that are an object', withMessage({ role: 'assistant', tool_calls: {} }), 'messages[0].tool_calls'],
    ['a call that is null', call(null), 'messages[0].tool_calls[0]'],
    ['a call without an id', call({ function: { name: 'f', arguments: '' } }), 'messages[0].tool_calls[0].id'],
    ['a call of nothing', call({ id: 'a', type: 'function' }), 'messages[0].tool_calls[0]'],
    ['a call of null', call({ id: 'a', type: 'function', function: null }), 'messages[0].tool_calls[0]'],
    [
      'a call of two things',
      call({ id: 'a', function: { name: 'f', arguments: '' }, custom: { name: 'c', input: '' } }),
      'messages[0].tool_calls[0]',
    ],
    [
      'a call without a name',
      call({ id: 'a', function: { arguments: '' } }),
      'messages[0].tool_calls[0].function.name',
    ],
    [
      'arguments that are an object',
      call({ id: 'a', function: { name: 'f', arguments: {} } }),
      'messages[0].tool_calls[0].function.arguments',
    ],
    ['a custom call without input', call({ id: 'a', custom: { name: 'c' } }), 'messages[0].tool_calls[0].custom.input'],
    [
      'a legacy call whose arguments are an object',
      withMessage({ role: 'assistant', function_call: { name: 'f', arguments: {} } }),
      'messages[0].function_call.arguments',
    ],
    ['a tool result without an id', withMessage({ role: 'tool', content: 'x' }), 'messages[0].tool_call_id'],
    ['a tool result without content', withMessage({ role: 'tool', tool_call_id: 'a' }), 'messages[0].content'],
    ['a function result without a name', withMessage({ role: 'function', content: 'x' }), 'messages[0].name'],
    ['a function result of parts', withMessage({ role: 'function', name: 'f', content: [] }), 'messages[0].content'],
    ['an empty model', body({ model: '' }), 'model'],
    ['a model that is a number', body({ model: 5 }), 'model'],
    ['stream as a string', body({ stream: 'true' }), 'stream'],
    ['stream as a number', body({ stream: 1 }), 'stream'],
    ['stream options that are true', body({ stream_options: true }), 'stream_options'],
    ['include_usage as a string', body({ stream_options: { include_usage: 'yes' } }), 'stream_options.include_usage'],
    ['max_tokens as a string', body({ max_tokens: '5' }), 'max_tokens'],
    ['half a token', body({ max_completion_tokens: 1.5 }), 'max_completion_tokens'],
    ['temperature as a string', body({ temperature: '1' }), 'temperature'],
    ['top_p as an array', body({ top_p: [1] }), 'top_p'],
    ['no answer', body({ n: 0 }), 'n'],
    ['half an answer', body({ n: 1.5 }), 'n'],
    ['too many answers', body({ n: 129 }), 'n'],
    ['stop as a number', body({ stop: 5 }), 'stop'],
    ['stop with a number', body({ stop: ['a', 5] }), 'stop'],
    ['a bias that is a string', body({ logit_bias: { 50256: '5' } }), 'logit_bias.50256'],
    ['logprobs as a number', body({ logprobs: 5 }), 'logprobs'],
    ['tools that are an object', body({ tools: {} }), 'tools'],
    ['a tool that is null', tool(null), 'tools[0]'],
    ['a tool without a type', tool({ function: { name: 'f' } }), 'tools[0].type'],
    [
      "a provider's own tool with a function",
      tool({ type: 'web_search', function: { name: 'f' } }),
      'tools[0].function',
    ],
    ['a tool without a function', tool({ type: 'function' }), 'tools[0].function'],
    ['a function without a name', tool({ type: 'function', function: {} }), 'tools[0].function.name'],
    ['parameters that are a string', parameters('{}'), 'tools[0].function.parameters'],
    ['parameters that are an array', parameters([]), 'tools[0].function.parameters'],
    ['a custom tool without a name', tool({ type: 'custom', custom: {} }), 'tools[0].custom.name'],
    ['a tool choice that is not known', body({ tool_choice: 'any' }), 'tool_choice'],
    ['a tool choice without a name', body({ tool_choice: { type: 'function', function: {} } }), 'tool_choice'],
    ['functions without a name', body({ functions: [{ name: 'f' }, {}] }), 'functions[1].name'],
    ['a function_call without a name', body({ function_call: {} }), 'function_call'],
    ['a function_call that is not known', body({ function_call: 'required' }), 'function_call'],
    ['a response format that is not known', body({ response_format: { type: 'xml' } }), 'response_format.type'],
    [
      'a response format without a schema’s name',
      body({ response_format: { type: 'json_schema', json_schema: {} } }),
      'response_format.json_schema.name',
    ],
    [
      'a schema that is an array',
      body({ response_format: { type: 'json_schema', json_schema: { name: 's', schema: [] } } }),
      'response_format.json_schema.schema',
    ],
    ['modalities with a number', body({ modalities: ['text', 5] }), 'modalities[1]'],
    ['metadata with a number', body({ metadata: { a: 5 } }), 'metadata.a'],
    ['a user that is an object', body({ user: {} }), 'user'],
    ['messages that only a prototype has', JSON.parse('{"__proto__":{"messages":[{}]}}'), 'messages'],
    [
      'a role that only a prototype has',
      JSON.parse('{"messages":[{"__proto__":{"role":"user"}}]}'),
      'messages[0].role',
    ],
  ]
  for (const [name, value, param] of bodies) {
    it(`${name}, and says where`, () => {
      const { status, type, param: told, message } = refused(value)
      assert.deepEqual([status, type, told], [400, 'invalid_request_error', param])
      if (param !== null) assert.ok(message.includes(`'${param}'`), message)
    })
  }

  it('what is missing with OpenAI’s code for it', () => {
    const { message, code } = refused({ model: 'm' })
    assert.deepEqual([message, code], ["Missing required parameter: 'messages'.", 'missing_required_parameter'])
    assert.equal(refused(withMessage({ role: 'user' })).code, 'missing_required_parameter')
  })

  it('what is wrong with another', () => {
    assert.equal(refused({ messages: null }).code, 'invalid_value')
  })
})
