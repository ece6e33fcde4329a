/** How long a provider asked to wait, in milliseconds; undefined if it did not say, or nothing usable. */
export function retryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const ms = Number.parseFloat(headers['retry-after-ms'] ?? '')
  if (ms >= 0) return ms
  const text = headers['retry-after']?.trim() ?? ''
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  // An HTTP date begins with the day's name; Date.parse also finds dates in `-1` and `1, 2`.
  const date = /^[a-z]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

const FIRST_MS = 500
const LONGEST_MS = 8000
const JITTER = 0.25

/**
 * The wait before retry number `retry` (0 is the first), in milliseconds: 0.5 s doubled each time up to 8 s, less up to a
 * quarter by `random` in [0, 1). The official SDKs wait the same.
 */
export function backoff(retry: number, random: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** retry) * (1 - JITTER * random)
}
