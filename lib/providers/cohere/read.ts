/** Reading of JSON that nobody has checked. */

export type Fields = Readonly<Record<string, unknown>>

/** The value, if it is an object; else one without fields. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** The value, if it is a string; else an empty one. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The value, if it is an array; else an empty one. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The value, if it is a number that can count something. */
export function count(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}
