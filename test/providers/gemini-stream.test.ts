import assert from 'node:assert/strict'
import { vertexAi } from '../../lib/providers/vertex-ai.ts'
import type { ChunkInit } from '../../lib/types/provider.ts'
import {
  asked,
  callPart,
  candidate,
  content,
  decode,
  ENDPOINT,
  finish,
  stop,
  thought,
  toolCall,
  words,
} from '../helpers/gemini-stream.ts'

describe('Gemini: a stream', () => {
  const scenarios: [name: string, frames: unknown[], told: ChunkInit[]][] = [
    [
      'S1: of plain text',
      [words('Hel'), words('lo', { finishReason: 'STOP' })],
      [content('Hel'), content('lo'), finish('stop')],
    ],
    [
      'S2: of text and a call, which ends with a STOP of its own',
      [words('Let me see'), candidate([callPart('weather', { city: 'SF' }, { thoughtSignature: 'c2ln' })]), stop],
      [content('Let me see'), toolCall(0, 'weather', '{"city":"SF"}', { state: 'studio:c2ln' }), finish('tool_calls')],
    ],
    [
      'S3: of two calls in one frame, the first signed',
      [
        candidate([callPart('a', { x: 1 }, { thoughtSignature: 'c2ln' }), { functionCall: { id: '7', name: 'b' } }], {
          finishReason: 'STOP',
        }),
      ],
      [
        toolCall(0, 'a', '{"x":1}', { state: 'studio:c2ln' }),
        toolCall(1, 'b', '{}', { id: '7' }),
        finish('tool_calls'),
      ],
    ],
    [
      'S3: of two calls in two frames',
      [candidate([callPart('a')]), candidate([callPart('a', {})]), stop],
      [toolCall(0, 'a', '{}'), toolCall(1, 'a', '{}'), finish('tool_calls')],
    ],
    [
      'S4: of thoughts, text and a signature alone',
      [thought('Hm'), words('Yes'), candidate([{ text: '', thoughtSignature: 'c2ln' }], { finishReason: 'STOP' })],
      [{ index: 0, reasoning: 'Hm' }, content('Yes'), finish('stop')],
    ],
    ['S5: that ran out of tokens', [words('Hel', { finishReason: 'MAX_TOKENS' })], [content('Hel'), finish('length')]],
    [
      'S5: whose tokens all went into thoughts',
      [candidate(undefined, { finishReason: 'MAX_TOKENS' })],
      [finish('length')],
    ],
    [
      'S6: stopped for safety after some text',
      [words('Hel'), { candidates: [{ finishReason: 'SAFETY', index: 0, safetyRatings: [] }] }],
      [content('Hel'), finish('content_filter')],
    ],
    [
      'S6: whose prompt was blocked',
      [{ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 } }],
      [{ usage: { prompt_tokens: 4, completion_tokens: 0, total_tokens: 4 } }, finish('content_filter')],
    ],
    [
      'that repeats its finish reason',
      [
        words('a', { finishReason: 'STOP' }),
        words('b', { finishReason: 'STOP' }),
        words('c', { finishReason: 'SAFETY' }),
      ],
      [content('a'), finish('stop'), content('b'), finish('stop'), content('c'), finish('content_filter')],
    ],
    [
      'whose prompt feedback blocks nothing',
      [
        { ...words('a', { finishReason: 'STOP' }), promptFeedback: { blockReason: 'BLOCKED_REASON_UNSPECIFIED' } },
        { promptFeedback: { blockReason: 'BLOCK_REASON_UNSPECIFIED' } },
        { promptFeedback: { blockReason: '' } },
        { promptFeedback: { safetyRatings: [] } },
      ],
      [content('a'), finish('stop')],
    ],
    [
      'whose finish reason stands although the prompt is blocked later',
      [words('a', { finishReason: 'STOP' }), { promptFeedback: { blockReason: 'OTHER' } }],
      [content('a'), finish('stop')],
    ],
    [
      'of an image, as Markdown',
      [
        candidate([{ text: 'Here: ' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }], {
          finishReason: 'STOP',
        }),
      ],
      [content('Here: '), content('![image](data:image/png;base64,AAAA)'), finish('stop')],
    ],
    [
      'of sound',
      [candidate([{ inlineData: { mimeType: 'audio/L16;rate=24000', data: 'AAAA' } }], { finishReason: 'STOP' })],
      [{ index: 0, audio: { data: 'AAAA' } }, finish('stop')],
    ],
    [
      'of parts that a client has no use for',
      [
        candidate([
          { executableCode: { language: 'PYTHON', code: '1' } },
          { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
          { toolCall: { toolType: 'GOOGLE_SEARCH_WEB' } },
          { toolResponse: {} },
          { thought: true, inlineData: { mimeType: 'image/png', data: 'AAAA' } },
        ]),
        words('a', { finishReason: 'STOP' }),
      ],
      [content('a'), finish('stop')],
    ],
  ]
  for (const [name, frames, told] of scenarios) {
    it(`${name}, has its parts in order and an end`, () => {
      assert.deepEqual(decode(frames), { told })
      const { decode: decodeVertex } = vertexAi.decoder(asked(), ENDPOINT)
      for (const frame of frames) [...decodeVertex({ event: undefined, data: JSON.stringify(frame) })]
    })
  }

  it('tells its id, its model and its tier', () => {
    const frame = { responseId: 'r', modelVersion: 'gemini-x', usageMetadata: { serviceTier: 'standard' } }
    assert.deepEqual(decode([frame]).told, [{ id: 'chatcmpl-r', model: 'gemini-x', service_tier: 'default' }])
    assert.deepEqual(decode([{ usageMetadata: { serviceTier: 'flex' } }]).told, [{ service_tier: 'flex' }])
  })

  it('is about the first answer where it tells no index', () => {
    const frame = { candidates: [{ content: { parts: [{ text: 'a' }] }, finishReason: 'STOP' }] }
    assert.deepEqual(decode([frame]), { told: [content('a'), finish('stop')] })
  })

  it('has no end without a finish reason, whatever else there is', () => {
    const ends = (frames: unknown[]) => decode(frames).told.some((piece) => piece.finish !== undefined)
    assert.equal(ends([{ promptFeedback: { blockReason: 'BLOCK_REASON_UNSPECIFIED' } }]), false)
    for (const frames of [
      [],
      [{}],
      [words('a')],
      [candidate([callPart('a')])],
      [{ usageMetadata: { totalTokenCount: 1 } }],
    ]) {
      assert.equal(ends(frames), false)
    }
  })

  it('has an end for each of its answers', () => {
    const answer = (index: number, finishReason?: string) => ({
      candidates: [{ index, content: { parts: [{ text: `${index}` }] }, ...(finishReason && { finishReason }) }],
    })
    const two = asked({ n: 2 })
    assert.deepEqual(decode([answer(1, 'STOP'), answer(0, 'MAX_TOKENS')], two), {
      told: [
        { index: 1, content: '1' },
        { index: 1, finish: 'stop' },
        { index: 0, content: '0' },
        { index: 0, finish: 'length' },
      ],
    })
    const blocked = decode([{ promptFeedback: { blockReason: 'SAFETY' } }], two)
    assert.deepEqual(
      blocked.told.map(({ index }) => index),
      [0, 1],
    )
  })

  it('tells the usage of each frame, thoughts and the prompts of tools included', () => {
    const frames = [
      { usageMetadata: { trafficType: 'ON_DEMAND' } },
      { usageMetadata: { promptTokenCount: 9, totalTokenCount: 60, thoughtsTokenCount: 51 } },
      {
        usageMetadata: {
          promptTokenCount: 9,
          toolUsePromptTokenCount: 100,
          cachedContentTokenCount: 4,
          candidatesTokenCount: 5,
          thoughtsTokenCount: 60,
          totalTokenCount: 174,
        },
      },
      { usageMetadata: { promptTokenCount: 0, candidatesTokenCount: 6, thoughtsTokenCount: 0, totalTokenCount: 175 } },
    ]
    assert.deepEqual(decode(frames).told, [
      {
        usage: {
          prompt_tokens: 9,
          completion_tokens: 51,
          total_tokens: 60,
          completion_tokens_details: { reasoning_tokens: 51 },
        },
      },
      {
        usage: {
          prompt_tokens: 109,
          completion_tokens: 65,
          total_tokens: 174,
          prompt_tokens_details: { cached_tokens: 4 },
          completion_tokens_details: { reasoning_tokens: 60 },
        },
      },
      {
        usage: {
          prompt_tokens: 109,
          completion_tokens: 66,
          total_tokens: 175,
          prompt_tokens_details: { cached_tokens: 4 },
          completion_tokens_details: { reasoning_tokens: 60 },
        },
      },
    ])
  })

  const totals: [name: string, metadata: object, usage: object | undefined][] = [
    ['counts that are none', { promptTokenCount: '9', totalTokenCount: -1 }, undefined],
    [
      'counts without a total',
      { promptTokenCount: 9, candidatesTokenCount: 5 },
      { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 },
    ],
    [
      'a total without a count of the answer',
      { promptTokenCount: 9, totalTokenCount: 14, thoughtsTokenCount: 2 },
      { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14, completion_tokens_details: { reasoning_tokens: 2 } },
    ],
    [
      'a total that is less than its parts',
      { promptTokenCount: 9, candidatesTokenCount: 5, totalTokenCount: 9 },
      { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 },
    ],
    [
      'thoughts that the answer holds already',
      { promptTokenCount: 100, candidatesTokenCount: 150, totalTokenCount: 250, thoughtsTokenCount: 120 },
      {
        prompt_tokens: 100,
        completion_tokens: 150,
        total_tokens: 250,
        completion_tokens_details: { reasoning_tokens: 120 },
      },
    ],
    [
      'zeros, which are left out',
      {
        promptTokenCount: 9,
        candidatesTokenCount: 5,
        totalTokenCount: 14,
        cachedContentTokenCount: 0,
        thoughtsTokenCount: 0,
      },
      { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 },
    ],
    [
      'images and speech',
      {
        promptTokenCount: 9,
        candidatesTokenCount: 5,
        totalTokenCount: 14,
        promptTokensDetails: [{ modality: 'TEXT', tokenCount: 2 }, { modality: 'AUDIO', tokenCount: 7 }, {}],
        candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 5 }],
      },
      {
        prompt_tokens: 9,
        completion_tokens: 5,
        total_tokens: 14,
        prompt_tokens_details: { audio_tokens: 7 },
        completion_tokens_details: { image_tokens: 5 },
      },
    ],
  ]
  for (const [name, usageMetadata, usage] of totals) {
    it(`reads ${name}`, () => {
      assert.deepEqual(decode([{ usageMetadata }]).told, usage === undefined ? [] : [{ usage }])
    })
  }

  it('tells log probabilities with the bytes of each token', () => {
    const logprobsResult = {
      chosenCandidates: [{ token: 'é', logProbability: -0.5 }, { token: 'b' }],
      topCandidates: [
        {
          candidates: [
            { token: 'é', logProbability: -0.5 },
            { token: 'a', logProbability: -2 },
          ],
        },
      ],
    }
    const top = { token: 'é', logprob: -0.5, bytes: [0xc3, 0xa9] }
    assert.deepEqual(decode([words('éb', { logprobsResult })]).told.at(-1), {
      index: 0,
      logprobs: {
        content: [
          { ...top, top_logprobs: [top, { token: 'a', logprob: -2, bytes: [0x61] }] },
          { token: 'b', logprob: 0, bytes: [0x62], top_logprobs: [] },
        ],
        refusal: null,
      },
    })
  })

  it('hands on its own fields only if asked to', () => {
    const frame = words('a', { safetyRatings: [1], citationMetadata: {}, avgLogprobs: -1 })
    assert.deepEqual(decode([frame]).told, [content('a')])
    assert.deepEqual(decode([frame], asked(), { ...ENDPOINT, strict: false }).told, [
      content('a'),
      { index: 0, vendor: { choice: { safetyRatings: [1], citationMetadata: {} } } },
    ])
  })
})

describe('Gemini: an answer through the stand-in for JSON', () => {
  const request = asked({
    model: 'gemini-2.5-flash',
    tools: [{ type: 'function', function: { name: 'weather' } }],
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'a', schema: { type: 'object', properties: { x: {} } } },
    },
  })

  it('is told as text', () => {
    const frames = [candidate([callPart('json', { x: 1 })], { finishReason: 'STOP' })]
    assert.deepEqual(decode(frames, request).told, [content('{"x":1}'), finish('stop')])
  })

  it('leaves other calls calls, and a function of that name one where none stands in', () => {
    assert.deepEqual(decode([candidate([callPart('weather')]), stop], request).told, [
      toolCall(0, 'weather', '{}'),
      finish('tool_calls'),
    ])
    assert.deepEqual(decode([candidate([callPart('json')]), stop]).told, [
      toolCall(0, 'json', '{}'),
      finish('tool_calls'),
    ])
  })
})
