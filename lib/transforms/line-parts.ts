import { LONGEST_TEXT, partsOf } from '../chunk.ts'
import type { Logprobs, TokenLogprob } from '../types/chunk.ts'
import type { ChunkInit } from '../types/provider.ts'

/**
 * A piece of an answer in pieces to be sent one after the other, none of which makes a line of 64 KiB: the first has all that
 * cannot be cut, the last has the calls. Vendor fields stay as they are, and calls are cut where they are sent (`callParts`).
 */
export function lineParts(init: ChunkInit): ChunkInit[] {
  if (isShort(init)) return [init]
  const { index, toolCalls, reasoning, content, refusal, audio, logprobs, ...others } = init
  const thoughts = partsOf(reasoning)
  const lastThought = thoughts.pop()
  const rows = [partsOf(content), partsOf(refusal), audioParts(audio), logprobParts(logprobs)] as const
  const place = index === undefined ? {} : { index }
  const parts: ChunkInit[] = thoughts.map((thought) => ({ ...place, reasoning: thought }))
  const count = Math.max(1, ...rows.map(({ length }) => length))
  for (let at = 0; at < count; at++) {
    const [text, no, sound, tokens] = [rows[0][at], rows[1][at], rows[2][at], rows[3][at]]
    parts.push({
      ...(at === 0 && others),
      ...(at === 0 && lastThought !== undefined && { reasoning: lastThought }),
      ...place,
      ...(text !== undefined && { content: text }),
      ...(no !== undefined && { refusal: no }),
      ...(sound !== undefined && { audio: sound }),
      ...(tokens !== undefined && { logprobs: tokens }),
      ...(at === count - 1 && toolCalls !== undefined && { toolCalls }),
    })
  }
  return parts
}

function isShort({ content, reasoning, refusal, audio, logprobs }: ChunkInit): boolean {
  if (audio !== undefined || logprobs !== undefined) return false
  const longest = Math.max(content?.length ?? 0, reasoning?.length ?? 0, refusal?.length ?? 0)
  return longest <= LONGEST_TEXT
}

/** Sound in base64 is cut between groups of four characters, so that each part can be played on its own. */
function audioParts(audio: ChunkInit['audio']): Record<string, unknown>[] {
  if (audio === undefined) return []
  const { data, transcript, ...head } = audio
  const sounds = typeof data === 'string' ? partsOf(data) : []
  const words = typeof transcript === 'string' ? partsOf(transcript) : []
  const count = Math.max(1, sounds.length, words.length)
  return Array.from({ length: count }, (_, at) => ({
    ...(at === 0 && head),
    ...(sounds[at] !== undefined && { data: sounds[at] }),
    ...(words[at] !== undefined && { transcript: words[at] }),
  }))
}

function logprobParts(logprobs: Logprobs | undefined): Logprobs[] {
  if (logprobs === undefined) return []
  const content = tokenParts(logprobs.content)
  const refusal = tokenParts(logprobs.refusal)
  const count = Math.max(1, content.length, refusal.length)
  return Array.from({ length: count }, (_, at) => ({
    content: content[at] ?? (at === 0 ? logprobs.content : null),
    refusal: refusal[at] ?? (at === 0 ? logprobs.refusal : null),
  }))
}

function tokenParts(tokens: readonly TokenLogprob[] | null): TokenLogprob[][] {
  const parts: TokenLogprob[][] = []
  let room = 0
  for (const token of tokens ?? []) {
    const size = sizeOf(token)
    const last = parts.at(-1)
    if (last === undefined || room < size) {
      parts.push([token])
      room = MOST_TOKENS - size
    } else {
      last.push(token)
      room -= size
    }
  }
  return parts
}

/** In bytes: with a text of `LONGEST_TEXT` beside it, a line is still no longer than it may be. */
const MOST_TOKENS = 4_000

/** About what a token takes in JSON, in bytes; its text has six for a character at most. */
function sizeOf({ token, bytes, top_logprobs }: TokenLogprob): number {
  const own = 100 + 6 * token.length + 4 * (bytes?.length ?? 0)
  return top_logprobs.reduce((sum, { token, bytes }) => sum + 80 + 6 * token.length + 4 * (bytes?.length ?? 0), own)
}
