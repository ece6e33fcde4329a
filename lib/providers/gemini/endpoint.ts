import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint } from '../../types/provider.ts'
import { pathOf } from '../path.ts'
import { vertexHost } from '../vertex/address.ts'

/** The URL of a request, with the headers of its credentials. */
export interface Address {
  url: URL
  headers: Record<string, string>
}

/** AI Studio: a key; models by name, or by a path such as `tunedModels/…`. */
export function studioAddress(request: ChatRequest, endpoint: Endpoint): Address {
  const base = endpoint.customHost ?? 'https://generativelanguage.googleapis.com'
  const model = request.model.includes('/') ? request.model : `models/${request.model}`
  return { url: streamUrl(`${base}/v1beta`, model), headers: apiKey(endpoint.apiKey) }
}

/**
 * Vertex AI: an OAuth token with a project and a region, or Express mode, which has a key of its own and neither. Without
 * a project, or with what looks like an API key, it is Express mode.
 */
export function vertexAddress(request: ChatRequest, endpoint: Endpoint): Address {
  const project = endpoint.fields.vertex_project_id
  const region = endpoint.fields.vertex_region ?? 'global'
  const express = project === undefined || /^(?:AIza|AQ\.)/.test(endpoint.apiKey ?? '')
  const base = endpoint.customHost ?? `https://${vertexHost(express ? 'global' : region)}`
  const model = vertexModel(request.model)
  if (express) return { url: streamUrl(`${base}/v1`, model), headers: apiKey(endpoint.apiKey) }
  const path = `v1beta1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(region)}`
  const headers: Record<string, string> = endpoint.apiKey ? { authorization: `Bearer ${endpoint.apiKey}` } : {}
  return { url: streamUrl(`${base}/${path}`, model), headers }
}

/** Tuned models are endpoints; of the others, a name may be given with its publisher: `google/gemini-2.5-pro`. */
function vertexModel(model: string): string {
  if (/^(?:endpoints|publishers)\//.test(model)) return model
  if (!model.includes('/')) return `publishers/google/models/${model}`
  const [publisher, ...name] = model.replace(/^models\//, 'google/').split('/')
  return `publishers/${publisher}/models/${name.join('/')}`
}

function streamUrl(base: string, model: string): URL {
  return new URL(`${base}/${pathOf(model.split('/'))}:streamGenerateContent?alt=sse`)
}

function apiKey(key: string | undefined): Record<string, string> {
  return key ? { 'x-goog-api-key': key } : {}
}
