import assert from 'node:assert/strict'
import { body, CITY, config, contents, FORMAT, HELLO, type Json, vertexBody } from '../helpers/gemini-request.ts'

describe('Gemini: parameters', () => {
  const parameters: [asked: Json, expected: Json][] = [
    [{}, {}],
    [{ max_tokens: 5 }, { maxOutputTokens: 5 }],
    [{ max_tokens: 5, max_completion_tokens: 6 }, { maxOutputTokens: 6 }],
    [
      { temperature: 0, top_p: 0.5, top_k: 3 },
      { temperature: 0, topP: 0.5, topK: 3 },
    ],
    [{ temperature: null, top_p: null, seed: null, stop: null, n: null }, {}],
    [{ stop: 'a' }, { stopSequences: ['a'] }],
    [{ stop: ['a', 'b'] }, { stopSequences: ['a', 'b'] }],
    [{ seed: 7 }, { seed: 7 }],
    [{ seed: 5_000_000_000 }, { seed: 705_032_704 }],
    [{ n: 1 }, {}],
    [{ n: 2 }, { candidateCount: 2 }],
    [
      { presence_penalty: 1, frequency_penalty: 2 },
      { presencePenalty: 1, frequencyPenalty: 2 },
    ],
    [{ model: 'gemini-2.5-pro', presence_penalty: 1, frequency_penalty: 2 }, {}],
    [
      { logprobs: true, top_logprobs: 3 },
      { responseLogprobs: true, logprobs: 3 },
    ],
    [{ logprobs: true, top_logprobs: 0 }, { responseLogprobs: true }],
    [{ logprobs: false, top_logprobs: 3 }, {}],
    [{ modalities: ['text'] }, {}],
    [{ modalities: ['text', 'image'] }, { responseModalities: ['TEXT', 'IMAGE'] }],
    [{ logit_bias: { 1: 2 }, user: 'u', verbosity: 'low', parallel_tool_calls: false, prediction: {} }, {}],
    [{ response_format: { type: 'text' } }, {}],
    [{ response_format: { type: 'json_object' } }, { responseMimeType: 'application/json' }],
    [{ response_format: FORMAT }, { responseMimeType: 'application/json', responseJsonSchema: CITY }],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'a' } } },
      { responseMimeType: 'application/json' },
    ],
    [
      { response_format: FORMAT, model: 'gemini-2.0-flash' },
      {
        responseMimeType: 'application/json',
        responseSchema: { type: 'OBJECT', properties: { city: { type: 'STRING' } }, required: ['city'] },
      },
    ],
  ]
  for (const [asked, expected] of parameters) {
    it(`makes ${JSON.stringify(asked)} ${JSON.stringify(expected)}`, () => assert.deepEqual(config(asked), expected))
  }

  it('keeps the penalties of generation 2.5 on Vertex', () => {
    const encoded = vertexBody({ model: 'gemini-2.5-pro', presence_penalty: 1 })
    assert.deepEqual(encoded.generationConfig, { presencePenalty: 1 })
  })

  const tops: [asked: Json, studio: Json, vertex: Json][] = [
    [{ service_tier: 'default' }, { serviceTier: 'standard' }, {}],
    [{ service_tier: 'flex' }, { serviceTier: 'flex' }, {}],
    [{ service_tier: 'priority' }, { serviceTier: 'priority' }, {}],
    [{ service_tier: 'auto' }, {}, {}],
    [{ service_tier: 'constructor' }, {}, {}],
    [{ store: false }, { store: false }, {}],
    [
      { safety_settings: [{ category: 'c', threshold: 't' }] },
      { safetySettings: [{ category: 'c', threshold: 't' }] },
      { safetySettings: [{ category: 'c', threshold: 't' }] },
    ],
    [
      { cached_content: 'cachedContents/1' },
      { cachedContent: 'cachedContents/1' },
      { cachedContent: 'cachedContents/1' },
    ],
    [{ metadata: { Team: 'A b', '1x': 'y' } }, {}, { labels: { team: 'a_b' } }],
    [{ metadata: {} }, {}, {}],
  ]
  for (const [asked, studio, vertex] of tops) {
    it(`makes ${JSON.stringify(asked)} ${JSON.stringify(studio)}, on Vertex ${JSON.stringify(vertex)}`, () => {
      const rest = { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }], generationConfig: {} }
      assert.deepEqual(body(asked), { ...rest, ...studio })
      assert.deepEqual(vertexBody(asked), { ...rest, ...vertex })
    })
  }
})

describe('Gemini: a request of nulls', () => {
  it('is one without those fields', () => {
    const nothing = [
      'tool_choice',
      'response_format',
      'metadata',
      'modalities',
      'logprobs',
      'service_tier',
      'store',
      'max_tokens',
    ]
    assert.deepEqual(body(Object.fromEntries(nothing.map((field) => [field, null]))), body())
    const tools = [{ type: 'function', function: { name: 'a', description: null, parameters: null, strict: null } }]
    assert.deepEqual(body({ tools, tool_choice: null }).tools, [{ functionDeclarations: [{ name: 'a' }] }])
    const response_format = { type: 'json_schema', json_schema: { name: 'a', description: null, schema: null } }
    assert.deepEqual(config({ tools, tool_choice: null, response_format }), { responseMimeType: 'application/json' })
    const assistant = { role: 'assistant', content: null, refusal: null, tool_calls: null, audio: null }
    assert.equal((contents([...HELLO, assistant]) as unknown[]).length, 1)
  })
})

describe('Gemini: labels', () => {
  const labels = (metadata: Json) => vertexBody({ metadata }).labels as Json

  it('have at most 63 characters, in keys and values', () => {
    assert.deepEqual(labels({ ['k'.repeat(70)]: 'V'.repeat(70) }), { ['k'.repeat(63)]: 'v'.repeat(63) })
  })

  it('are at most 64', () => {
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`k${index}`, 'v']))
    assert.equal(Object.keys(labels(many)).length, 64)
  })
})

describe('Gemini: thinking', () => {
  const shown = true
  const level = (thinkingLevel: string) => ({ thinkingLevel, includeThoughts: shown })
  const budget = (thinkingBudget: number) => ({ thinkingBudget, includeThoughts: shown })
  const efforts: [model: string, effort: string, expected: Json | undefined][] = [
    ['gemini-3-flash-preview', 'none', { thinkingLevel: 'minimal' }],
    ['gemini-3-flash-preview', 'minimal', level('minimal')],
    ['gemini-3-flash-preview', 'low', level('low')],
    ['gemini-3-flash-preview', 'medium', level('medium')],
    ['gemini-3-flash-preview', 'high', level('high')],
    ['gemini-3-flash-preview', 'xhigh', level('high')],
    ['gemini-3-flash-preview', 'max', level('high')],
    ['gemini-3.1-pro-preview', 'none', { thinkingLevel: 'low' }],
    ['gemini-3.1-pro-preview', 'minimal', level('low')],
    ['gemini-pro-latest', 'minimal', level('low')],
    ['gemini-flash-latest', 'minimal', level('low')],
    ['gemini-flash-lite-latest', 'minimal', level('minimal')],
    ['gemini-3.6-flash', 'minimal', level('minimal')],
    ['gemini-3.7-flash', 'minimal', level('low')],
    ['gemini-3.7-flash-lite', 'minimal', level('minimal')],
    ['gemini-4-argon', 'minimal', level('minimal')],
    ['gemini-4-hydrogen', 'minimal', level('low')],
    ['gemini-4-hydrogen', 'max', level('xhigh')],
    ['publishers/google/models/gemini-3-flash', 'low', level('low')],
    ['gemini-3-pro-image-preview', 'max', budget(32_768)],
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0 }],
    ['gemini-2.5-flash', 'minimal', budget(1024)],
    ['gemini-2.5-flash', 'low', budget(2048)],
    ['gemini-2.5-flash', 'medium', budget(8192)],
    ['gemini-2.5-flash', 'high', budget(16_384)],
    ['gemini-2.5-flash', 'xhigh', budget(24_576)],
    ['gemini-2.5-pro', 'none', { thinkingBudget: 128 }],
    ['gemini-2.5-pro', 'max', budget(32_768)],
    ['gemini-2.5-flash-image', 'high', undefined],
    ['gemini-2.0-flash', 'high', undefined],
    ['gemini-1.5-pro', 'high', undefined],
    ['gemini-pro', 'high', undefined],
    ['gemini-pro-vision', 'high', undefined],
    ['gemini-robotics-er-1.5-preview', 'high', undefined],
    ['gemma-3-27b-it', 'high', undefined],
    ['endpoints/123', 'high', undefined],
    ['gemini-3-flash-preview', 'constructor', undefined],
  ]
  for (const [model, reasoning_effort, expected] of efforts) {
    it(`of '${reasoning_effort}' on ${model} is ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(config({ model, reasoning_effort }).thinkingConfig, expected)
    })
  }

  it('is left to Gemini if nothing is asked', () => {
    assert.equal(config({ reasoning_effort: null }).thinkingConfig, undefined)
  })
})
