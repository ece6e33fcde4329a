import { providers } from '../../lib/providers/index.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { Endpoint, Provider, ProviderFields } from '../../lib/types/provider.ts'
import type { Recording } from './recordings.ts'

/** One of the systems that were recorded: how a target speaks to it. */
interface System {
  /** The provider's name in configs. */
  name: string
  /** What a custom host ends in. */
  base: string
  /** What is appended to it. */
  path: (model: string) => string
  fields?: ProviderFields
}

const AZURE = { deployment_id: 'a-deployment', api_version: '2024-10-21', openai_api: 'chat' } as const

const SYSTEMS: Readonly<Record<string, System>> = {
  openai: { name: 'openai', base: '/v1', path: () => '/chat/completions', fields: { openai_api: 'chat' } },
  azure: {
    name: 'azure-openai',
    base: '/openai',
    path: () => `/deployments/${AZURE.deployment_id}/chat/completions?api-version=${AZURE.api_version}`,
    fields: AZURE,
  },
  'openai responses': {
    name: 'openai',
    base: '/v1',
    path: () => '/responses',
    fields: { openai_api: 'responses' },
  },
  groq: { name: 'groq', base: '/openai/v1', path: () => '/chat/completions' },
  together: { name: 'together-ai', base: '', path: () => '/v1/chat/completions' },
  mistral: { name: 'mistral-ai', base: '/v1', path: () => '/chat/completions' },
  anthropic: { name: 'anthropic', base: '/v1', path: () => '/messages' },
  gemini: { name: 'google', base: '', path: (model) => `/v1beta/models/${model}:streamGenerateContent?alt=sse` },
  cohere: { name: 'cohere', base: '', path: () => '/v2/chat', fields: { api_version: 'v2' } },
  'cohere v1': { name: 'cohere', base: '', path: () => '/v1/chat', fields: { api_version: 'v1' } },
  bedrock: {
    name: 'bedrock',
    base: '',
    path: (model) => `/model/${encodeURIComponent(model)}/converse-stream`,
    fields: { bedrock_api: 'converse' },
  },
  'bedrock invoke': {
    name: 'bedrock',
    base: '',
    path: (model) => `/model/${encodeURIComponent(model)}/invoke-with-response-stream`,
    fields: { bedrock_api: 'invoke' },
  },
}

export const API_KEY = 'corpus-key-1b5f0c7e9a3d2468'

/** The system by its folder, and by its API where it has two. */
export function systemOf(recording: Recording): string {
  if (recording.provider === 'cohere' && /\/v1\/chat$/.test(recording.url)) return 'cohere v1'
  if (recording.provider === 'bedrock' && /\/invoke(-with-response-stream)?$/.test(recording.url))
    return 'bedrock invoke'
  return recording.provider
}

function system(recording: Recording): System {
  const found = SYSTEMS[systemOf(recording)]
  if (found === undefined) throw new Error(`no system is known for ${recording.file}`)
  return found
}

/** A target that speaks to a server at `url` as to the system that was recorded. */
export function targetOf(recording: Recording, url: string): Record<string, unknown> {
  const { name, base, fields } = system(recording)
  // One of the recorded answers is empty.
  return { provider: name, custom_host: url + base, api_key: API_KEY, fail_on: [], ...fields }
}

/** Where a request to that target arrives. */
export function pathOf(recording: Recording): string {
  const { base, path } = system(recording)
  return base + path(modelOf(recording))
}

export function providerOf(recording: Recording): Provider {
  const { name } = system(recording)
  const found = providers[name]
  if (found === undefined) throw new Error(`the provider ${name} is not there`)
  return found
}

export function endpointOf(recording: Recording): Endpoint {
  const fields = system(recording).fields ?? {}
  const fetchMedia = () => Promise.reject(new Error('a decoder fetches nothing'))
  return { apiKey: API_KEY, customHost: undefined, fields, strict: true, fetchMedia }
}

/** The models of those Bedrock streams whose address was not kept. */
const INVOKED: Readonly<Record<string, string>> = {
  'inner:nova': 'amazon.nova-lite-v1:0',
  'inner:titan': 'amazon.titan-text-express-v1',
}

export function modelOf({ url, model, wire_quirks }: Recording): string {
  const inUrl = /\/model\/([^/?]{2,})\//.exec(url)?.[1]
  if (inUrl !== undefined) return decodeURIComponent(inUrl)
  const invoked = wire_quirks.map((quirk) => INVOKED[quirk]).find((known) => known !== undefined)
  return invoked ?? model ?? 'a-model'
}

/** A request to which the recording may be the answer, as far as that changes how it is read. */
export function requestOf(recording: Recording, choices: number): ChatRequest {
  return {
    model: modelOf(recording),
    messages: [{ role: 'user', content: 'Hello' }],
    ...(choices > 1 && { n: choices }),
  }
}

/** What the recorder noted, whatever the body is. */
export function contentTypeOf({ content_type }: Recording): string | null {
  return content_type
}
