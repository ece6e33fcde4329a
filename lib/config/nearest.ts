/**
 * The candidate that `word` was probably meant to be: one or two edits away, or begun with it (`azure` for
 * `azure-openai`). Case, dashes and underscores do not count.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const folded = fold(word)
  const limit = Math.min(2, folded.length / 2)
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const distance = edits(folded, fold(candidate))
    if (distance <= limit && distance < least) {
      best = candidate
      least = distance
    }
  }
  return best ?? (folded.length < 3 ? undefined : candidates.find((candidate) => fold(candidate).startsWith(folded)))
}

function fold(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** How many letters to add, leave out, replace or swap with their neighbour (optimal string alignment); if more than 2, any. */
function edits(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Number.POSITIVE_INFINITY
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(row[j - 1]! + 1, previous[j]! + 1, previous[j - 1]! + (same ? 0 : 1))
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) cost = Math.min(cost, before[j - 2]! + 1)
      row.push(cost)
    }
    before = previous
    previous = row
  }
  return previous[b.length]!
}
