import type { Logprobs, TokenLogprob } from '../../types/chunk.ts'
import { isObject, type Json, list, object, objects } from '../json.ts'

/**
 * A choice's log probabilities. Together streams one number a chunk instead, with the alternatives as an object beside
 * it; the token is then the chunk's text. In one piece it answers with a list for each column.
 */
export function readLogprobs(choice: Json, content: string): Logprobs | undefined {
  const given = choice.logprobs
  if (typeof given === 'number') {
    if (content === '') return undefined
    return { content: [{ ...candidate(content, given), top_logprobs: ranked(choice.top_logprobs) }], refusal: null }
  }
  if (!isObject(given)) return undefined
  if (Array.isArray(given.token_logprobs)) return ofColumns(given)
  const logprobs = { content: tokens(given.content), refusal: tokens(given.refusal) }
  return logprobs.content === null && logprobs.refusal === null ? undefined : logprobs
}

/** Source: together-ai 0.52, `LogprobsPart`. The first token of a prompt has none. */
function ofColumns(given: Json): Logprobs | undefined {
  const alternatives = list(given.top_logprobs)
  const logprobs = list(given.token_logprobs)
  const content = list(given.tokens).flatMap((token, index) => {
    const logprob = logprobs[index]
    if (typeof token !== 'string' || typeof logprob !== 'number') return []
    return [{ ...candidate(token, logprob), top_logprobs: ranked(alternatives[index]) }]
  })
  return content.length > 0 ? { content, refusal: null } : undefined
}

type Candidate = Omit<TokenLogprob, 'top_logprobs'>

function tokens(value: unknown): TokenLogprob[] | null {
  if (!Array.isArray(value)) return null
  return objects(value)
    .filter(isCandidate)
    .map((token) => ({ ...copy(token), top_logprobs: objects(token.top_logprobs).filter(isCandidate).map(copy) }))
}

function isCandidate(value: Json): value is Json & Pick<Candidate, 'token' | 'logprob'> {
  return typeof value.token === 'string' && typeof value.logprob === 'number'
}

function copy({ token, logprob, bytes }: Json & Pick<Candidate, 'token' | 'logprob'>): Candidate {
  return { token, logprob, bytes: Array.isArray(bytes) ? bytes.filter((byte) => typeof byte === 'number') : null }
}

function candidate(token: string, logprob: number): Candidate {
  return { token, logprob, bytes: [...Buffer.from(token)] }
}

/** Together's `{ token: logprob }`. */
function ranked(value: unknown): Candidate[] {
  return Object.entries(object(value)).flatMap(([token, logprob]) =>
    typeof logprob === 'number' ? [candidate(token, logprob)] : [],
  )
}
