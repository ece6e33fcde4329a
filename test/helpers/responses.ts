import assert from 'node:assert/strict'
import { once } from 'node:events'
import http, { type IncomingHttpHeaders } from 'node:http'
import { createOpenAI } from '@ai-sdk/openai'
import { OpenAIResponsesModel } from '@openai/agents'
import { streamText } from 'ai'
import OpenAI from 'openai'
import type { Response } from 'openai/resources/responses/responses'
import type { ResponseObject } from '../../lib/dialects/responses/response.ts'

export interface ResponseEvent {
  readonly type: string
  readonly sequence_number: number
  readonly [field: string]: unknown
}

export interface ResponsesAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: string
  /** Whether the connection broke before the body's end. */
  broken: boolean
}

/** Sends a request of the Responses API and reads the answer to its end. */
export async function respond(
  url: string,
  body: unknown,
  {
    headers = {},
    method = 'POST',
    path = '/v1/responses',
  }: { headers?: Record<string, string>; method?: string; path?: string } = {},
): Promise<ResponsesAnswer> {
  const sent = method === 'POST' ? JSON.stringify(body) : undefined
  const request = http.request(`${url}${path}`, {
    method,
    agent: false,
    headers: { ...(sent !== undefined && { 'content-type': 'application/json' }), ...headers },
  })
  request.on('error', () => {})
  request.end(sent)
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  let text = ''
  let broken = false
  response.setEncoding('utf8')
  try {
    for await (const piece of response) text += piece
  } catch {
    broken = true
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: text, broken }
}

/** The events of a stream, whose frames are of the one form that all clients read. Comments are left out. */
export function eventsOf(body: string): ResponseEvent[] {
  const frames = body.split('\n\n')
  assert.equal(frames.pop(), '', 'each frame is whole')
  const events = frames
    .filter((frame) => !frame.startsWith(':'))
    .map((frame) => {
      const [, name, data] = /^event: (\S+)\ndata: ([^\n]+)$/.exec(frame) ?? []
      const event = JSON.parse(data ?? '') as ResponseEvent
      assert.equal(event.type, name, 'the name of an event is its type')
      return event
    })
  assert.deepEqual(
    events.map(({ sequence_number: number }) => number),
    events.map((_, index) => index),
    'numbers from 0 without gaps',
  )
  return events
}

const TERMINALS = new Set(['response.completed', 'response.incomplete', 'response.failed'])

/**
 * All that strict clients need of a stream, whole or lost: one response, one item open at a time, parts and items that begin and
 * end, deltas that add up to what is done, and all of it again in the terminal. Answers the terminal's response.
 */
export function assertStream(body: string): ResponseObject {
  const events = eventsOf(body).filter(({ type }) => type !== 'keepalive')
  const last = events.at(-1) as ResponseEvent
  assert.ok(TERMINALS.has(last.type), `${last.type} is no terminal`)
  assert.equal(events.filter(({ type }) => TERMINALS.has(type)).length, 1, 'one terminal')
  const response = last.response as ResponseObject
  assertResponse(response)
  assert.equal(`response.${response.status}`, last.type)
  const lost = last.type === 'response.failed'
  if (lost) assertFailure(events.at(-2) as ResponseEvent, response)

  const begun = events.filter(({ type }) => type === 'response.created' || type === 'response.in_progress')
  if (!lost || begun.length > 0) {
    assert.deepEqual(
      events.slice(0, 2).map(({ type }) => type),
      ['response.created', 'response.in_progress'],
    )
  }
  assert.ok(begun.length === 0 || begun.length === 2, 'an answer begins once')
  for (const { response: each } of begun) {
    const early = each as ResponseObject
    assertResponse(early)
    assert.deepEqual([early.id, early.status, early.output], [response.id, 'in_progress', []])
  }
  const items = itemsIn(events.slice(begun.length, lost ? -2 : -1), lost)
  assert.deepEqual(response.output, items, 'the response has every item as it was done')
  return response
}

function assertFailure(event: ResponseEvent, { error }: ResponseObject): void {
  assert.equal(event.type, 'error', 'an error comes before the failed response')
  const nested = event.error as Record<string, unknown>
  for (const key of ['code', 'message', 'param']) assert.equal(event[key], nested[key], 'flat and nested say the same')
  assert.deepEqual(error, { code: event.code, message: event.message })
}

/** The items that were done, in order. */
function itemsIn(events: readonly ResponseEvent[], lost: boolean): object[] {
  const done: object[] = []
  let open: { id: string; type: string; texts: Map<string, string> } | undefined
  for (const event of events) {
    const item = event.item as { id: string; type: string; [field: string]: unknown }
    if (event.type === 'response.output_item.added') {
      assert.equal(open, undefined, 'one item is open at a time')
      assert.equal(event.output_index, done.length)
      open = { id: item.id, type: item.type, texts: new Map() }
    } else if (event.type === 'response.output_item.done') {
      assert.deepEqual([event.output_index, item.id, item.type], [done.length, open?.id, open?.type])
      assert.equal(item.status === 'in_progress', false)
      assertText(item, open?.texts ?? new Map())
      done.push(item)
      open = undefined
    } else {
      assert.deepEqual([event.item_id, event.output_index], [open?.id, done.length], 'an event of the open item')
      const place = `${event.content_index ?? event.summary_index ?? ''}`
      if (event.type.endsWith('.delta')) {
        assert.notEqual(event.delta, '', 'no empty delta')
        open?.texts.set(place, (open.texts.get(place) ?? '') + (event.delta as string))
      }
      const whole = event.text ?? event.refusal ?? event.arguments ?? event.input
      if (event.type.endsWith('.done') && whole !== undefined)
        assert.equal(whole, open?.texts.get(place) ?? '', event.type)
    }
  }
  if (!lost) assert.equal(open, undefined, 'every item has ended')
  return done
}

/** The deltas of an item add up to it. */
function assertText(item: Record<string, unknown>, texts: ReadonlyMap<string, string>): void {
  const parts = (item.content ?? item.summary) as { text?: string; refusal?: string }[] | undefined
  if (parts === undefined) assert.equal(item.arguments ?? item.input, texts.get('') ?? '')
  else
    assert.deepEqual(
      parts.map(({ text, refusal }) => text ?? refusal),
      [...texts.values()],
    )
}

/** What the schema of Open Responses demands. */
const DEMANDED: Readonly<Record<string, (value: unknown) => boolean>> = {
  ...Object.fromEntries(['id', 'model', 'service_tier', 'truncation'].map((key) => [key, isText])),
  ...Object.fromEntries(['created_at', 'temperature', 'top_p', 'top_logprobs'].map((key) => [key, isNumber])),
  ...Object.fromEntries(['presence_penalty', 'frequency_penalty'].map((key) => [key, isNumber])),
  ...Object.fromEntries(['background', 'parallel_tool_calls', 'store'].map((key) => [key, isFlag])),
  ...Object.fromEntries(['output', 'tools'].map((key) => [key, Array.isArray])),
  ...Object.fromEntries(['reasoning', 'text', 'metadata'].map((key) => [key, isObject])),
  ...Object.fromEntries(
    [
      ...['completed_at', 'error', 'incomplete_details', 'instructions', 'max_output_tokens', 'max_tool_calls'],
      ...['previous_response_id', 'prompt_cache_key', 'safety_identifier', 'usage', 'tool_choice'],
    ].map((key) => [key, (value: unknown) => value !== undefined]),
  ),
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
function isNumber(value: unknown): boolean {
  return typeof value === 'number'
}
function isFlag(value: unknown): boolean {
  return typeof value === 'boolean'
}
function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function assertResponse(response: ResponseObject): void {
  assert.equal(response.object, 'response')
  assert.match(response.id, /^resp_[0-9a-f]{32,}$/)
  for (const [key, fits] of Object.entries(DEMANDED)) assert.ok(fits(response[key]), `${key}: ${response[key]}`)
  assert.equal(response.status === 'completed', typeof response.completed_at === 'number')
  const whole = response.status === 'completed' || response.status === 'incomplete'
  if (!whole) return
  const { usage } = response
  assert.ok(usage !== null, 'a whole answer has its usage')
  const { input_tokens, output_tokens, total_tokens, input_tokens_details, output_tokens_details } = usage
  const counts = [input_tokens, output_tokens, total_tokens, input_tokens_details.cached_tokens]
  for (const count of [...counts, output_tokens_details.reasoning_tokens]) assert.ok(Number.isInteger(count))
}

/** A `fetch` that answers with a stream in these pieces. */
function answering(pieces: readonly (string | Uint8Array)[]) {
  const bytes = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(typeof piece === 'string' ? bytes.encode(piece) : piece)
      controller.close()
    },
  })
  return () => Promise.resolve(new globalThis.Response(body, { headers: { 'content-type': 'text/event-stream' } }))
}

const NOWHERE = { apiKey: 'sk-client', baseURL: 'http://openai.test/v1' }

/** What openai-node's accumulator makes of a stream that comes in these pieces. Rejects with what it throws. */
export async function accumulated(pieces: readonly (string | Uint8Array)[]): Promise<Response> {
  const client = new OpenAI({ ...NOWHERE, maxRetries: 0, fetch: answering(pieces) })
  const response = await client.responses.stream({ model: 'm', input: 'hi' }).finalResponse()
  return JSON.parse(
    JSON.stringify(response, (key, value: unknown) => (OF_THE_SDK.has(key) ? undefined : value)),
  ) as Response
}

/** What another client made of a stream. */
export interface Understood {
  text: string
  calls: { name: string; arguments: string }[]
}

/** What the AI SDK makes of it. Rejects with the error that it reports. */
export async function readByAiSdk(pieces: readonly (string | Uint8Array)[]): Promise<Understood> {
  const errors: unknown[] = []
  const { stream } = streamText({
    model: createOpenAI({ ...NOWHERE, fetch: answering(pieces) })('m'),
    prompt: 'hi',
    maxRetries: 0,
    onError: ({ error }) => void errors.push(error),
  })
  const understood: Understood = { text: '', calls: [] }
  const inputs = new Map<string, string>()
  for await (const part of stream) {
    if (part.type === 'text-delta') understood.text += part.text
    if (part.type === 'tool-input-delta') inputs.set(part.id, (inputs.get(part.id) ?? '') + part.delta)
    if (part.type === 'tool-call') {
      understood.calls.push({ name: part.toolName, arguments: inputs.get(part.toolCallId) ?? '' })
    }
  }
  if (errors.length > 0) throw errors[0]
  return understood
}

/** What the Agents SDK makes of it. Rejects with what it throws. */
export async function readByAgents(pieces: readonly (string | Uint8Array)[]): Promise<Understood> {
  const client = new OpenAI({ ...NOWHERE, maxRetries: 0, fetch: answering(pieces) })
  const model = new OpenAIResponsesModel(client, 'm')
  const asked = { input: 'hi', modelSettings: {}, tools: [], outputType: 'text', handoffs: [], tracing: false } as const
  const understood: Understood = { text: '', calls: [] }
  for await (const event of model.getStreamedResponse({ ...asked, tools: [], handoffs: [] })) {
    if (event.type !== 'response_done') continue
    for (const item of event.response.output) {
      if (item.type === 'function_call') understood.calls.push({ name: item.name, arguments: item.arguments })
      if (item.type !== 'message') continue
      for (const part of item.content) if (part.type === 'output_text') understood.text += part.text
    }
  }
  return understood
}

/** What the SDK adds to what it was sent. */
const OF_THE_SDK = new Set(['parsed', 'parsed_arguments', 'output_parsed'])
