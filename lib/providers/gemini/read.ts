/** A JSON object from the wire; an empty one for anything else. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

/** A JSON array from the wire; an empty one for anything else. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A string from the wire; an empty one for anything else. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** A count from the wire; undefined for anything else. */
export function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}
