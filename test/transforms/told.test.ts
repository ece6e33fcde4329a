import assert from 'node:assert/strict'
import { firstIndex, wholeChunk } from '../../lib/transforms/told.ts'
import type { Chunk } from '../../lib/types/chunk.ts'

const chunk = (index: number, content: string, more: Partial<Chunk> = {}): Chunk => ({
  ...{ id: 'i', object: 'chat.completion.chunk', created: 1, model: 'm', ...more },
  choices: [{ index, delta: { content }, logprobs: null, finish_reason: null }],
})

describe('what is told', () => {
  it('without a text is the chunk itself', () => {
    const told = chunk(0, 'a')
    assert.equal(wholeChunk({ chunk: told, text: undefined }), told)
  })

  it('with a text is a chunk like it with that text, and leaves it as it was', () => {
    for (const more of [{}, { service_tier: 'flex' }, { system_fingerprint: 'fp' }]) {
      const like = chunk(2, 'a', more)
      assert.deepEqual(wholeChunk({ chunk: like, text: 'b' }), chunk(2, 'b', more))
      assert.deepEqual(like, chunk(2, 'a', more))
    }
  })

  it('of no choice counts as of the first', () => {
    assert.equal(firstIndex({ ...chunk(1, ''), choices: [] }), 0)
  })
})
