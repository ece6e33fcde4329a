import assert from 'node:assert/strict'
import { openaiBody } from '../../lib/providers/openai/request.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import { ask } from '../helpers/openai-family.ts'

describe('openai: what models refuse', () => {
  const sampling = { temperature: 0.5, top_p: 0.9 }
  const others = { presence_penalty: 1, frequency_penalty: 1, logit_bias: { 1: 1 }, logprobs: true, top_logprobs: 2 }
  const all = { ...sampling, ...others, stop: 'x', prompt_cache_retention: '24h', max_tokens: 9 }
  const uncached = { ...all, prompt_cache_retention: undefined }
  const kept = (fields: Partial<ChatRequest>): Partial<ChatRequest> => {
    const { messages, stream, stream_options, model, ...rest } = openaiBody(ask({ ...all, ...fields }))
    return rest
  }
  const reasoning = { prompt_cache_retention: '24h', max_completion_tokens: 9 }
  const older = { stop: 'x', max_completion_tokens: 9 }

  const cases: [string, Partial<ChatRequest>, Partial<ChatRequest>][] = [
    ['an unknown model is sent all', { model: 'my-model' }, all],
    ['gpt-4.1 is sent all', { model: 'gpt-4.1' }, all],
    ['gpt-4o keeps no cache for a day', { model: 'gpt-4o' }, uncached as never],
    ['gpt-oss is no gpt-5', { model: 'gpt-oss-120b' }, all],
    ['a chat model does not reason', { model: 'gpt-5-chat-latest' }, all],
    [
      'the newer limit wins',
      { model: 'gpt-4o', max_completion_tokens: 5 },
      { ...uncached, max_tokens: undefined, max_completion_tokens: 5 } as never,
    ],
    ['o1', { model: 'o1-2024-12-17' }, older],
    ['o3-mini takes stop', { model: 'o3-mini' }, older],
    ['o3 takes no stop', { model: 'o3' }, { ...older, stop: undefined } as never],
    ['o4-mini takes no stop', { model: 'o4-mini' }, { ...older, stop: undefined } as never],
    ['gpt-5', { model: 'gpt-5' }, reasoning],
    [
      'gpt-5 has no effort none',
      { model: 'gpt-5', reasoning_effort: 'none' },
      { ...reasoning, reasoning_effort: 'minimal' },
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
      { ...reasoning, reasoning_effort: 'low', prompt_cache_retention: undefined } as never,
    ],
    [
      'gpt-6.1-sol never samples',
      { model: 'gpt-6.1-sol', reasoning_effort: 'none' },
      { ...reasoning, reasoning_effort: 'low', prompt_cache_retention: undefined } as never,
    ],
    [
      'gpt-6.1-terra samples without reasoning',
      { model: 'gpt-6.1-terra', reasoning_effort: 'none' },
      { ...reasoning, ...sampling, reasoning_effort: 'none', prompt_cache_retention: undefined } as never,
    ],
    [
      'search models take few parameters',
      { model: 'gpt-4o-search-preview', n: 1 },
      {
        ...uncached,
        ...{ temperature: undefined, top_p: undefined, presence_penalty: undefined, frequency_penalty: undefined },
      } as never,
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
    assert.equal(kept({ model: 'gpt-5.4', tools, reasoning_effort: 'high' }).reasoning_effort, 'none')
    assert.equal(kept({ model: 'gpt-5.5', tools }).reasoning_effort, 'none')
    assert.equal(kept({ model: 'gpt-5.2', tools, reasoning_effort: 'high' }).reasoning_effort, 'high')
    assert.equal(kept({ model: 'gpt-5.6', reasoning_effort: 'high' }).reasoning_effort, 'high')
  })

  const efforts: [model: string, asked: string, expected: string | undefined][] = [
    ['gpt-4o', 'high', undefined],
    ['ft:gpt-4.1:org::id', 'low', undefined],
    ['o3', 'none', 'low'],
    ['o4-mini', 'xhigh', 'high'],
    ['gpt-5', 'xhigh', 'high'],
    ['gpt-5-codex', 'minimal', 'low'],
    ['gpt-5-pro', 'low', 'high'],
    ['gpt-5-chat-latest', 'low', undefined],
    ['gpt-5.1', 'minimal', 'low'],
    ['gpt-5.1', 'xhigh', 'high'],
    ['gpt-5.1-chat-latest', 'high', 'medium'],
    ['gpt-5.1-codex', 'none', 'low'],
    ['gpt-5.1-codex-max', 'xhigh', 'xhigh'],
    ['gpt-5.2', 'minimal', 'low'],
    ['gpt-5.2', 'none', 'none'],
    ['gpt-5.3-codex', 'none', 'low'],
    ['gpt-5.4-pro', 'low', 'medium'],
    ['gpt-5.5', 'max', 'xhigh'],
    ['gpt-5.6', 'max', 'max'],
    ['gpt-6-luna', 'none', 'none'],
    ['gpt-6-astra', 'minimal', 'low'],
    ['my-model', 'anything', 'anything'],
  ]
  for (const [model, asked, expected] of efforts) {
    it(`${model} is asked for ${expected ?? 'no effort'} in place of ${asked}`, () => {
      assert.equal(kept({ model, reasoning_effort: asked }).reasoning_effort, expected)
    })
  }

  it('o-series and search models, and requests without tools, have no parallel_tool_calls', () => {
    const tools = [{ type: 'function' as const, function: { name: 'f' } }]
    const parallel = (fields: Partial<ChatRequest>) =>
      kept({ ...fields, parallel_tool_calls: false }).parallel_tool_calls
    assert.equal(parallel({ model: 'gpt-4o', tools }), false)
    for (const model of ['o1', 'o3-mini', 'o4-mini', 'gpt-4o-mini-search-preview'])
      assert.equal(parallel({ model, tools }), undefined)
    assert.equal(parallel({ model: 'gpt-4o' }), undefined)
  })

  it('search models keep a number of answers that is not one', () => {
    assert.equal(kept({ model: 'gpt-4o-search-preview', n: 2 }).n, 2)
  })
})
