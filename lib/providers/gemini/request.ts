import type { ChatRequest } from '../../types/chat.ts'
import { maxTokens, stopList } from '../content.ts'
import { contents } from './contents.ts'
import { jsonSchema } from './json-schema.ts'
import { generation, thinkingConfig } from './models.ts'
import { openApiSchema } from './schema.ts'
import { formatExcludesFunctions, formatInWords, takesJsonSchema, toolFields } from './tools.ts'
import type { GeminiBody, Platform } from './wire.ts'

/** The body of `streamGenerateContent`. Usage always comes, unasked. */
export function buildBody(request: ChatRequest, platform: Platform): GeminiBody {
  const studio = platform === 'studio'
  return {
    ...contents(withFormatInWords(request), platform),
    ...toolFields(request, platform),
    labels: studio ? undefined : labels(request.metadata),
    serviceTier: studio ? SERVICE_TIERS.get(request.service_tier ?? '') : undefined,
    store: studio && typeof request.store === 'boolean' ? request.store : undefined,
    generationConfig: generationConfig(request, studio),
  }
}

function withFormatInWords(request: ChatRequest): ChatRequest {
  const content = formatInWords(request)
  return content === undefined ? request : { ...request, messages: [...request.messages, { role: 'system', content }] }
}

function generationConfig(request: ChatRequest, studio: boolean): GeminiBody['generationConfig'] {
  // Refused by this generation on AI Studio. Source: @ai-sdk/google `google-model-catalog`.
  const penalties = !(studio && generation(request.model) === 2.5)
  return {
    candidateCount: request.n != null && request.n > 1 ? request.n : undefined,
    maxOutputTokens: maxTokens(request),
    temperature: request.temperature ?? undefined,
    topP: request.top_p ?? undefined,
    topK: request.top_k ?? undefined,
    stopSequences: stopList(request)?.slice(0, MAX_STOPS),
    // Gemini's has 32 bits.
    seed: request.seed == null ? undefined : request.seed | 0,
    presencePenalty: penalties ? (request.presence_penalty ?? undefined) : undefined,
    frequencyPenalty: penalties ? (request.frequency_penalty ?? undefined) : undefined,
    responseLogprobs: request.logprobs || undefined,
    logprobs: request.logprobs ? request.top_logprobs || undefined : undefined,
    responseModalities: modalities(request.modalities),
    thinkingConfig: thinkingConfig(request.model, request.reasoning_effort),
    ...responseFormat(request),
  }
}

/** Source: ai.google.dev/api/generate-content#GenerationConfig, `stopSequences`. */
const MAX_STOPS = 5

type ResponseFormat = Pick<GeminiBody['generationConfig'], 'responseMimeType' | 'responseJsonSchema' | 'responseSchema'>

function responseFormat(request: ChatRequest): ResponseFormat {
  const format = request.response_format
  if (format == null || format.type === 'text' || formatExcludesFunctions(request) || formatInWords(request)) {
    return { responseMimeType: undefined, responseJsonSchema: undefined, responseSchema: undefined }
  }
  const schema = (format.type === 'json_schema' ? format.json_schema.schema : undefined) ?? undefined
  const native = takesJsonSchema(request.model)
  return {
    responseMimeType: 'application/json',
    responseJsonSchema: native ? jsonSchema(schema) : undefined,
    responseSchema: native || schema === undefined ? undefined : openApiSchema(schema),
  }
}

/** Text alone is the default. */
function modalities(asked: ChatRequest['modalities']): string[] | undefined {
  if (asked == null || asked.every((modality) => modality === 'text')) return undefined
  return asked.map((modality) => modality.toUpperCase())
}

const SERVICE_TIERS = new Map<string, GeminiBody['serviceTier']>([
  ['default', 'standard'],
  ['flex', 'flex'],
  ['priority', 'priority'],
])

/**
 * Metadata as labels for billing: at most 64; keys start with a lower-case letter; keys and values have at most 63
 * characters, lower-case letters, digits, `_` and `-`. Source: cloud.google.com/resource-manager/docs/labels-overview.
 */
function labels(metadata: ChatRequest['metadata']): Record<string, string> | undefined {
  const tidy = (value: string) =>
    value
      .toLowerCase()
      .replace(/[^a-z0-9_-]/g, '_')
      .slice(0, 63)
  const entries = Object.entries(metadata ?? {})
    .map(([key, value]) => [tidy(key), tidy(String(value))] as const)
    .filter(([key]) => /^[a-z]/.test(key))
  return entries.length > 0 ? Object.fromEntries(entries.slice(0, 64)) : undefined
}
