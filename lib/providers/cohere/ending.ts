import type { Usage } from '../../types/chunk.ts'
import type { ChunkInit, Endpoint } from '../../types/provider.ts'
import { finishOf } from '../ends.ts'
import { count, type Json, object, text } from '../json.ts'
import { COHERE_ENDS } from './ends.ts'
import { streamError } from './errors.ts'

/**
 * The end of an answer, from the fields of its last event and the token counts. Throws if the event hides an error. Without
 * a reason there is no finish, and the stream does not count as whole.
 */
export function ending(last: Json, counts: Json, { finishReasons }: Pick<Endpoint, 'finishReasons'>): ChunkInit {
  const reason = text(last.finish_reason)
  const message = text(last.error)
  if (message !== '' || FAILURES.has(reason)) throw streamError(reason, message, text(last.error_type))
  const finish = finishOf(last.finish_reason, COHERE_ENDS, finishReasons)
  const usage = usageOf(counts)
  return { ...(finish && { finish }), ...(usage && { usage }), end: true }
}

const FAILURES = new Set(['ERROR', 'TIMEOUT'])

/** `tokens` count all that the model read, Cohere's own template included; `billed_units` stand in where they are missing. */
function usageOf(counts: Json): Usage | undefined {
  const tokens = object(counts.tokens)
  const billed = object(counts.billed_units)
  const prompt = count(tokens.input_tokens) ?? count(billed.input_tokens)
  const completion = count(tokens.output_tokens) ?? count(billed.output_tokens)
  if (prompt === undefined && completion === undefined) return undefined
  const cached = count(counts.cached_tokens)
  const reasoning = count(tokens.reasoning_tokens)
  return {
    prompt_tokens: prompt ?? 0,
    completion_tokens: completion ?? 0,
    total_tokens: (prompt ?? 0) + (completion ?? 0),
    ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
    ...(reasoning === undefined ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } }),
  }
}
