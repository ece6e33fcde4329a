/** Figures that vary, and what is said of them. */

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN
  return (low + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}

/** Three digits that mean something. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}

/** `median (lowest to highest)` */
export function spread(values: readonly number[]): string {
  if (values.length === 0) return '–'
  if (values.length === 1) return digits(values[0] as number)
  return `${digits(median(values))} (${digits(Math.min(...values))} to ${digits(Math.max(...values))})`
}
