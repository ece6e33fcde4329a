import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { UpstreamError } from '../../lib/errors.ts'
import { readSseEvent } from '../../lib/transforms/framing/grammar/sse-event.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { Logprobs, Usage } from '../../lib/types/chunk.ts'
import type { ApiError, ChunkInit, Endpoint, HttpRequest, Provider, WireEvent } from '../../lib/types/provider.ts'
import { noMedia } from './endpoint.ts'

/** A request that throws if anything tries to change it. */
export function ask(fields: Partial<ChatRequest> = {}): ChatRequest {
  return freeze({ model: 'some-model', messages: [{ role: 'user', content: 'Hi' }], ...structuredClone(fields) })
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze)
  return value
}

export function endpoint(fields: Partial<Endpoint> = {}): Endpoint {
  return { apiKey: 'secret', customHost: undefined, fields: {}, strict: true, fetchMedia: noMedia, ...fields }
}

export interface Sent {
  url: string
  headers: Record<string, string>
  body: Record<string, unknown>
}

export function send(provider: Provider, request: ChatRequest, to: Endpoint = endpoint()): Sent {
  const { url, headers, body } = provider.encode(request, to) as HttpRequest
  return { url: url.href, headers, body: JSON.parse(body) as Record<string, unknown> }
}

/** Frames as events: objects as JSON, text as it stands. */
export function events(...frames: readonly unknown[]): WireEvent[] {
  return frames.map((frame) => ({ event: undefined, data: typeof frame === 'string' ? frame : JSON.stringify(frame) }))
}

/** A chunk of one choice in OpenAI's form. */
export function chunk(delta: unknown, finish: string | null = null, others: Record<string, unknown> = {}): unknown {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1770933892,
    model: 'm',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...others,
  }
}

export interface DecodeOptions {
  request?: ChatRequest
  strict?: boolean
}

export function decode(provider: Provider, wire: readonly WireEvent[], options: DecodeOptions = {}): ChunkInit[] {
  const decoder = provider.decoder(options.request ?? ask(), endpoint({ strict: options.strict ?? true }))
  return wire.flatMap((event) => [...decoder.decode(event)])
}

export interface ToldCall {
  id?: string
  type?: string
  name?: string
  arguments: string
}

/** What all pieces of a stream tell together. */
export interface Told {
  content: string
  reasoning: string
  refusal: string
  calls: ToldCall[]
  finish?: string
  logprobs: Logprobs[]
}

export function told(inits: readonly ChunkInit[], index = 0): Told {
  const result: Told = { content: '', reasoning: '', refusal: '', calls: [], logprobs: [] }
  const calls = new Map<string | number, ToldCall>()
  for (const init of inits.filter((each) => (each.index ?? 0) === index)) {
    result.content += init.content ?? ''
    result.reasoning += init.reasoning ?? ''
    result.refusal += init.refusal ?? ''
    if (init.finish !== undefined) result.finish = init.finish
    if (init.logprobs !== undefined) result.logprobs.push(init.logprobs)
    for (const { key, arguments: fragment = '', ...first } of init.toolCalls ?? []) {
      const call = calls.get(key) ?? { arguments: '' }
      calls.set(key, { ...call, ...first, arguments: call.arguments + fragment })
    }
  }
  result.calls = [...calls.values()]
  return result
}

export function usageOf(inits: readonly ChunkInit[]): Usage | undefined {
  return inits.findLast((init) => init.usage !== undefined)?.usage
}

/** The error that `act` throws, if it is an UpstreamError; anything else is a bug. */
export function failure(act: () => unknown): ApiError {
  try {
    act()
  } catch (error) {
    if (error instanceof UpstreamError) return error.api
    throw error
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' })
}

/** Compares the fields that are expected, one by one. */
export function hasFields(error: ApiError, expected: Partial<ApiError>): void {
  for (const [field, value] of Object.entries(expected)) assert.equal(error[field as keyof ApiError], value, field)
}

// ---------------------------------------------------------------------------------------------------- the recordings

const corpus = new URL('../../../shared/corpus/', import.meta.url)

export interface Recording {
  file: string
  status: number
  text: string
}

/** The recorded bodies of one provider; none where the recordings are not at hand. */
export function recordings(provider: string, ending: '.sse' | '.error.json'): Recording[] {
  const folder = new URL(`${provider}/`, corpus)
  if (!existsSync(folder)) return []
  const index = JSON.parse(readFileSync(new URL('index.json', corpus), 'utf8')) as { file: string; status: number }[]
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => ({
      file,
      status: index.find((entry) => entry.file === `${provider}/${file}`)?.status ?? 400,
      text: readFileSync(new URL(file, folder), 'utf8'),
    }))
}

export function eventsOf(text: string): WireEvent[] {
  return text.split(/(?:\r\n|\n|\r){2,}/).flatMap((lines) => readSseEvent(lines.replaceAll(/\r\n?/g, '\n')) ?? [])
}
