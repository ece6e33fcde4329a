/** Reading JSON whose shape nobody vouches for. */

export type Json = Record<string, unknown>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The objects in a list; none if it is no list. */
export function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** A string with something in it. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The value if it can count or index something. */
export function natural(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}

/** A copy without the fields that are null or undefined. */
export function compact(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null))
}

/** A copy without the named fields. */
export function without(fields: Readonly<Json>, names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))
}

/** The fields that are not in `known` and not null; undefined if there are none. */
export function unknownFields(fields: Json, known: ReadonlySet<string>): Json | undefined {
  const others = Object.entries(fields).filter(([name, value]) => value != null && !known.has(name))
  return others.length > 0 ? Object.fromEntries(others) : undefined
}

/** An object's JSON; undefined for what is none, or nests too deep to be written. */
export function jsonText(value: unknown): string | undefined {
  try {
    return isObject(value) ? JSON.stringify(value) : undefined
  } catch {
    return undefined
  }
}
