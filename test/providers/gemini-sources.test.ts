import assert from 'node:assert/strict'
import { candidate, decode, type Json, thought, words } from '../helpers/gemini-stream.ts'

describe('Gemini: the sources of an answer', () => {
  const web = (uri: string) => ({ web: { uri, title: `About ${uri}` } })
  const support = (startIndex: number | undefined, endIndex: number, ...groundingChunkIndices: unknown[]) => ({
    segment: { ...(startIndex && { startIndex }), endIndex },
    groundingChunkIndices,
  })
  const citation = (start_index: number, end_index: number, url: string) => ({
    type: 'url_citation',
    url_citation: { start_index, end_index, url, title: `About ${url}` },
  })
  const grounded = (groundingSupports: unknown[], rest: Json = {}) => ({
    ...rest,
    groundingMetadata: { groundingChunks: [web('a'), web('b'), { retrievedContext: {} }], groundingSupports },
  })

  it('are told once, at the end, with indexes into the whole text', () => {
    const frames = [
      thought('Hm'),
      words('Hello ', grounded([support(undefined, 5, 0)])),
      words('world', grounded([support(undefined, 5, 0), support(6, 11, 0, 1)], { finishReason: 'STOP' })),
    ]
    const annotations = decode(frames).told.filter((init) => init.annotations)
    const expected = [citation(0, 5, 'a'), citation(6, 11, 'a'), citation(6, 11, 'b')]
    assert.deepEqual(annotations, [{ index: 0, annotations: expected }])
  })

  it('are told even after the finish reason', () => {
    const frames = [words('Hello', { finishReason: 'STOP' }), candidate(undefined, grounded([support(0, 5, 0)]))]
    assert.deepEqual(decode(frames).told.at(-1), { index: 0, annotations: [citation(0, 5, 'a')] })
  })

  it('are counted in characters, not in bytes', () => {
    const text = 'é€🦢x'
    const frame = words(
      text,
      grounded([support(2, 9, 0), support(9, 10, 1), support(0, 999, 1)], { finishReason: 'STOP' }),
    )
    const [, , { annotations } = {}] = decode([frame]).told
    assert.deepEqual(annotations, [citation(1, 4, 'a'), citation(4, 5, 'b'), citation(0, 5, 'b')])
    assert.equal(text.slice(1, 4), '€🦢')
  })

  it('are left out where they lead to no page', () => {
    const frame = words('a', grounded([support(0, 1, 2, 9, -1, 'x', null)], { finishReason: 'STOP' }))
    assert.deepEqual(decode([frame]).told.at(-1), { index: 0, annotations: [] })
  })
})
