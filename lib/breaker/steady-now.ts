/**
 * Milliseconds since 1970 by a clock that never jumps, whatever is done to the machine's. For what one process keeps to itself:
 * two processes may differ by all the jumps since the older one's start.
 */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now()
}
