import { RequestError } from '../../errors.ts'
import { pathOf } from '../path.ts'

/** The ways in which Vertex AI serves models: each publisher's own. */
export type PublisherApi = 'gemini' | 'anthropic' | 'mistral' | 'openapi'

export interface PublishedModel {
  api: PublisherApi
  publisher: string
  /** Without its publisher. */
  name: string
}

/** Publishers of models as a service, by the beginnings of their models' names. The first match wins. */
const PUBLISHERS: readonly (readonly [RegExp, string])[] = [
  [/^claude-/, 'anthropic'],
  [/^(mistral|ministral|magistral|codestral)/, 'mistralai'],
  [/^llama/, 'meta'],
  [/^deepseek/, 'deepseek-ai'],
  [/^qwen/, 'qwen'],
  [/^gpt-oss/, 'openai'],
  [/^kimi/, 'moonshotai'],
  [/^minimax/, 'minimaxai'],
  [/^glm-/, 'zai-org'],
]

/** Families that no publisher serves on Vertex AI. */
const ELSEWHERE = /^(gpt-|chatgpt-|o\d(-|$)|command(-|$)|grok-|nova-|titan-|sonar)/

/**
 * The publisher of a model, and the API that it has there. A name may be given with its publisher (`meta/llama-4-…`) or as a path;
 * one that nobody is known for is Google's. undefined for models of families that Vertex AI does not serve.
 *
 * Source: cloud.google.com/vertex-ai/generative-ai/docs/partner-models and /docs/maas.
 */
export function publishedModel(model: string): PublishedModel | undefined {
  const [first = '', ...rest] = model.replace(/^publishers\//, '').split('/')
  const name = rest.join('/').replace(/^models\//, '')
  if (name !== '' && first !== 'models' && first !== 'endpoints') return { api: apiOf(first), publisher: first, name }
  const publisher = PUBLISHERS.find(([pattern]) => pattern.test(model))?.[1]
  if (publisher !== undefined) return { api: apiOf(publisher), publisher, name: model }
  return ELSEWHERE.test(model) ? undefined : { api: 'gemini', publisher: 'google', name: model }
}

/** The same; throws RequestError for models that Vertex AI does not serve. */
export function servedModel(model: string): PublishedModel {
  // No name is a way up, wherever it is written.
  pathOf(model.split('/'))
  const published = publishedModel(model)
  if (published !== undefined) return published
  const message = `Vertex AI serves no model '${model}': name one of its own, in 'models' or 'override_params'.`
  throw new RequestError(message, { param: 'model', code: 'model_not_found' })
}

const APIS = new Map<string, PublisherApi>([
  ['google', 'gemini'],
  ['anthropic', 'anthropic'],
  ['mistralai', 'mistral'],
])

/** All others are served by one endpoint in OpenAI's form. */
function apiOf(publisher: string): PublisherApi {
  return APIS.get(publisher) ?? 'openapi'
}
