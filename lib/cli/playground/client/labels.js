/** The least room for a lane's verdict, such as `timed out · 1.5 s`, in pixels. */
const VERDICT = 118
/** From a connector to what stands beside it. */
const GAP = 9
/** A character of a title, at its widest on average. */
const CHARACTER = 8

/**
 * Where the title and the verdict of a lane stand, so that the connector that comes down at `start` crosses neither: on one side of it
 * each, the title without its detail if it has no room else. Without a connector `start` is undefined.
 *
 * @param {{ start: number | undefined, name: string, detail: string, left: number, right: number }} lane
 * @returns {{ title: number, verdict: number, detail: string }} The title begins at its place, the verdict ends at it.
 */
export function placeLabels({ start, name, detail, left, right }) {
  if (start === undefined) return { title: left, verdict: right, detail }
  const verdict = start > right - VERDICT - GAP ? start - GAP : right
  const end = verdict - VERDICT
  for (const shown of [detail, '']) {
    const width = (name.length + shown.length) * CHARACTER
    if (left + width <= Math.min(start - GAP, end)) return { title: left, verdict, detail: shown }
    if (start + GAP + width <= end) return { title: start + GAP, verdict, detail: shown }
  }
  // A connector near the left edge has all the room on its right.
  return { title: start < (left + right) / 2 ? start + GAP : left, verdict, detail: '' }
}
