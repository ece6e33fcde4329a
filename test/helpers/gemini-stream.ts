import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import { google } from '../../lib/providers/gemini.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { FinishReason } from '../../lib/types/chunk.ts'
import type { ChunkInit, Endpoint, ToolCallDelta } from '../../lib/types/provider.ts'
import { noMedia } from './endpoint.ts'

export type Json = Record<string, unknown>

export const ENDPOINT: Endpoint = {
  apiKey: 'key',
  customHost: undefined,
  fields: {},
  strict: true,
  fetchMedia: noMedia,
}

export const asked = (fields: Json = {}) =>
  ({ model: 'gemini-3-flash-preview', messages: [], ...fields }) as unknown as ChatRequest

/** The pieces of the events, in order. */
export function decodeText(events: string[], request = asked(), endpoint = ENDPOINT): { told: ChunkInit[] } {
  const { decode } = google.decoder(request, endpoint)
  const inits = events.flatMap((data) => [...decode({ event: undefined, data })])
  assert.ok(inits.every((init) => init.end === undefined))
  return { told: inits.filter((init) => Object.keys(init).length > 0) }
}

export const decode = (frames: unknown[], request?: ChatRequest, endpoint?: Endpoint) =>
  decodeText(
    frames.map((frame) => JSON.stringify(frame)),
    request,
    endpoint,
  )

export const candidate = (parts: Json[] | undefined, rest: Json = {}) => ({
  candidates: [{ content: { role: 'model', ...(parts && { parts }) }, index: 0, ...rest }],
})
export const words = (text: string, rest?: Json) => candidate([{ text }], rest)
export const thought = (text: string) => candidate([{ text, thought: true }])
export const callPart = (name: string, args?: Json, rest: Json = {}) => ({
  functionCall: { name, ...(args && { args }) },
  ...rest,
})
export const stop = candidate([{ text: '' }], { finishReason: 'STOP' })
export const failure = (kind: string, status: number) => (error: unknown) =>
  error instanceof UpstreamError && error.kind === kind && error.api.status === status
export const toolCall = (key: number, name: string, json: string, rest: Partial<ToolCallDelta> = {}): ChunkInit => ({
  index: 0,
  toolCalls: [{ key, id: '', name, arguments: json, ...rest }],
})
export const content = (text: string): ChunkInit => ({ index: 0, content: text })
export const finish = (reason: FinishReason): ChunkInit => ({ index: 0, finish: reason })
