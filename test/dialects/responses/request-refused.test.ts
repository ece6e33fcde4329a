import assert from 'node:assert/strict'
import { translated } from '../../../lib/dialects/responses/request.ts'
import { checkRequest } from '../../../lib/dialects/responses/request-schema.ts'
import { RequestError } from '../../../lib/errors.ts'

const USER = { role: 'user', content: 'hi' }

describe('a request of the Responses API that is wrong', () => {
  const rows: [unknown, string | null, string | null][] = [
    [undefined, null, null],
    [[], null, null],
    ['text', null, null],
    [{ input: 5 }, 'input', 'invalid_value'],
    [{ input: [5] }, 'input[0]', 'invalid_value'],
    [{ input: [{}] }, 'input[0].role', 'missing_required_parameter'],
    [{ input: [{ role: 'robot', content: '' }] }, 'input[0].role', 'invalid_value'],
    [{ input: [{ role: 'user' }] }, 'input[0].content', 'missing_required_parameter'],
    [{ input: [{ role: 'user', content: [5] }] }, 'input[0].content[0]', 'invalid_value'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_text' }] }] },
      'input[0].content[0].text',
      'missing_required_parameter',
    ],
    [{ input: [{ role: 'user', content: [{ type: 'input_image' }] }] }, 'input[0].content[0]', 'invalid_value'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: { url: 'a' } }] }] },
      'input[0].content[0].image_url',
      'invalid_value',
    ],
    [{ input: [{ role: 'user', content: [{ type: 'input_file' }] }] }, 'input[0].content[0]', 'invalid_value'],
    [
      { input: [{ type: 'function_call', name: 'f', arguments: '' }] },
      'input[0].call_id',
      'missing_required_parameter',
    ],
    [
      { input: [{ type: 'function_call', call_id: 'a', name: 'f', arguments: {} }] },
      'input[0].arguments',
      'invalid_value',
    ],
    [{ input: [{ type: 'function_call_output', call_id: 'a' }] }, 'input[0].output', 'missing_required_parameter'],
    [{ input: [{ type: 'reasoning', summary: 'so' }] }, 'input[0].summary', 'invalid_value'],
    [{ input: [{ type: 'item_reference' }] }, 'input[0].id', 'missing_required_parameter'],
    [{ input: 'hi', tools: [{ type: 'function' }] }, 'tools[0].name', 'missing_required_parameter'],
    [
      { input: 'hi', tools: [{ type: 'function', name: 'f', parameters: 'x' }] },
      'tools[0].parameters',
      'invalid_value',
    ],
    [
      { input: 'hi', tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'function' }] }] },
      'tools[0].tools[0].name',
      'missing_required_parameter',
    ],
    [{ input: 'hi', tools: [{}] }, 'tools[0].type', 'missing_required_parameter'],
    [{ input: 'hi', tool_choice: 'any' }, 'tool_choice', 'invalid_value'],
    [{ input: 'hi', tool_choice: { type: 'function' } }, 'tool_choice.name', 'missing_required_parameter'],
    [{ input: 'hi', text: { format: { type: 'json_schema' } } }, 'text.format.name', 'missing_required_parameter'],
    [{ input: 'hi', text: { format: {} } }, 'text.format.type', 'missing_required_parameter'],
    [{ input: [{ id: 5 }] }, 'input[0].role', 'missing_required_parameter'],
    [{ input: 'hi', max_output_tokens: '5' }, 'max_output_tokens', 'invalid_value'],
    [{ input: 'hi', metadata: { a: 1 } }, 'metadata.a', 'invalid_value'],
    [{ input: 'hi', model: '' }, 'model', 'invalid_value'],
    [{ input: 'hi', model: 'm'.repeat(2049) }, 'model', 'invalid_value'],
  ]
  for (const [body, param, code] of rows) {
    it(`${JSON.stringify(body)?.slice(0, 100)} is told at ${param}`, () => {
      assert.throws(
        () => checkRequest(body),
        (error) => {
          assert.ok(error instanceof RequestError)
          assert.deepEqual([error.api.status, error.api.param, error.api.code], [400, param, code])
          return true
        },
      )
    })
  }

  it('has no input', () => {
    assert.throws(
      () => translated({ model: 'm', instructions: 'be brief' }, { items: [], before: 0, missing: undefined }),
      (error) => error instanceof RequestError && error.api.param === 'input',
    )
  })

  it('has names that every object has', () => {
    checkRequest({ input: [{ type: 'constructor' }, USER], tools: [{ type: 'toString' }] })
    const { refusal } = translated({}, { items: [{ type: 'constructor' }], before: 0, missing: undefined })
    assert.equal(refusal?.api.param, 'input[0].type')
  })
})
