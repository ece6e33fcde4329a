import { RequestError } from '../../lib/errors.ts'
import { google } from '../../lib/providers/gemini.ts'
import { vertexAi } from '../../lib/providers/vertex-ai.ts'
import type { ChatRequest, Message, ToolCall } from '../../lib/types/chat.ts'
import type { Endpoint, HttpRequest, ProviderFields } from '../../lib/types/provider.ts'
import { noMedia } from './endpoint.ts'

export type Json = Record<string, unknown>

export const HELLO: Message[] = [{ role: 'user', content: 'Hello' }]
export const VERTEX: ProviderFields = { vertex_project_id: 'p', vertex_region: 'us-central1' }

function endpoint(fields: Partial<Endpoint> = {}): Endpoint {
  return { apiKey: 'key', customHost: undefined, fields: {}, strict: true, fetchMedia: noMedia, ...fields }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze)
  return value
}

function chat(fields: Json = {}): ChatRequest {
  return freeze({ model: 'gemini-3.1-pro-preview', messages: HELLO, ...fields } as unknown as ChatRequest)
}

export const encode = (fields: Json = {}, at: Partial<Endpoint> = {}, provider = google) =>
  provider.encode(chat(fields), endpoint(at)) as HttpRequest
export const body = (fields: Json = {}) => JSON.parse(encode(fields).body) as Json
export const vertexBody = (fields: Json = {}) => JSON.parse(encode(fields, { fields: VERTEX }, vertexAi).body) as Json
export const config = (fields: Json = {}) => body(fields).generationConfig as Json
export const contents = (messages: unknown[], fields: Json = {}) => body({ messages, ...fields }).contents
export const refused = (param: string) => (error: unknown) => error instanceof RequestError && error.api.param === param

export const call = (id: string, name: string, args: string, state?: string): ToolCall => ({
  id,
  type: 'function',
  function: { name, arguments: args },
  ...(state !== undefined && { state }),
})
export const tool = (name: string, parameters?: Json, strict?: boolean) => ({
  type: 'function',
  function: { name, ...(parameters && { parameters }), ...(strict !== undefined && { strict }) },
})
export const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
export const FORMAT = { type: 'json_schema', json_schema: { name: 'answer', schema: CITY } }
