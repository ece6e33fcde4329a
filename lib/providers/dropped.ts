import type { ChatRequest } from '../types/chat.ts'
import { hasCacheControl } from './cache-marks.ts'
import { stopList } from './content.ts'
import { isObject, type Json } from './json.ts'

/**
 * Locations of parameters in a native body: dotted paths of which any will do, or, where there is no path, whether the
 * parameter is served. `refused`: the model takes it with no value, also with one that asks for what others do anyway.
 */
export type ParamLocations = Readonly<Record<string, readonly string[] | boolean | 'refused'>>

/** Expressed in other ways by every provider, or refused. */
const SERVED: ParamLocations = {
  model: true,
  messages: true,
  stream: true,
  stream_options: true,
  tools: true,
  tool_choice: true,
}

/** Values, as JSON, that ask for what happens anyway. */
const NEUTRAL: Readonly<Record<string, string>> = {
  n: '1',
  presence_penalty: '0',
  frequency_penalty: '0',
  logprobs: 'false',
  top_logprobs: '0',
  logit_bias: '{}',
  metadata: '{}',
  stop: '[]',
  parallel_tool_calls: 'true',
  response_format: '{"type":"text"}',
  modalities: '["text"]',
  service_tier: '"auto"',
  store: 'false',
}

/**
 * Names the parameters that ask for something and have no trace in the body that was made of the request. `unlisted`: whether
 * those without a location are lost, or are served if the body has their name.
 */
export function droppedParams(
  request: ChatRequest,
  body: object,
  paramLocations: ParamLocations,
  unlisted: 'lost' | 'same name' = 'lost',
): string[] {
  const locationOf = (param: string) =>
    own(paramLocations, param) ??
    own(SERVED, param) ??
    (unlisted === 'same name' && own(body as Json, param) !== undefined)
  const marks =
    !paramLocations.cache_control && unlisted === 'lost' && hasCacheControl(request) ? ['cache_control'] : []
  const params = Object.keys(request).filter((param) => {
    const location = locationOf(param)
    if (location === 'refused') return true
    const isServed = typeof location === 'boolean' ? location : location.some((path) => at(body, path) !== undefined)
    return !isServed && isAsked(request, param)
  })
  return [...params, ...lostStops(request, body, paramLocations), ...marks]
}

/** The stop sequences that a body lacks where it has others, by their places: `stop.1`. */
function lostStops(request: ChatRequest, body: object, { stop }: ParamLocations): string[] {
  if (!Array.isArray(stop)) return []
  const kept = stop.map((path) => at(body, path)).find(Array.isArray)
  if (kept === undefined) return []
  return (stopList(request) ?? []).flatMap((sequence, index) => (kept.includes(sequence) ? [] : [`stop.${index}`]))
}

function isAsked(request: ChatRequest, param: string): boolean {
  const value = request[param]
  if (value == null || value === '') return false
  // Without tools nothing is called in parallel.
  if (param === 'parallel_tool_calls' && !request.tools?.length) return false
  return JSON.stringify(value) !== own(NEUTRAL, param)
}

function at(body: object, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (isObject(value) ? own(value, key) : undefined), body)
}

/** Names are the client's, and every object has a `constructor`. */
function own<T>(object: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}
