import type { HttpRequest } from '../types/provider.ts'
import { type Json, parsedObject } from './json.ts'

/** A request like one that was encoded, with another body. */
export function withChangedBody(encoded: HttpRequest, change: (body: Json) => Json): HttpRequest {
  return { ...encoded, body: JSON.stringify(change(parsedObject(encoded.body))) }
}
