import type { Provider } from '../types/provider.ts'
import { anthropicError } from './anthropic/errors.ts'
import { httpError } from './gemini/errors.ts'
import { vertexGemini } from './gemini.ts'
import { parsedObject } from './json.ts'
import { vertexClaude } from './vertex/claude.ts'
import { vertexMistral, vertexOpenapi } from './vertex/openai-like.ts'
import { type PublisherApi, publishedModel, servedModel } from './vertex/publishers.ts'

const APIS: Record<PublisherApi, Provider> = {
  gemini: vertexGemini,
  anthropic: vertexClaude,
  mistral: vertexMistral,
  openapi: vertexOpenapi,
}

function apiFor(model: string): Provider {
  return APIS[servedModel(model).api]
}

/** Vertex AI: Gemini, and the models of other publishers by their own paths and bodies. */
export const vertexAi: Provider = {
  name: 'vertex-ai',
  framing: (headers, request, endpoint) => apiFor(request.model).framing(headers, request, endpoint),
  encode: (request, endpoint) => apiFor(request.model).encode(request, endpoint),
  decoder: (request, endpoint) => apiFor(request.model).decoder(request, endpoint),
  native: (native, request, endpoint) => apiFor(request.model).native?.(native, request, endpoint),
  countTokens(native, request, fields) {
    const published = publishedModel(request.model)
    return published && APIS[published.api].countTokens?.(native, request, fields)
  },
  prefill(model, fields) {
    const published = publishedModel(model)
    return published !== undefined && APIS[published.api].prefill?.(model, fields) === true
  },
  // Google's own, whoever the publisher is, but for what Claude itself refuses.
  error: (status, body) => (parsedObject(body).type === 'error' ? anthropicError : httpError)(status, body),
}
