import type { Annotation, Chunk } from '../../types/chunk.ts'

/** The chunk with its annotations for text that stands so many characters further back; the same one if it has none. */
export function withMovedAnnotations(chunk: Chunk, by: number): Chunk {
  if (by === 0 || chunk.choices.every(({ delta }) => delta.annotations === undefined)) return chunk
  const choices = chunk.choices.map((choice) => {
    const { annotations } = choice.delta
    const moved = annotations?.map((each) => movedAnnotation(each, by))
    return moved === undefined ? choice : { ...choice, delta: { ...choice.delta, annotations: moved } }
  })
  return { ...chunk, choices }
}

function movedAnnotation({ url_citation: cited, ...annotation }: Annotation, by: number): Annotation {
  const range = { start_index: Math.max(0, cited.start_index + by), end_index: Math.max(0, cited.end_index + by) }
  return { ...annotation, url_citation: { ...cited, ...range } }
}
