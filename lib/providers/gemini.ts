import type { ChatRequest, UserPart } from '../types/chat.ts'
import type { Endpoint, Framing, HttpRequest, Provider } from '../types/provider.ts'
import { droppedParams } from './dropped.ts'
import { type Address, studioAddress, vertexAddress } from './gemini/endpoint.ts'
import { httpError } from './gemini/errors.ts'
import { fitForGemini, namedForGemini } from './gemini/fit.ts'
import { isStudioFile, typeOfUrl } from './gemini/media.ts'
import { continuesText } from './gemini/models.ts'
import { withNativeFields } from './gemini/native-fields.ts'
import { geminiParamLocations } from './gemini/param-locations.ts'
import { buildBody } from './gemini/request.ts'
import { geminiDecoder } from './gemini/stream.ts'
import type { Platform } from './gemini/wire.ts'
import { withInlineMedia } from './remote-media.ts'
import { withClientNames } from './tool-names.ts'

/** Gemini through AI Studio. */
export const google: Provider = gemini('google', 'studio', studioAddress)

/** Gemini through Vertex AI. */
export const vertexGemini: Provider = gemini('vertex-ai', 'vertex', (request, endpoint) => {
  const { url, headers } = vertexAddress(request, endpoint)
  const tier = SHARED_TIERS.has(request.service_tier ?? '') ? request.service_tier : undefined
  return { url, headers: tier ? { ...headers, [TIER]: tier } : headers }
})

const TIER = 'x-vertex-ai-llm-shared-request-type'

/** Vertex takes the tier as a header. Source: docs.cloud.google.com/vertex-ai/generative-ai/docs/priority-paygo. */
const SHARED_TIERS = new Set(['flex', 'priority'])

function gemini(
  name: string,
  platform: Platform,
  address: (request: ChatRequest, endpoint: Endpoint) => Address,
): Provider {
  return {
    name,
    framing: (headers) => bodyFraming(headers['content-type']),
    encode(request, endpoint) {
      const { url, headers } = address(request, endpoint)
      const httpRequest = (complete: ChatRequest): HttpRequest => {
        const { request: fit, adjusted } = fitForGemini(complete)
        const body = buildBody(fit, platform)
        const native = withNativeFields(body, fit)
        return {
          url,
          headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
          body: JSON.stringify(native),
          dropped: droppedParams(request, native, geminiParamLocations(request, body, TIER in headers)),
          adjusted,
        }
      }
      const isNative = platform === 'studio' ? isStudioFile : isTyped
      const complete = withInlineMedia(request, endpoint, isNative)
      return complete instanceof Promise ? complete.then(httpRequest) : httpRequest(complete)
    },
    decoder(request, endpoint) {
      const { request: named, clientNames } = namedForGemini(request)
      return withClientNames(geminiDecoder(named, endpoint, platform), clientNames)
    },
    prefill: continuesText,
    error: httpError,
  }
}

/** Vertex AI fetches what it hears the type of. */
function isTyped(url: string, part: UserPart): boolean {
  return typeOfUrl(url, part) !== undefined
}

/** SSE is what we ask for; a server that does not know `alt=sse` sends a JSON array, or one bare object for an error. */
function bodyFraming(contentType: string | string[] | undefined): Framing | 'sse-or-json-array' {
  return /^application\/json\b/i.test(String(contentType)) ? 'json-array' : 'sse-or-json-array'
}
