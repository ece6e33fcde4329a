import { RequestError } from '../errors.ts'
import type { ChatRequest } from '../types/chat.ts'
import type { Endpoint, Provider } from '../types/provider.ts'
import { FOUNDRY_MODELS } from './azure/model-rules.ts'
import { rowsOf } from './model-table.ts'
import { withEmbeddings } from './openai/embeddings.ts'
import { without } from './openai/fields.ts'
import { type OpenAIBody, openaiBody, systemRole } from './openai/request.ts'
import { withResponses } from './openai/responses/provider.ts'
import { address, openaiCompatible } from './openai.ts'

/**
 * Azure has two styles of address. The deployments path names the deployment and needs a dated `api_version`; it is used
 * if, and only if, such a version is set. The v1 path (no version, `v1`, `preview`, or a custom host that ends in `/v1`)
 * names the deployment as the body's model. The deployment is `deployment_id`, else the request's model.
 */
const azureChat: Provider = openaiCompatible({
  name: 'azure-openai',
  baseUrl: '',
  url(request, endpoint) {
    const base = baseOf(endpoint)
    const v1 = isV1(endpoint)
    const path = v1
      ? v1Path(base, 'chat/completions')
      : deploymentPath(deploymentOf(request, endpoint), 'chat/completions')
    return versioned(address(base, path), endpoint, v1)
  },
  headers: azureHeaders,
  body: azureBody,
})

/** The Responses API names the deployment as the body's model on both paths; versions before it had none of it. */
const azureText: Provider = withResponses(azureChat, {
  url(_request, endpoint) {
    const base = baseOf(endpoint)
    const { api_version: version = '' } = endpoint.fields
    const v1 = isV1(endpoint) || version < FIRST_WITH_RESPONSES
    return versioned(address(base, v1 ? v1Path(base, 'responses') : '/responses'), endpoint, v1)
  },
  headers: azureHeaders,
  model: deploymentOf,
  baseModel: ({ base_model }) => base_model,
})

/** A deployment of a model of embeddings, whose name is the request's model: `deployment_id` is that of a chat's. */
export const azureOpenai: Provider = withEmbeddings(azureText, {
  url({ model }, endpoint) {
    const base = baseOf(endpoint)
    const v1 = isV1(endpoint)
    const path = v1 ? v1Path(base, 'embeddings') : deploymentPath(model, 'embeddings')
    return versioned(address(base, path), endpoint, v1)
  },
  headers: azureHeaders,
})

function azureHeaders({ apiKey, fields }: Endpoint): Record<string, string> {
  if (fields.azure_ad_token) return { authorization: `Bearer ${fields.azure_ad_token}` }
  return apiKey === undefined ? {} : { 'api-key': apiKey }
}

function baseOf({ customHost, fields }: Endpoint): string {
  return customHost === undefined ? resourceUrl(fields.resource_name) : withPath(customHost)
}

/** The v1 path knows no dates. */
function versioned(url: URL, { fields: { api_version: version } }: Endpoint, v1: boolean): URL {
  if (version && v1 !== DATED.test(version)) url.searchParams.set('api-version', version)
  return url
}

/** The rules of models go by `base_model`: a deployment's name may be any. */
function azureBody(request: ChatRequest, endpoint: Endpoint): object {
  const { base_model: model = request.model, api_version: version = '' } = endpoint.fields
  const body: OpenAIBody = { ...openaiBody(request, model), model: deploymentOf(request, endpoint) }
  const others = rowsOf(FOUNDRY_MODELS, model).at(-1)
  const old = DATED.test(version) && version < FIRST_WITH_NEWER
  const refused = ['web_search_options', ...(others?.refuses ?? []), ...(old ? ['stream_options'] : [])]
  const fit = without(body, refused) as OpenAIBody
  const limited = old || others?.olderLimit ? withOlderLimit(fit) : fit
  return others?.systemOnly ? { ...limited, messages: limited.messages.map(systemRole) } : limited
}

function withOlderLimit({ max_completion_tokens: limit, ...body }: OpenAIBody): OpenAIBody {
  return limit == null ? (body as OpenAIBody) : ({ ...body, max_tokens: limit } as OpenAIBody)
}

const DATED = /^\d{4}-\d\d/
/** Older versions refuse `stream_options` and `max_completion_tokens`. Source: openai/openai-python#1724. */
const FIRST_WITH_NEWER = '2024-09'
/** Source: learn.microsoft.com, Azure OpenAI Responses API. */
const FIRST_WITH_RESPONSES = '2025-03'

function isV1({ customHost, fields }: Endpoint): boolean {
  return !DATED.test(fields.api_version ?? '') || (customHost !== undefined && endsInV1(customHost))
}

function endsInV1(base: string): boolean {
  return /\/v1\/*$/.test(new URL(base).pathname)
}

/** The address of a resource, as Azure's portal shows it, has no path. */
function withPath(base: string): string {
  return new URL(base).pathname === '/' ? `${base.replace(/\/+$/, '')}/openai` : base
}

function v1Path(base: string, path: string): string {
  return endsInV1(base) ? `/${path}` : `/v1/${path}`
}

function deploymentOf(request: ChatRequest, { fields }: Endpoint): string {
  return fields.deployment_id || request.model
}

function deploymentPath(deployment: string, path: string): string {
  // A path segment of dots is a step in the path, encoded or not; half a surrogate pair cannot be encoded.
  if (/^\.*$|\p{Surrogate}/u.test(deployment)) {
    throw new RequestError(`'${deployment}' is not the name of a deployment.`, { param: 'model' })
  }
  return `/deployments/${encodeURIComponent(deployment)}/${path}`
}

function resourceUrl(resource: string | undefined): string {
  // It becomes a part of the host name.
  if (resource === undefined || !/^[a-z\d][a-z\d-]*$/i.test(resource)) {
    throw new RequestError("azure-openai needs a valid 'resource_name', or a 'custom_host'.", {
      param: 'resource_name',
    })
  }
  return `https://${resource}.openai.azure.com/openai`
}
