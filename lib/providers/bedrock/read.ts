/** Reading of upstream JSON, whatever its types turn out to be. */

export type Fields = Readonly<Record<string, unknown>>

/** The value, if it is an object; else one without fields. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** The value, if it is a string; else an empty one. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The value, if it can count tokens or blocks. */
export function count(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}
