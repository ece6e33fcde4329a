/** From a connector to what stands beside it. */
const GAP = 9
/** A character, at its widest on average. */
const CHARACTER = 8

/**
 * Where the title and the verdict of a lane stand, so that the connector that comes down at `start` crosses neither: on one side of it
 * each, the title without its detail if it has no room else. Without a connector `start` is undefined.
 *
 * @param {{ start: number | undefined, name: string, detail: string, verdict: string, left: number, right: number }} lane
 * @returns {{ title: number, verdict: number, detail: string }} The title begins at its place, the verdict ends at it.
 */
export function placeLabels({ start, name, detail, verdict: words, left, right }) {
  if (start === undefined) return { title: left, verdict: right, detail }
  const room = words.length * CHARACTER
  const beside = start > right - room - GAP
  const verdict = beside ? start - GAP : right
  for (const shown of [detail, '']) {
    const width = (name.length + shown.length) * CHARACTER
    if (left + width <= Math.min(start - GAP, verdict - room)) return { title: left, verdict, detail: shown }
    if (start + GAP + width <= (beside ? right : verdict - room)) return { title: start + GAP, verdict, detail: shown }
  }
  // A connector near the left edge has all the room on its right.
  return { title: start < (left + right) / 2 ? start + GAP : left, verdict, detail: '' }
}
