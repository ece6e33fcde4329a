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
