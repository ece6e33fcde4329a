const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 10_000
/** A worker that lived this long had started well: what ended it is news. */
export const STEADY_MS = 60_000

/** How long to wait before a worker is started again that has now died this often in a row. In ms. */
export function restartDelay(deaths: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (deaths - 1), MAX_DELAY_MS)
}
