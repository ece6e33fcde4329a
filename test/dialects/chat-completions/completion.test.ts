import assert from 'node:assert/strict'
import { collect } from '../../../lib/dialects/chat-completions/completion.ts'
import type { Chunk, ChunkChoice, ChunkDelta, Logprobs } from '../../../lib/types/chunk.ts'

const BASE = { id: 'i', object: 'chat.completion.chunk' as const, created: 1, model: 'm' }
const USAGE = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }

function chunk(delta: ChunkDelta, more: Partial<ChunkChoice> = {}): Chunk {
  return { ...BASE, choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...more }] }
}
const STOP = chunk({}, { finish_reason: 'stop' })

function fold(...chunks: Chunk[]) {
  const completion = collect()
  const before = structuredClone(chunks)
  for (const each of chunks) completion.add(each)
  assert.deepEqual(chunks, before, 'the chunks were changed')
  return completion.result()
}

function message(...deltas: ChunkDelta[]) {
  return fold(...deltas.map((delta) => chunk(delta))).choices[0]?.message
}
const EMPTY = { role: 'assistant', content: null, refusal: null }

describe('collect', () => {
  it('folds a whole answer into a chat.completion', () => {
    const chunks = [chunk({ role: 'assistant', content: '', refusal: null }), chunk({ content: 'a' })]
    assert.deepEqual(fold(...chunks, chunk({ content: 'b' }), STOP, { ...BASE, choices: [], usage: USAGE }), {
      ...BASE,
      object: 'chat.completion',
      choices: [{ index: 0, message: { ...EMPTY, content: 'ab' }, logprobs: null, finish_reason: 'stop' }],
      usage: USAGE,
    })
  })

  it('has no usage unless it was told', () => {
    assert.equal('usage' in fold({ ...STOP, usage: null }), false)
  })

  it('has no content where none came', () => {
    assert.deepEqual(message({}), EMPTY)
  })

  it('cannot fold nothing', () => {
    assert.throws(() => collect().result(), /no chunk/)
  })

  const messages: Record<string, [ChunkDelta[], Record<string, unknown>]> = {
    text: [[{ content: 'a' }, { content: null }, { content: 'b' }], { content: 'ab' }],
    'a refusal': [[{ refusal: 'n' }, { refusal: 'o' }], { refusal: 'no' }],
    reasoning: [[{ reasoning_content: 'h' }, { reasoning_content: 'm' }], { reasoning_content: 'hm' }],
    'a legacy call': [
      [{ function_call: { name: 'f' } }, { function_call: { arguments: '{' } }, { function_call: { arguments: '}' } }],
      { function_call: { name: 'f', arguments: '{}' } },
    ],
    'a legacy call whose name comes late': [
      [{ function_call: { arguments: '{}' } }, { function_call: { name: 'f' } }],
      { function_call: { name: 'f', arguments: '{}' } },
    ],
    'tool calls': [
      [
        { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }] },
        { tool_calls: [{ index: 0, function: { arguments: '{"x"' } }] },
        {
          tool_calls: [
            { index: 0, function: { arguments: ':1}' } },
            { index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
          ],
        },
      ],
      {
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
          { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
        ],
      },
    ],
    'custom tool calls': [
      [
        { tool_calls: [{ index: 0, id: 'a', type: 'custom', custom: { name: 'f', input: 'in' } }] },
        { tool_calls: [{ index: 0, custom: { input: 'put' } }] },
      ],
      { tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'f', input: 'input' } }] },
    ],
    'calls with pieces that say nothing': [
      [
        { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f' } }] },
        { tool_calls: [{ index: 0 }] },
        { tool_calls: [{ index: 1, id: 'b', type: 'custom', custom: { name: 'g' } }] },
        { tool_calls: [{ index: 1 }] },
      ],
      {
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '' } },
          { id: 'b', type: 'custom', custom: { name: 'g', input: '' } },
        ],
      },
    ],
    audio: [
      [{ audio: { id: 'x', data: 'AA' } }, { audio: { data: 'BB', transcript: 'h' } }, { audio: { transcript: 'i' } }],
      { audio: { id: 'x', data: 'AABB', transcript: 'hi' } },
    ],
    'audio that expires': [
      [{ audio: { data: 'AA', expires_at: 1 } }, { audio: { expires_at: 2 } }],
      { audio: { data: 'AA', expires_at: 2 } },
    ],
    'vendor fields, the last of each': [[{ channel: 'a', x: 1 }, { channel: 'b' }], { channel: 'b', x: 1 }],
    'vendor lists, all of them': [[{ citations: [1] }, { citations: [2, 3] }], { citations: [1, 2, 3] }],
  }
  for (const [name, [deltas, expected]] of Object.entries(messages)) {
    it(`folds ${name}`, () => assert.deepEqual(message(...deltas), { ...EMPTY, ...expected }))
  }

  it('folds annotations', () => {
    const cite = (url: string) => ({
      type: 'url_citation' as const,
      url_citation: { start_index: 0, end_index: 1, url, title: '' },
    })
    assert.deepEqual(message({ annotations: [cite('a')] }, { annotations: [cite('b')] })?.annotations, [
      cite('a'),
      cite('b'),
    ])
  })

  it('folds log probabilities, of content and refusal apart', () => {
    const token = (text: string) => ({ token: text, logprob: -1, bytes: null, top_logprobs: [] })
    const steps: Logprobs[] = [
      { content: [token('a')], refusal: null },
      { content: [token('b')], refusal: null },
      { content: null, refusal: [token('c')] },
    ]
    const [choice] = fold(...steps.map((logprobs) => chunk({}, { logprobs })), STOP).choices
    assert.deepEqual(choice?.logprobs, { content: [token('a'), token('b')], refusal: [token('c')] })
  })

  it('folds choices apart, and puts them in order', () => {
    const { choices } = fold(
      chunk({ content: 'b' }, { index: 1 }),
      chunk({ content: 'a' }),
      chunk({ content: 'B' }, { index: 1, finish_reason: 'length' }),
      STOP,
    )
    const told = choices.map(({ index, message: { content }, finish_reason }) => [index, content, finish_reason])
    assert.deepEqual(told, [
      [0, 'a', 'stop'],
      [1, 'bB', 'length'],
    ])
  })

  it('keeps the vendor fields of all chunks and choices', () => {
    const completion = fold(
      { ...chunk({}, { token: 1 }), x_first: 1, service_tier: 'auto' },
      { ...chunk({}, { stop_reason: 'x' }), x_last: 2, service_tier: 'flex', system_fingerprint: 'fp' },
    )
    const { x_first, x_last, service_tier, system_fingerprint, choices } = completion
    assert.deepEqual([x_first, x_last, service_tier, system_fingerprint], [1, 2, 'flex', 'fp'])
    assert.partialDeepStrictEqual(choices[0], { token: 1, stop_reason: 'x' })
  })
})
