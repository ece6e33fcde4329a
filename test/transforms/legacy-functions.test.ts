import assert from 'node:assert/strict'
import { withFunctionCall } from '../../lib/transforms/legacy-functions.ts'
import type { Chunk, ChunkChoice, ChunkDelta } from '../../lib/types/chunk.ts'

function chunk(delta: ChunkDelta, more: Partial<ChunkChoice> = {}): Chunk {
  const choice = { index: 0, delta, logprobs: null, finish_reason: null, ...more }
  return { id: 'i', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice] }
}
const FIRST = { index: 0, id: 'a', type: 'function' as const, function: { name: 'f', arguments: '' } }
const SECOND = { index: 1, id: 'b', type: 'function' as const, function: { name: 'g', arguments: '{}' } }

describe('legacy functions', () => {
  const same: Record<string, Chunk> = {
    text: chunk({ content: 'a' }),
    'an empty delta': chunk({}),
    'a finish reason': chunk({}, { finish_reason: 'stop' }),
    'the usage': {
      ...chunk({}),
      choices: [],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    },
  }
  for (const [name, told] of Object.entries(same)) {
    it(`leave ${name} as it is`, () => assert.deepEqual(withFunctionCall(told), told))
  }

  const changed: Record<string, [Chunk, Chunk]> = {
    'the start of the first call': [
      chunk({ tool_calls: [FIRST] }),
      chunk({ function_call: { name: 'f', arguments: '' } }),
    ],
    'a piece of the first call': [
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{' } }] }),
      chunk({ function_call: { arguments: '{' } }),
    ],
    'the reason of a call': [chunk({}, { finish_reason: 'tool_calls' }), chunk({}, { finish_reason: 'function_call' })],
    'two calls at once: the first': [
      chunk({ tool_calls: [FIRST, SECOND] }),
      chunk({ function_call: { name: 'f', arguments: '' } }),
    ],
    'text beside the first call': [
      chunk({ content: 'a', tool_calls: [FIRST] }),
      chunk({ content: 'a', function_call: { name: 'f', arguments: '' } }),
    ],
    'text beside another call: the text': [chunk({ content: 'a', tool_calls: [SECOND] }), chunk({ content: 'a' })],
    'a reason beside another call: the reason': [
      chunk({ tool_calls: [SECOND] }, { finish_reason: 'tool_calls' }),
      chunk({}, { finish_reason: 'function_call' }),
    ],
  }
  for (const [name, [told, expected]] of Object.entries(changed)) {
    it(`rewrite ${name}`, () => {
      const before = structuredClone(told)
      assert.deepEqual(withFunctionCall(told), expected)
      assert.deepEqual(told, before, 'the chunk was changed')
    })
  }

  it('drop a chunk of which nothing is left', () => {
    assert.equal(withFunctionCall(chunk({ tool_calls: [SECOND] })), undefined)
    const custom = { index: 0, id: 'a', type: 'custom' as const, custom: { name: 'f', input: '' } }
    assert.equal(withFunctionCall(chunk({ tool_calls: [custom] })), undefined)
  })

  it('drop only the choice of which nothing is left', () => {
    const [text] = chunk({ content: 'a' }, { index: 1 }).choices as [ChunkChoice]
    const two = chunk({ tool_calls: [SECOND] })
    assert.deepEqual(withFunctionCall({ ...two, choices: [...two.choices, text] }), { ...two, choices: [text] })
  })
})
