import type { ChatRequest } from '../../../types/chat.ts'
import type { Endpoint, Provider } from '../../../types/provider.ts'
import { adjustments } from '../../adjustments.ts'
import { withoutCacheControl } from '../../cache-marks.ts'
import { answeredCalls } from '../../call-results.ts'
import { droppedParams } from '../../dropped.ts'
import { withObjectRoots } from '../../schema-root.ts'
import { fittedNames, withClientNames } from '../../tool-names.ts'
import { shortId } from '../ids.ts'
import { OPENAI_NAMES } from '../names.ts'
import { nativeBody, responsesPassage } from './native.ts'
import { RESPONSES_LOCATIONS, responsesBody } from './request.ts'
import { responsesDecoder } from './stream.ts'
import { type ApiChoice, otherApi, whichApi } from './which-api.ts'

/** Where a provider has the Responses API, and how a target of its is called there. */
export interface ResponsesDialect {
  url(request: ChatRequest, endpoint: Endpoint): URL
  headers(endpoint: Endpoint): Record<string, string>
  /** The name of the model in the body. @default the request's */
  model?(request: ChatRequest, endpoint: Endpoint): string
  /** The model behind that name, if the target knows it. */
  baseModel?(fields: Endpoint['fields']): string | undefined
}

/** The provider, by its Responses API for what it serves there alone. */
export function withResponses(chat: Provider, dialect: ResponsesDialect): Provider {
  const { url, headers, model, baseModel } = dialect
  const apiOf = (request: ChatRequest, endpoint: ApiChoice) =>
    whichApi(request, endpoint, baseModel?.(endpoint.fields) ?? request.model)
  /** Encrypted reasoning is of use where it was made. */
  const ownerOf = (request: ChatRequest, endpoint: Endpoint) => shortId(url(request, endpoint).host, 8)
  return {
    ...chat,
    encode(request, endpoint) {
      if (apiOf(request, endpoint) === 'chat') return chat.encode(request, endpoint)
      const { note, list } = adjustments()
      const named = withObjectRoots(fittedNames(withoutCacheControl(request), OPENAI_NAMES, note).request, note)
      const messages = answeredCalls(named.messages, callId, note)
      const body = responsesBody({ ...named, messages, model: model?.(request, endpoint) ?? request.model }, endpoint, {
        provider: chat.name,
        ruledBy: baseModel?.(endpoint.fields) ?? request.model,
        owner: ownerOf(request, endpoint),
      })
      return {
        url: url(request, endpoint),
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers(endpoint) },
        body: JSON.stringify(body),
        dropped: droppedParams(request, body, RESPONSES_LOCATIONS),
        adjusted: list(),
      }
    },
    decoder(request, endpoint) {
      if (apiOf(request, endpoint) === 'chat') return chat.decoder(request, endpoint)
      const decoder = responsesDecoder({ ...endpoint, owner: ownerOf(request, endpoint) })
      return withClientNames(decoder, fittedNames(request, OPENAI_NAMES).clientNames)
    },
    native(native, request, endpoint) {
      // By the client's own words it goes by this API, unless that is known not to be there.
      if ((endpoint.fields.openai_api ?? endpoint.api) === 'chat') return undefined
      const body = nativeBody(native, model?.(request, endpoint) ?? request.model, endpoint.stream !== false)
      if (body === undefined) return undefined
      const encode = () => ({
        url: url(request, endpoint),
        headers: {
          ...native.headers,
          ...{ 'content-type': 'application/json', accept: 'text/event-stream' },
          ...headers(endpoint),
        },
        body: JSON.stringify(body),
      })
      const decoder = () => responsesDecoder({ ...endpoint, owner: ownerOf(request, endpoint), client: 'responses' })
      return responsesPassage(native, encode, decoder)
    },
    besideResponses(path, native, request, fields) {
      if (fields.openai_api === 'chat') return undefined
      return (endpoint) => ({
        url: below(url(request, endpoint), path),
        headers: {
          ...native.headers,
          ...{ 'content-type': 'application/json', accept: 'application/json' },
          ...headers(endpoint),
        },
        body: JSON.stringify({ ...native.body, model: model?.(request, endpoint) ?? request.model }),
      })
    },
    otherApi: (failure, request, endpoint) =>
      otherApi(failure, request, endpoint, baseModel?.(endpoint.fields) ?? request.model),
  }
}

/** Its query stays. */
function below(url: URL, path: string): URL {
  const lower = new URL(url)
  lower.pathname += `/${path}`
  return lower
}

/** The longest id of a call. Source: OpenAI's 400, "string too long. Expected a string with maximum length 64". */
const LONGEST_ID = 64

function callId(id: string): string {
  return id.length > LONGEST_ID ? `call_${shortId(id, 32)}` : id
}
