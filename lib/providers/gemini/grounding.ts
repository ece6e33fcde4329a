import type { Annotation, Logprobs } from '../../types/chunk.ts'
import { count, list, object, text } from '../json.ts'

/**
 * The web pages that support parts of the answer. Gemini counts in bytes of the whole answer's UTF-8, OpenAI in
 * characters, to which `characters` leads. Source: ai.google.dev/api/generate-content#GroundingSupport.
 */
export function annotations(groundingMetadata: unknown, characters: ReturnType<typeof characterIndexes>): Annotation[] {
  const { groundingChunks, groundingSupports } = object(groundingMetadata)
  const pages = list(groundingChunks).map((chunk) => object(object(chunk).web))
  const supports = list(groundingSupports).map(object)
  return supports.flatMap((support) => {
    const { startIndex, endIndex } = object(support.segment)
    return list(support.groundingChunkIndices).flatMap((index): Annotation[] => {
      const page = pages[count(index) ?? -1]
      if (page === undefined || typeof page.uri !== 'string') return []
      const span = { start_index: characters(count(startIndex) ?? 0), end_index: characters(count(endIndex) ?? 0) }
      return [{ type: 'url_citation', url_citation: { ...span, url: page.uri, title: text(page.title) } }]
    })
  })
}

/** From an index among the bytes of a text to that among its UTF-16 units. */
export function characterIndexes(answer: string): (byteIndex: number) => number {
  const bytes = Buffer.from(answer)
  if (bytes.length === answer.length) return (byteIndex) => Math.min(byteIndex, answer.length)
  const indexes = new Uint32Array(bytes.length + 1)
  let units = 0
  for (const [at, byte] of bytes.entries()) {
    indexes[at] = units
    const leads = (byte & 0xc0) !== 0x80
    if (leads) units += byte >= 0xf0 ? 2 : 1
  }
  indexes[bytes.length] = units
  return (byteIndex) => indexes[Math.min(byteIndex, bytes.length)] as number
}

/** The tokens of one frame. Bytes are not sent; they are those of the token's text. */
export function logprobs(logprobsResult: unknown): Logprobs | undefined {
  const { chosenCandidates, topCandidates } = object(logprobsResult)
  const chosen = list(chosenCandidates)
  if (chosen.length === 0) return undefined
  const tops = list(topCandidates)
  const content = chosen.map((candidate, index) => ({
    ...token(candidate),
    top_logprobs: list(object(tops[index]).candidates).map(token),
  }))
  return { content, refusal: null }
}

function token(candidate: unknown): { token: string; logprob: number; bytes: number[] } {
  const { token, logProbability } = object(candidate)
  const logprob = typeof logProbability === 'number' ? logProbability : 0
  return { token: text(token), logprob, bytes: [...Buffer.from(text(token))] }
}
