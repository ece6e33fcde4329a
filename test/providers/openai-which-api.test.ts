import assert from 'node:assert/strict'
import { apiError } from '../../lib/errors.ts'
import { otherApi, whichApi } from '../../lib/providers/openai/responses/which-api.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { ProviderFields } from '../../lib/types/provider.ts'
import { ask } from '../helpers/openai-family.ts'

const tools = [{ type: 'function' as const, function: { name: 'f' } }]

describe('openai: the API that serves a request', () => {
  const cases: [expected: 'chat' | 'responses', Partial<ChatRequest>, ProviderFields?][] = [
    ...['gpt-4o', 'gpt-5', 'gpt-5.1', 'gpt-5.6', 'gpt-6-sol', 'o3', 'o4-mini', 'mine', 'openai/gpt-5-pro'].map(
      (model) => ['chat', { model }] as ['chat', Partial<ChatRequest>],
    ),
    ...[
      ...['o1-pro', 'o1-pro-2025-03-19', 'o3-pro', 'gpt-5-pro', 'gpt-5.2-pro-2025-12-11', 'gpt-5.5-pro'],
      ...['gpt-5-codex', 'gpt-5.1-codex', 'gpt-5.1-codex-max', 'gpt-5.3-codex', 'codex-mini-latest'],
      ...['o3-deep-research', 'o4-mini-deep-research-2025-06-26', 'computer-use-preview-2025-03-11'],
      ...['gpt-daybreak-blue-latest'],
    ].map((model) => ['responses', { model }] as ['responses', Partial<ChatRequest>]),
    ['chat', { model: 'gpt-5.2', tools, reasoning_effort: 'high' }],
    ['chat', { model: 'gpt-5.4', tools }],
    ['chat', { model: 'gpt-5.4', tools, reasoning_effort: 'low' }],
    ['chat', { model: 'gpt-5.5', tools, reasoning_effort: 'none' }],
    ['responses', { model: 'gpt-5.6', tools }],
    ['responses', { model: 'gpt-5.6-sol', tools, reasoning_effort: 'high' }],
    ['chat', { model: 'gpt-5.6', tools, reasoning_effort: 'none' }],
    ['responses', { model: 'gpt-6-astra', tools, reasoning_effort: 'none' }],
    ['chat', { model: 'gpt-6-sol', tools, reasoning_effort: 'none' }],
    ['chat', { model: 'gpt-5.6', tools: [{ type: 'custom', custom: { name: 'c' } }] }],
    ['responses', { model: 'ft:gpt-5.6:org::id', tools }],
    ['responses', { model: 'gpt-4o' }, { openai_api: 'responses' }],
    ['chat', { model: 'gpt-5-pro' }, { openai_api: 'chat' }],
  ]
  for (const [expected, request, fields = {}] of cases) {
    it(`is ${expected} for ${JSON.stringify({ ...request, ...(request.tools && { tools: 1 }), ...fields })}`, () => {
      assert.equal(whichApi(ask(request), { fields }), expected)
    })
  }

  it('goes by the model behind a deployment', () => {
    assert.equal(whichApi(ask({ model: 'my-deployment' }), { fields: {} }, 'gpt-5-codex'), 'responses')
  })

  it('is what was found out, whatever is known of the model', () => {
    assert.equal(whichApi(ask({ model: 'mine' }), { fields: {}, api: 'responses' }), 'responses')
    assert.equal(whichApi(ask({ model: 'gpt-5-pro' }), { fields: {}, api: 'chat' }), 'chat')
  })
})

describe('openai: the other API, by what a refusal says', () => {
  const cases: [model: string, status: number, message: string, expected: string | undefined][] = [
    ['new', 404, 'This model is only supported in v1/responses and not in v1/chat/completions.', 'responses'],
    [
      'new',
      404,
      'This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?',
      'responses',
    ],
    [
      'new',
      400,
      "Function tools with reasoning_effort are not supported for new in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.",
      'responses',
    ],
    [
      'new',
      400,
      'The chatCompletion operation does not work with the specified model, new. Please choose different model and try again.',
      'responses',
    ],
    ['new', 404, 'The model `new` does not exist or you do not have access to it.', undefined],
    ['new', 429, 'Rate limit reached.', undefined],
    ['gpt-5-pro', 404, 'Invalid URL (POST /v1/responses)', 'chat'],
    ['gpt-5-pro', 405, 'Method Not Allowed', 'chat'],
    ['gpt-5-pro', 404, 'The model `gpt-5-pro` does not exist.', undefined],
    ['gpt-5-pro', 400, 'The requested model cannot be used with the Responses API.', 'chat'],
    ['gpt-5-pro', 404, "Vector store with id 'vs_1' not found.", undefined],
    ['gpt-5-pro', 404, 'No such File object: file-1', undefined],
    ['gpt-5-pro', 500, 'Something broke.', undefined],
  ]
  for (const [model, status, message, expected] of cases) {
    it(`is ${expected} for "${message.slice(0, 70)}"`, () => {
      assert.equal(otherApi(apiError(status, message), ask({ model }), { fields: {} }), expected)
    })
  }

  it('is none where the config says which', () => {
    const failure = apiError(404, 'This model is only supported in v1/responses')
    assert.equal(otherApi(failure, ask(), { fields: { openai_api: 'chat' } }), undefined)
  })
})
