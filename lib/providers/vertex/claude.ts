import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint, HttpRequest, Provider } from '../../types/provider.ts'
import { hostBetas } from '../anthropic/betas.ts'
import { fitForAnthropic } from '../anthropic/fit.ts'
import { hostedBody, messagesPassage } from '../anthropic/native.ts'
import { anthropicParamLocations } from '../anthropic/param-locations.ts'
import { anthropicBody } from '../anthropic/request.ts'
import type { MessagesBody } from '../anthropic/wire.ts'
import { anthropic } from '../anthropic.ts'
import { droppedParams } from '../dropped.ts'
import { count, type Json, parsedObject } from '../json.ts'
import { without } from '../openai/fields.ts'
import { hasRemoteMedia, withInlineMedia } from '../remote-media.ts'
import { bearer, locationUrl, modelPath } from './address.ts'
import { servedModel } from './publishers.ts'

/** Source: @anthropic-ai/vertex-sdk `client.ts`. */
const VERSION = 'vertex-2023-10-16'

/** The betas that Vertex AI has. Source: BerriAI/litellm `anthropic_beta_headers_config.json`, November 2026. */
const BETAS: ReadonlySet<string> = new Set([
  ...['compact-2026-01-12', 'compact-2026-09-04', 'computer-use-2025-01-24', 'computer-use-2025-11-24'],
  ...['context-1m-2025-08-07', 'context-management-2025-06-27', 'dangerous-tool-use-2026-09-03'],
  ...['interleaved-thinking-2025-05-14', 'per-turn-control-2026-07-01', 'thinking-binding-controls-2026-08-01'],
  ...['thinking-display-updates-2026-08-18', 'tool-search-tool-2025-10-19', 'web-search-2025-03-05'],
])

/** Claude on Vertex AI: Anthropic's own request and stream, the model in the path and the version in the body. */
export const vertexClaude: Provider = {
  ...anthropic,
  name: 'vertex-ai',
  encode(request, endpoint) {
    const complete = withInlineMedia(request, endpoint)
    return complete instanceof Promise ? complete.then((each) => encoded(each, endpoint)) : encoded(complete, endpoint)
  },
  native(native, request, endpoint) {
    const body = hasRemoteMedia(request) ? undefined : hostedBody(native, request.model)
    if (body === undefined) return undefined
    const { names, otherApi } = hostBetas(BETAS, native, endpoint)
    const encode = () => httpRequest(request, endpoint, without(body, ['model']), names.join(','))
    return { ...messagesPassage(encode, request, endpoint), ...(otherApi && { otherApi }) }
  },
  countTokens(native, request) {
    const body = hasRemoteMedia(request) ? undefined : hostedBody(native, request.model)
    if (body === undefined) return undefined
    const { name } = servedModel(request.model)
    const counted = { ...without(body, ['stream']), model: name }
    return {
      // One for all models, which takes no betas. Sources: @anthropic-ai/vertex-sdk `client.ts`, anthropics/claude-code#11154.
      encode: (endpoint) => ({
        url: locationUrl(endpoint, 'v1', modelPath('anthropic', 'count-tokens', 'rawPredict')),
        headers: { ...headersFor(endpoint, undefined), accept: 'application/json' },
        body: JSON.stringify({ anthropic_version: VERSION, ...counted }),
      }),
      read: (text) => count(parsedObject(text).input_tokens),
    }
  },
}

function encoded(request: ChatRequest, endpoint: Endpoint): HttpRequest {
  const { request: fit, adjusted } = fitForAnthropic(request)
  const native = anthropicBody(fit, { version: VERSION, systemTurns: false })
  return {
    ...httpRequest(request, endpoint, without({ ...native }, ['model']), betasFor(native, endpoint)),
    dropped: droppedParams(request, native, anthropicParamLocations(request, native)),
    adjusted,
  }
}

/** Vertex AI has the search as a beta still; Anthropic does not. Source: BerriAI/litellm#16269. */
const WEB_SEARCH_BETA = 'web-search-2025-03-05'

function betasFor({ tools = [] }: MessagesBody, { fields }: Endpoint): string | undefined {
  const given = fields.anthropic_beta
  if (!tools.some((tool) => 'type' in tool && tool.type.startsWith('web_search_')) || given?.includes(WEB_SEARCH_BETA))
    return given
  return given ? `${given},${WEB_SEARCH_BETA}` : WEB_SEARCH_BETA
}

function httpRequest({ model }: ChatRequest, endpoint: Endpoint, body: Json, betas: string | undefined): HttpRequest {
  const { publisher, name } = servedModel(model)
  return {
    url: locationUrl(endpoint, 'v1', modelPath(publisher, name, 'streamRawPredict')),
    headers: headersFor(endpoint, betas),
    body: JSON.stringify({ anthropic_version: VERSION, ...body }),
  }
}

function headersFor(endpoint: Endpoint, betas: string | undefined): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    ...(betas && { 'anthropic-beta': betas }),
    ...bearer(endpoint),
  }
}
