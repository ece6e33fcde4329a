import assert from 'node:assert/strict'
import { openaiBody } from '../../lib/providers/openai/request.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import { ask } from '../helpers/openai-family.ts'

describe('openai: what models refuse', () => {
  const sampling = { temperature: 0.5, top_p: 0.9 }
  const others = { presence_penalty: 1, frequency_penalty: 1, logit_bias: { 1: 1 }, logprobs: true, top_logprobs: 2 }
  const all = { ...sampling, ...others, stop: 'x', prompt_cache_retention: '24h', max_tokens: 9 }
  const kept = (fields: Partial<ChatRequest>): Partial<ChatRequest> => {
    const { messages, stream, stream_options, model, ...rest } = openaiBody(ask({ ...all, ...fields }))
    return rest
  }
  const reasoning = { stop: 'x', prompt_cache_retention: '24h', max_completion_tokens: 9 }

  const cases: [string, Partial<ChatRequest>, Partial<ChatRequest>][] = [
    ['an unknown model is sent all', { model: 'my-model' }, all],
    ['gpt-4o is sent all', { model: 'gpt-4o' }, all],
    ['gpt-oss is no gpt-5', { model: 'gpt-oss-120b' }, all],
    ['a chat model does not reason', { model: 'gpt-5-chat-latest' }, all],
    [
      'the newer limit wins',
      { model: 'gpt-4o', max_completion_tokens: 5 },
      { ...all, max_tokens: undefined, max_completion_tokens: 5 } as never,
    ],
    ['o1', { model: 'o1-2024-12-17' }, reasoning],
    ['o3-mini takes stop', { model: 'o3-mini' }, reasoning],
    ['o3 takes no stop', { model: 'o3' }, { ...reasoning, stop: undefined } as never],
    ['o4-mini takes no stop', { model: 'o4-mini' }, { ...reasoning, stop: undefined } as never],
    ['gpt-5', { model: 'gpt-5' }, reasoning],
    [
      'gpt-5 has no effort none',
      { model: 'gpt-5', reasoning_effort: 'none' },
      { ...reasoning, reasoning_effort: 'none' },
    ],
    [
      'gpt-5.1 samples without reasoning',
      { model: 'gpt-5.1', reasoning_effort: 'none' },
      { ...reasoning, ...sampling, reasoning_effort: 'none' },
    ],
    [
      'gpt-5.1 does not sample with it',
      { model: 'gpt-5.1-mini', reasoning_effort: 'low' },
      { ...reasoning, reasoning_effort: 'low' },
    ],
    [
      'gpt-6-luna samples without reasoning',
      { model: 'gpt-6-luna', reasoning_effort: 'none' },
      { ...reasoning, ...sampling, reasoning_effort: 'none', prompt_cache_retention: undefined } as never,
    ],
    [
      'gpt-6-astra never samples',
      { model: 'gpt-6-astra', reasoning_effort: 'none' },
      { ...reasoning, reasoning_effort: 'none', prompt_cache_retention: undefined } as never,
    ],
    [
      'gpt-6.1-sol never samples',
      { model: 'gpt-6.1-sol', reasoning_effort: 'none' },
      { ...reasoning, reasoning_effort: 'none', prompt_cache_retention: undefined } as never,
    ],
    [
      'gpt-6.1-terra samples without reasoning',
      { model: 'gpt-6.1-terra', reasoning_effort: 'none' },
      { ...reasoning, ...sampling, reasoning_effort: 'none', prompt_cache_retention: undefined } as never,
    ],
    [
      'search models have no temperature',
      { model: 'gpt-4o-search-preview' },
      { ...all, temperature: undefined } as never,
    ],
  ]
  for (const [name, request, expected] of cases) {
    it(name, () => assert.deepEqual(kept(request), JSON.parse(JSON.stringify(expected))))
  }

  it('lets gpt-5.6 use tools by leaving out the reasoning', () => {
    const tools = [{ type: 'function' as const, function: { name: 'f' } }]
    assert.deepEqual(kept({ model: 'gpt-5.6', tools, reasoning_effort: 'high' }), {
      ...reasoning,
      ...sampling,
      tools,
      reasoning_effort: 'none',
    })
    assert.equal(kept({ model: 'gpt-5.5', tools, reasoning_effort: 'high' }).reasoning_effort, 'high')
    assert.equal(kept({ model: 'gpt-5.6', reasoning_effort: 'high' }).reasoning_effort, 'high')
  })
})
