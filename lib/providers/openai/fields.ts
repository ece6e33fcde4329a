import { isObject, type Json } from '../json.ts'

/** Building and copying objects by their fields. */

/** A copy without the fields that are null or undefined. */
export function compact(fields: Json): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null))
}

/** A copy without the named fields. */
export function without(fields: Json, names: readonly string[]): Record<string, unknown> {
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
