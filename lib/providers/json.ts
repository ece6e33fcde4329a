import { streamFailure } from '../errors.ts'

/** Reads JSON whose shape nobody vouches for: a value of the wrong type counts as absent. */

export type Json = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value, if it is an object; else one without fields. */
export function object(value: unknown): Json {
  return isObject(value) ? value : {}
}

/** The value, if it is an array; else an empty one. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The objects in a list, without its other items. */
export function objects(value: unknown): readonly Json[] {
  return list(value).filter(isObject)
}

/** The value, if it is a string; else an empty one. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The text of a string, a number or a boolean; undefined for anything else. */
export function scalarText(value: unknown): string | undefined {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined
}

/**
 * The text of an answer, where nothing may be lost: a scalar's, or that of a list of scalars and parts with a `text`. Null is
 * none. Throws a `malformed` UpstreamError for a value that cannot be read.
 *
 * @example words(0.005) // '0.005'
 */
export function words(value: unknown): string {
  if (typeof value === 'string') return value
  const parts = (Array.isArray(value) ? value : [value]).filter((part) => part != null)
  const texts = parts.map((part) => scalarText(isObject(part) ? part.text : part))
  if (texts.includes(undefined)) throw streamFailure('malformed', 'The provider sent a text that cannot be read.')
  return texts.join('')
}

/** A piece of a call's arguments: text in JSON, or the value itself. Empty for null. */
export function argumentText(value: unknown): string {
  return isObject(value) || Array.isArray(value) ? json(value) : (scalarText(value) ?? '')
}

/** How many characters an object takes in JSON. */
export function sizeOf(value: unknown): number {
  return json(object(value)).length
}

function json(value: object): string {
  try {
    return JSON.stringify(value)
  } catch {
    throw streamFailure('malformed', 'The provider sent values that nest too deep.')
  }
}

/** The value, if it can count or index something. */
export function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}

/** The object in the JSON of a body; one without fields for what is none. Never throws. */
export function parsedObject(body: string): Json {
  try {
    return object(JSON.parse(body))
  } catch {
    return {}
  }
}
