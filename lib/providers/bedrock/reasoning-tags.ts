import type { ChunkInit, Decoder } from '../../types/provider.ts'

const TAGS = ['<reasoning>', '</reasoning>'] as const

/**
 * gpt-oss, invoked directly, puts its thinking into the content, between `<reasoning>` and `</reasoning>`; a tag may come in two
 * pieces.
 */
export function reasoningTags(decoder: Decoder): Decoder {
  let inside = false
  let half = ''

  const piece = (text: string): ChunkInit => (inside ? { reasoning: text } : { content: text })

  const split = (content: string): ChunkInit[] => {
    const all = half + content
    half = halfTag(all)
    return all
      .slice(0, all.length - half.length)
      .split(/(<\/?reasoning>)/)
      .flatMap((part) => {
        const isTag = part === TAGS[0] || part === TAGS[1]
        if (isTag) inside = part === TAGS[0]
        return isTag || part === '' ? [] : [piece(part)]
      })
  }

  /** What only looked like a tag. */
  const rest = (): ChunkInit[] => {
    const text = half
    half = ''
    return text === '' ? [] : [piece(text)]
  }
  return {
    decode: (event) => withoutTags(decoder.decode(event), split, rest),
    ...(decoder.kept && { kept: decoder.kept }),
  }
}

function* withoutTags(
  pieces: Iterable<ChunkInit>,
  split: (content: string) => ChunkInit[],
  rest: () => ChunkInit[],
): Iterable<ChunkInit> {
  for (const { content, finish, end, ...init } of pieces) {
    const index = init.index === undefined ? {} : { index: init.index }
    if (Object.keys(init).length > 0) yield init
    const texts = [...(content === undefined ? [] : split(content)), ...(finish === undefined ? [] : rest())]
    for (const text of texts) yield { ...index, ...text }
    if (finish !== undefined || end !== undefined) yield { ...index, ...(finish && { finish }), ...(end && { end }) }
  }
}

/** The beginning of a tag at the end of a text; empty if there is none. */
function halfTag(text: string): string {
  const beginnings = TAGS.flatMap((tag) => Array.from(tag.slice(1), (_, at) => tag.slice(0, at + 1)))
  return beginnings.filter((beginning) => text.endsWith(beginning)).at(-1) ?? ''
}
