import type { ChatRequest } from '../types/chat.ts'
import { isObject, type Json, object } from './json.ts'

/** Those of the request's fields that go to the provider as they are, under their own names. */
export function nativeFields(request: ChatRequest, names: readonly string[]): Json {
  return Object.fromEntries(names.flatMap((name) => (request[name] == null ? [] : [[name, request[name]]])))
}

/** A field under any of its names; objects under several are one. */
export function namedField(request: ChatRequest, ...names: readonly string[]): unknown {
  const given = names.map((name) => request[name]).filter((value) => value != null)
  return given.length > 1 && given.every(isObject) ? Object.assign({}, ...given) : given[0]
}

/** The locations of native fields in a body that has them at its top, or at `path`. */
export function nativeLocations(names: readonly string[], path = ''): Record<string, string[]> {
  return Object.fromEntries(names.map((name) => [name, [`${path}${name}`]]))
}

/** The value with all of the other's fields, objects within objects too; the other's win. */
export function mergedFields(value: Json, other: unknown): Json {
  const entries = Object.entries(object(other)).map(([key, each]) => [
    key,
    isObject(each) && isObject(value[key]) ? mergedFields(value[key], each) : each,
  ])
  return { ...value, ...Object.fromEntries(entries) }
}
