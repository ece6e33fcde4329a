import { RequestError } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import { maxTokens, stopList } from '../content.ts'

/** Parameters that both versions have under the same name. Values out of Cohere's range go to its nearest end. */
export function commonParameters(request: ChatRequest) {
  if (request.modalities?.includes('audio')) {
    throw new RequestError('Cohere does not answer in audio.', { param: 'modalities', code: 'unsupported_value' })
  }
  return {
    max_tokens: maxTokens(request),
    temperature: clamp(request.temperature, 0, 1),
    p: clamp(request.top_p, 0.01, 0.99),
    k: clamp(request.top_k, 0, 500),
    seed: request.seed ?? undefined,
    stop_sequences: stopList(request)?.slice(0, MAX_STOPS),
    ...penalties(request),
  }
}

/** Source: docs.cohere.com, reference of `/v2/chat`, `stop_sequences`. */
const MAX_STOPS = 5

/** Some models refuse both penalties together, so the larger one stands for both. */
function penalties(request: ChatRequest): { frequency_penalty?: number; presence_penalty?: number } {
  const frequency = clamp(request.frequency_penalty, 0, 1)
  const presence = clamp(request.presence_penalty, 0, 1)
  if (presence === undefined) return frequency === undefined ? {} : { frequency_penalty: frequency }
  if (frequency !== undefined && frequency >= presence) return { frequency_penalty: frequency }
  return { presence_penalty: presence }
}

function clamp(value: number | null | undefined, low: number, high: number): number | undefined {
  return value == null ? undefined : Math.min(high, Math.max(low, value))
}

/** Whether the answer is to be JSON, and of which schema; the two versions differ in the name of its field. */
export function jsonAnswer({ response_format: format }: ChatRequest) {
  if (format == null || format.type === 'text') return undefined
  return { schema: format.type === 'json_schema' ? format.json_schema.schema : undefined }
}
