import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint, HttpRequest, Provider } from '../../types/provider.ts'
import { fitForAnthropic } from '../anthropic/fit.ts'
import { hostedBetaNames, hostedBody, messagesPassage } from '../anthropic/native.ts'
import { anthropicParamLocations } from '../anthropic/param-locations.ts'
import { anthropicBody } from '../anthropic/request.ts'
import { anthropic } from '../anthropic.ts'
import { droppedParams } from '../dropped.ts'
import { count, type Json, parsedObject } from '../json.ts'
import { without } from '../openai/fields.ts'
import { hasRemoteMedia, withInlineMedia } from '../remote-media.ts'
import { bearer, locationUrl, modelPath } from './address.ts'
import { servedModel } from './publishers.ts'

/** Source: @anthropic-ai/vertex-sdk `client.ts`. */
const VERSION = 'vertex-2023-10-16'

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
    const betas = hostedBetaNames(native, endpoint).join(',')
    const encode = () => httpRequest(request, endpoint, without(body, ['model']), betas)
    return messagesPassage(encode, request, endpoint)
  },
  countTokens(native, request, fields) {
    const body = hasRemoteMedia(request) ? undefined : hostedBody(native, request.model)
    if (body === undefined) return undefined
    const { name } = servedModel(request.model)
    const counted = { ...without(body, ['stream']), model: name }
    const betas = hostedBetaNames(native, { fields }).join(',')
    return {
      // One for all models. Source: @anthropic-ai/vertex-sdk `client.ts`.
      encode: (endpoint) => ({
        url: locationUrl(endpoint, 'v1', modelPath('anthropic', 'count-tokens', 'rawPredict')),
        headers: { ...headersFor(endpoint, betas), accept: 'application/json' },
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
    ...httpRequest(request, endpoint, without({ ...native }, ['model']), endpoint.fields.anthropic_beta),
    dropped: droppedParams(request, native, anthropicParamLocations(request, native)),
    adjusted,
  }
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
