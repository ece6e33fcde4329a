import assert from 'node:assert/strict'
import { modelFor } from '../../lib/providers/anthropic/models.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import { ADAPTIVE, BUDGET, body } from './anthropic-fixtures.ts'

const closed = (properties: Record<string, unknown>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})

const schemaFormat = (schema: Record<string, unknown>): NonNullable<ChatRequest['response_format']> => ({
  type: 'json_schema',
  json_schema: { name: 'answer', schema },
})

describe('the Anthropic request: parameters', () => {
  const limits: [string, Partial<ChatRequest>, number][] = [
    ['the limit of the model by default', { model: 'claude-opus-4-1' }, 32_000],
    ['max_tokens', { max_tokens: 10 }, 10],
    ['max_completion_tokens first', { max_tokens: 10, max_completion_tokens: 20 }, 20],
    ['no more than the model can', { model: 'claude-3-haiku-20240307', max_tokens: 100_000 }, 4096],
    ['a modest default for models of others', { model: 'glm-5.2' }, 4096],
    ['what is asked of models of others', { model: 'glm-5.2', max_tokens: 100_000 }, 100_000],
  ]
  for (const [name, request, expected] of limits) {
    it(`sends ${name}`, () => assert.equal(body(request).max_tokens, expected))
  }

  const samplings: [string, Partial<ChatRequest>, object, string?][] = [
    ['a clamped temperature', { temperature: 1.7 }, { temperature: 1 }],
    ['a temperature of 0', { temperature: 0 }, { temperature: 0 }],
    ['top_p alone', { top_p: 0.5, top_k: 3 }, { top_p: 0.5, top_k: 3 }],
    ['temperature, not top_p beside it', { temperature: 0.5, top_p: 0.5, top_k: 3 }, { temperature: 0.5, top_k: 3 }],
    ['nothing to models that refuse it', { model: 'claude-sonnet-5', temperature: 0.5, top_p: 0.5, top_k: 3 }, {}],
    ['nothing while thinking', { temperature: 0.5, top_p: 0.5, top_k: 3, reasoning_effort: 'low' }, {}],
    ['it when thinking is off', { temperature: 0.5, reasoning_effort: 'none' }, { temperature: 0.5 }],
    ['nothing under the newer version', { temperature: 1 }, {}, '2026-10-21'],
    ["it under Bedrock's version", { temperature: 1 }, { temperature: 1 }, 'bedrock-2023-05-31'],
  ]
  for (const [name, request, expected, version] of samplings) {
    it(`sends ${name}`, () => {
      const { temperature, top_p, top_k } = body(request, version)
      assert.deepEqual(JSON.parse(JSON.stringify({ temperature, top_p, top_k })), expected)
    })
  }

  const summarized = { type: 'adaptive', display: 'summarized' }
  const budget = (budget_tokens: number) => ({ type: 'enabled', budget_tokens })
  const efforts: [string, string, unknown, string?][] = [
    [ADAPTIVE, 'minimal', summarized, 'low'],
    [ADAPTIVE, 'low', summarized, 'low'],
    [ADAPTIVE, 'medium', summarized, 'medium'],
    [ADAPTIVE, 'high', summarized, 'high'],
    [ADAPTIVE, 'xhigh', summarized, 'xhigh'],
    [ADAPTIVE, 'max', summarized, 'max'],
    [ADAPTIVE, 'none', { type: 'disabled' }],
    [ADAPTIVE, 'constructor', undefined],
    ['claude-sonnet-4-6', 'xhigh', summarized, 'high'],
    ['claude-sonnet-4-6', 'max', summarized, 'max'],
    ['claude-sonnet-5', 'none', { type: 'disabled' }],
    ['claude-haiku-5-5', 'none', { type: 'disabled' }],
    ['claude-sonnet-5-5', 'none', { type: 'between_tools' }],
    ['claude-fable-5', 'none', undefined, 'low'],
    ['claude-mythos-5-1', 'none', undefined, 'low'],
    ['claude-opus-5-5', 'none', undefined, 'low'],
    ['claude-newer-6', 'none', undefined, 'low'],
    ['claude-newer-6', 'high', summarized, 'high'],
    [BUDGET, 'minimal', budget(1024)],
    [BUDGET, 'low', budget(2048)],
    [BUDGET, 'medium', budget(8192)],
    [BUDGET, 'high', budget(16_384)],
    [BUDGET, 'xhigh', budget(32_768)],
    [BUDGET, 'max', budget(62_976)],
    [BUDGET, 'none', { type: 'disabled' }],
    ['claude-3-5-haiku-latest', 'high', undefined],
    ['glm-5.2', 'high', undefined],
  ]
  for (const [model, reasoning_effort, thinking, effort] of efforts) {
    it(`makes effort ${reasoning_effort} of ${model} ${JSON.stringify(thinking)} and ${effort}`, () => {
      const built = body({ model, reasoning_effort })
      assert.deepEqual(built.thinking, thinking)
      assert.deepEqual(built.output_config, effort && { effort })
    })
  }

  it('keeps the budget below max_tokens, with room for an answer where there is some', () => {
    const thinking = (max_tokens: number) => body({ max_tokens, reasoning_effort: 'high' }).thinking
    assert.deepEqual(thinking(4096), budget(3072))
    assert.deepEqual(thinking(1025), budget(1024))
    assert.equal(thinking(1024), undefined)
  })

  it('says effort and schema in one place', () => {
    const built = body({ model: ADAPTIVE, reasoning_effort: 'low', response_format: schemaFormat(closed({})) })
    assert.deepEqual(built.output_config, { effort: 'low', format: { type: 'json_schema', schema: closed({}) } })
  })

  it('translates stop, and drops blank stops, which the API refuses', () => {
    assert.deepEqual(body({ stop: 'END' }).stop_sequences, ['END'])
    assert.deepEqual(body({ stop: ['\n', 'END'] }).stop_sequences, ['END'])
    assert.equal('stop_sequences' in body({ stop: '\n' }), false)
  })

  it('names the user', () => {
    assert.deepEqual(body({ user: 'u' }).metadata, { user_id: 'u' })
    assert.deepEqual(body({ user: 'u', safety_identifier: 's' }).metadata, { user_id: 's' })
  })

  it('hashes a user whose name is an address or a telephone number, which the API refuses', () => {
    const idOf = (user: string) => body({ user }).metadata?.user_id ?? ''
    for (const user of ['ann@example.com', 'Ann <ann@example.com>', '+15551234567', '(555) 123-4567']) {
      assert.match(idOf(user), /^[0-9a-f]{64}$/)
      assert.equal(idOf(user), idOf(user))
    }
    for (const user of ['12345678', 'a@b', 'user-12', '0b3f1f4e-8e0e-4d7a-9c53-1de1f6a3a111'])
      assert.equal(idOf(user), user)
  })

  it('translates service tiers', () => {
    assert.deepEqual(
      ['auto', 'default', 'flex', 'priority', null].map((service_tier) => body({ service_tier }).service_tier),
      ['auto', 'standard_only', undefined, undefined, undefined],
    )
  })

  it('drops what has no native form', () => {
    const plain = body({})
    const dropped = { seed: 1, logprobs: true, top_logprobs: 2, presence_penalty: 1, logit_bias: { 1: 1 }, store: true }
    assert.deepEqual(body({ ...dropped, metadata: { a: 'b' }, verbosity: 'low', modalities: ['text'], n: 1 }), plain)
  })
})

describe('the Anthropic models', () => {
  const outputs: [string, number | undefined][] = [
    ['claude-sonnet-5-5', 128_000],
    ['anthropic.claude-opus-5-5-v1:0', 128_000],
    ['claude-sonnet-4-6', 128_000],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 64_000],
    ['claude-sonnet-4@20250514', 64_000],
    ['claude-sonnet-4-0', 64_000],
    ['claude-3-7-sonnet-latest', 64_000],
    ['claude-opus-4-20250514', 32_000],
    ['claude-opus-4-1-20250805', 32_000],
    ['claude-3-5-haiku-latest', 8192],
    ['claude-3-opus-20240229', 4096],
    ['claude-2.1', 4096],
    ['anthropic.claude-v2:1', 4096],
    ['claude-instant-1.2', 4096],
    ['claude-next', 128_000],
    ['glm-5.2', undefined],
  ]
  for (const [id, maxOutput] of outputs) {
    it(`knows what ${id} can write`, () => assert.equal(modelFor(id).maxOutput, maxOutput))
  }

  it('does not take a date for a version', () => {
    assert.equal(modelFor('claude-fable-5-20260609').bindsThinking, false)
    assert.equal(modelFor('claude-fable-5-2').bindsThinking, true)
    assert.equal(modelFor('claude-sonnet-5-20260601').forcedTools, true)
  })
})
