import type { Chunk } from '../types/chunk.ts'

/** The text of a chunk that carries a piece of content and nothing else, as most do; undefined for any other. */
export function plainText({ choices }: Chunk): string | undefined {
  const choice = choices[0]
  if (choice === undefined || choices.length > 1 || choice.logprobs !== null || choice.finish_reason !== null)
    return undefined
  const { content } = choice.delta
  if (typeof content !== 'string') return undefined
  for (const key in choice.delta) if (key !== 'content') return undefined
  // Compared with constants: a Set would take several times as long, at every chunk.
  for (const key in choice)
    if (key !== 'index' && key !== 'delta' && key !== 'logprobs' && key !== 'finish_reason') return undefined
  return content
}
