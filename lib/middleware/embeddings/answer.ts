import { parseJson, streamFailure } from '../../errors.ts'
import { count, isObject, type Json, object } from '../../providers/json.ts'
import type { EmbeddingsRequest } from '../../types/provider.ts'
import { countOf } from './request.ts'

/** Embeddings as the client gets them. */
export interface EmbeddingsAnswer {
  readonly object: 'list'
  readonly data: readonly { object: 'embedding'; index: number; embedding: readonly number[] | string }[]
  readonly model: string
  readonly usage: { prompt_tokens: number; total_tokens: number }
}

/**
 * The answer to a request, each embedding in its place and in the form that was asked for, whatever the provider's is: some know
 * one alone, and SDKs ask for base64 unasked. Throws a `malformed` UpstreamError where one is missing or cannot be read.
 */
export function readAnswer(text: string, request: EmbeddingsRequest): EmbeddingsAnswer {
  const answer = object(parseJson(text))
  const expected = countOf(request.input)
  const found = new Map<number, readonly number[] | string>()
  for (const [place, each] of (Array.isArray(answer.data) ? answer.data : []).entries()) {
    if (!isObject(each)) continue
    const embedding = inForm(each.embedding, request.encoding_format === 'base64')
    if (embedding !== undefined) found.set(count(each.index) ?? place, embedding)
  }
  const data = Array.from({ length: expected }, (_, index) => {
    const embedding = found.get(index)
    if (embedding === undefined) throw streamFailure('malformed', 'The provider left out an embedding.')
    return { object: 'embedding' as const, index, embedding }
  })
  const model = typeof answer.model === 'string' && answer.model !== '' ? answer.model : request.model
  return { object: 'list', data, model, usage: usageOf(answer.usage) }
}

function usageOf(value: unknown): EmbeddingsAnswer['usage'] {
  const usage: Json = object(value)
  const prompt_tokens = count(usage.prompt_tokens) ?? count(usage.total_tokens) ?? 0
  return { prompt_tokens, total_tokens: count(usage.total_tokens) ?? prompt_tokens }
}

function inForm(embedding: unknown, isBase64: boolean): readonly number[] | string | undefined {
  if (typeof embedding === 'string') {
    if (isBase64) return embedding
    const bytes = Buffer.from(embedding, 'base64')
    return Array.from({ length: Math.floor(bytes.length / FLOAT) }, (_, index) => bytes.readFloatLE(index * FLOAT))
  }
  if (!Array.isArray(embedding) || !embedding.every((each) => typeof each === 'number')) return undefined
  return isBase64 ? encoded(embedding) : embedding
}

/** Bytes of a number. */
const FLOAT = 4

/** As OpenAI does it: little endian, of 32 bits each. */
function encoded(numbers: readonly number[]): string {
  const bytes = Buffer.alloc(numbers.length * FLOAT)
  for (const [index, number] of numbers.entries()) bytes.writeFloatLE(number, index * FLOAT)
  return bytes.toString('base64')
}
