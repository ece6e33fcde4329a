import type { Endpoint, Framing, HttpRequest, Provider } from '../types/provider.ts'
import { readError } from './cohere/errors.ts'
import { fitForCohere, namedForCohere } from './cohere/fit.ts'
import { PARAM_LOCATIONS } from './cohere/param-locations.ts'
import { bodyV1 } from './cohere/request-v1.ts'
import { bodyV2 } from './cohere/request-v2.ts'
import { decoderV1 } from './cohere/stream-v1.ts'
import { decoderV2 } from './cohere/stream-v2.ts'
import { refuseSeveralAnswers } from './content.ts'
import { droppedParams } from './dropped.ts'
import { withClientNames } from './tool-names.ts'

/**
 * Cohere's chat API, v2 (server-sent events) or, with `api_version: 'v1'`, v1 (JSON lines), for models and features that
 * only the old one has.
 *
 * Source: cohere-ai 8.1.0 `api/resources/v2`, `Client.js`; docs.cohere.com, reference of `/v2/chat` and `/v1/chat`.
 */
export const cohere: Provider = {
  name: 'cohere',

  framing(headers, _request, endpoint) {
    const type = String(headers['content-type'] ?? '').toLowerCase()
    return FRAMINGS.find(([sign]) => type.includes(sign))?.[1] ?? (version(endpoint) === 'v1' ? 'json-lines' : 'sse')
  },

  encode(request, endpoint): HttpRequest {
    refuseSeveralAnswers(request, 'Cohere')
    const v1 = version(endpoint) === 'v1'
    const { request: fit, adjusted } = fitForCohere(request, version(endpoint))
    const body = v1 ? bodyV1(fit) : bodyV2(fit)
    return {
      url: new URL(`${endpoint.customHost ?? 'https://api.cohere.com'}/${version(endpoint)}/chat`),
      headers: {
        'content-type': 'application/json',
        accept: v1 ? '*/*' : 'text/event-stream',
        ...(endpoint.apiKey === undefined ? {} : { authorization: `Bearer ${endpoint.apiKey}` }),
      },
      body: JSON.stringify(body),
      dropped: droppedParams(request, body, PARAM_LOCATIONS),
      adjusted,
    }
  },

  decoder(request, endpoint) {
    const { clientNames } = namedForCohere(request, version(endpoint))
    return withClientNames(version(endpoint) === 'v1' ? decoderV1(endpoint) : decoderV2(endpoint), clientNames)
  },

  error: readError,
}

/** v1 streams as `application/stream+json`, or as server-sent events where a header asks for them. */
const FRAMINGS: [string, Framing][] = [
  ['event-stream', 'sse'],
  ['stream+json', 'json-lines'],
  ['ndjson', 'json-lines'],
]

function version(endpoint: Endpoint): 'v1' | 'v2' {
  return endpoint.fields.api_version === 'v1' ? 'v1' : 'v2'
}
