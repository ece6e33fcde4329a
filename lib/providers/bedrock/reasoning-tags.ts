import type { ChunkInit, Decoder } from '../../types/provider.ts'

/** gpt-oss, invoked directly, puts its thinking into the content, between `<reasoning>` and `</reasoning>`. */
export function reasoningTags(decode: Decoder): Decoder {
  let inside = false

  function* split(init: ChunkInit, content: string): Iterable<ChunkInit> {
    for (const part of content.split(/(<\/?reasoning>)/)) {
      if (part === '<reasoning>' || part === '</reasoning>') inside = part === '<reasoning>'
      else if (part !== '') yield inside ? { ...init, reasoning: part } : { ...init, content: part }
    }
  }

  return function* (event) {
    for (const { content, ...init } of decode(event)) {
      if (content === undefined) yield init
      else yield* split(init, content)
    }
  }
}
