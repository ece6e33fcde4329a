import type { ChatRequest, Message } from '../types/chat.ts'
import type { ApiError, Endpoint, Provider } from '../types/provider.ts'
import { adjustments, type Note } from './adjustments.ts'
import { withoutCacheControl } from './cache-marks.ts'
import { droppedParams, type ParamLocations } from './dropped.ts'
import { withEmbeddings } from './openai/embeddings.ts'
import { readError } from './openai/errors.ts'
import { isOwnModel } from './openai/models.ts'
import { OPENAI_NAMES } from './openai/names.ts'
import { openaiBody, openaiOrder, openaiParamLocations, systemRole } from './openai/request.ts'
import { withResponses } from './openai/responses/provider.ts'
import { decodeStream } from './openai/stream.ts'
import { withObjectRoots } from './schema-root.ts'
import { fittedNames, withClientNames } from './tool-names.ts'

/** How a dialect differs from OpenAI's. All but the name and the address may be left out. */
export interface Dialect {
  name: string
  /** Without a trailing slash; a target's `custom_host` replaces it. */
  baseUrl: string
  /** Appended to the base. @default '/chat/completions' */
  path?: string
  /** The whole address, where base and path are not enough. */
  url?(request: ChatRequest, endpoint: Endpoint): URL
  /** Authentication and the like, names in lower case. @default the key as bearer token */
  headers?(endpoint: Endpoint): Record<string, string>
  /** @default all that the client sent, with instructions in the role `system` */
  body?(request: ChatRequest, endpoint: Endpoint): object
  /** Locations of parameters that are not in the body under their own name. @default as OpenAI's models have it */
  paramLocations?(request: ChatRequest, body: object): ParamLocations
  /** The conversation as the provider takes it. @default each call with its one result behind it, whose media are the user's */
  order?(request: ChatRequest, note: Note): readonly Message[]
  /** Whether the host takes `cache_control` for this model. @default no host does */
  cacheControl?(model: string): boolean
  /** @default reads all forms of error body seen in this family */
  error?(status: number, body: string): ApiError
}

/**
 * A provider that speaks OpenAI's Chat Completions, or nearly so.
 *
 * @example
 * const vllm = openaiCompatible({ name: 'vllm', baseUrl: 'http://127.0.0.1:8000/v1' })
 * streamgate({ provider: 'vllm' }, { providers: { vllm } })
 */
export function openaiCompatible(dialect: Dialect): Provider {
  const { name, baseUrl, path = '/chat/completions', headers = bearer, body = plainBody } = dialect
  const {
    cacheControl = () => false,
    paramLocations = openaiParamLocations,
    order = openaiOrder,
    error = readError,
  } = dialect
  const url = dialect.url ?? ((_request, endpoint) => address(endpoint.customHost ?? baseUrl, path))
  return {
    name,
    framing: () => 'sse',
    encode(request, endpoint) {
      const { note, list } = adjustments()
      const plain = cacheControl(request.model) ? request : withoutCacheControl(request)
      const named = withObjectRoots(fittedNames(plain, OPENAI_NAMES, note).request, note)
      const own = body({ ...named, messages: order(named, note) }, endpoint)
      const fittedBody = endpoint.fitted?.(own) ?? own
      return {
        url: url(request, endpoint),
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers(endpoint) },
        body: JSON.stringify(fittedBody),
        dropped: [
          ...droppedParams(request, fittedBody, paramLocations(request, fittedBody), 'same name'),
          ...(plain === request ? [] : ['cache_control']),
        ],
        adjusted: list(),
      }
    },
    decoder: (request, endpoint) =>
      withClientNames(
        decodeStream({ ...endpoint, model: endpoint.fields.base_model ?? request.model }),
        fittedNames(request, OPENAI_NAMES).clientNames,
      ),
    error,
  }
}

/** `path` below `base`, whose query stays. */
export function address(base: string, path: string): URL {
  const url = new URL(base)
  url.pathname = url.pathname.replace(/\/+$/, '') + path
  return url
}

/** No key, no header: a custom host may need none. */
export function bearer({ apiKey }: Endpoint): Record<string, string> {
  return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
}

/** All that the client sent, with instructions in the role `system`. */
export function plainBody(request: ChatRequest): object {
  const body = openaiBody(request)
  return { ...body, messages: body.messages.map(systemRole) }
}

const BASE_URL = 'https://api.openai.com/v1'

function openaiHeaders(endpoint: Endpoint): Record<string, string> {
  const { openai_organization: organization, openai_project: project } = endpoint.fields
  return {
    ...bearer(endpoint),
    ...(organization && { 'openai-organization': organization }),
    ...(project && { 'openai-project': project }),
  }
}

const openaiChat: Provider = openaiCompatible({
  name: 'openai',
  baseUrl: BASE_URL,
  headers: openaiHeaders,
  body: (request) => openaiBody(request),
  // By a custom host, such as OpenRouter or LiteLLM.
  cacheControl: (model) => !isOwnModel(model),
})

const openaiText: Provider = withResponses(openaiChat, {
  url: (_request, { customHost = BASE_URL }) => address(customHost, '/responses'),
  headers: openaiHeaders,
})

export const openai: Provider = withEmbeddings(openaiText, {
  url: (_request, { customHost = BASE_URL }) => address(customHost, '/embeddings'),
  headers: openaiHeaders,
})
