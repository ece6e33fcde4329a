import type { ChunkInit, Decoder, WireEvent } from '../../types/provider.ts'

const TAGS = ['<reasoning>', '</reasoning>'] as const

/**
 * gpt-oss, invoked directly, puts its thinking into the content, between `<reasoning>` and `</reasoning>`; a tag may come in two
 * pieces.
 */
export function reasoningTags(decoder: Decoder): Decoder {
  let inside = false
  let half = ''

  function* split(content: string, index: Pick<ChunkInit, 'index'>): Iterable<ChunkInit> {
    const all = half + content
    half = halfTag(all)
    for (const part of all.slice(0, all.length - half.length).split(/(<\/?reasoning>)/)) {
      if (part === TAGS[0] || part === TAGS[1]) inside = part === TAGS[0]
      else if (part !== '') yield inside ? { ...index, reasoning: part } : { ...index, content: part }
    }
  }

  function* decode(event: WireEvent): Iterable<ChunkInit> {
    for (const { content, finish, end, ...init } of decoder.decode(event)) {
      const index = init.index === undefined ? {} : { index: init.index }
      if (Object.keys(init).length > 0) yield init
      if (content !== undefined) yield* split(content, index)
      if (finish !== undefined && half !== '') {
        // It only looked like a tag.
        yield inside ? { ...index, reasoning: half } : { ...index, content: half }
        half = ''
      }
      if (finish !== undefined || end !== undefined) yield { ...index, ...(finish && { finish }), ...(end && { end }) }
    }
  }
  return { decode, ...(decoder.kept && { kept: decoder.kept }) }
}

/** The beginning of a tag at the end of a text; empty if there is none. */
function halfTag(text: string): string {
  const beginnings = TAGS.flatMap((tag) => Array.from(tag.slice(1), (_, at) => tag.slice(0, at + 1)))
  return beginnings.filter((beginning) => text.endsWith(beginning)).at(-1) ?? ''
}
