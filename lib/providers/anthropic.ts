import type { Endpoint, NativeRequest, Provider } from '../types/provider.ts'
import { anthropicError } from './anthropic/errors.ts'
import { fitForAnthropic, namedForAnthropic } from './anthropic/fit.ts'
import { modelFor } from './anthropic/models.ts'
import { betaNames, messagesPassage, nativeBody } from './anthropic/native.ts'
import { anthropicParamLocations } from './anthropic/param-locations.ts'
import { anthropicBody } from './anthropic/request.ts'
import { anthropicDecoder } from './anthropic/stream.ts'
import { droppedParams } from './dropped.ts'
import { count, parsedObject } from './json.ts'

const BASE = 'https://api.anthropic.com/v1'

/** The older version: it keeps sampling parameters working for the models that take them. */
const VERSION = '2023-06-01'

/** Anthropic's Messages API, which chooses streaming in the body. Source: @anthropic-ai/sdk. */
export const anthropic: Provider = {
  name: 'anthropic',
  framing: () => 'sse',
  encode(request, endpoint) {
    const { fields } = endpoint
    const version = fields.anthropic_version ?? VERSION
    const { request: fit, adjusted } = fitForAnthropic(request)
    const body = anthropicBody(fit, { version })
    return {
      url: messagesUrl(endpoint),
      headers: headersFor(endpoint, version, fields.anthropic_beta),
      body: JSON.stringify(body),
      dropped: droppedParams(request, body, anthropicParamLocations(request, body)),
      adjusted,
    }
  },
  decoder(request, endpoint) {
    const named = namedForAnthropic(request)
    return named.decoder(anthropicDecoder(named.request, endpoint))
  },
  native(native, request, endpoint) {
    const body = nativeBody(native, request.model)
    if (body === undefined) return undefined
    const encode = () => ({
      url: messagesUrl(endpoint),
      headers: nativeHeaders(native, endpoint),
      body: JSON.stringify(body),
    })
    return messagesPassage(encode, request, endpoint)
  },
  countTokens(native, request) {
    const body = nativeBody(native, request.model)
    if (body === undefined) return undefined
    const { stream: _, ...counted } = body
    return {
      encode: (endpoint) => ({
        url: messagesUrl(endpoint, '/count_tokens'),
        headers: { ...nativeHeaders(native, endpoint), accept: 'application/json' },
        body: JSON.stringify(counted),
      }),
      read: (text) => count(parsedObject(text).input_tokens),
    }
  },
  prefill: (model) => modelFor(model).prefill,
  error: anthropicError,
}

function messagesUrl({ customHost }: Endpoint, behind = ''): URL {
  return new URL(`${customHost ?? BASE}/messages${behind}`)
}

/** The client's version and betas, as far as the target has none of its own. */
function nativeHeaders(native: NativeRequest, endpoint: Endpoint): Record<string, string> {
  const version = endpoint.fields.anthropic_version ?? native.headers['anthropic-version'] ?? VERSION
  return headersFor(endpoint, version, betaNames(native, endpoint).join(','))
}

/** What a login at Anthropic gives in place of a key. */
const LOGIN_TOKEN = /^sk-ant-oat/

function headersFor({ apiKey }: Endpoint, version: string, betas: string | undefined): Record<string, string> {
  const key = apiKey && (LOGIN_TOKEN.test(apiKey) ? { authorization: `Bearer ${apiKey}` } : { 'x-api-key': apiKey })
  return {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    'anthropic-version': version,
    ...(betas && { 'anthropic-beta': betas }),
    ...key,
  }
}
