import { createHash } from 'node:crypto'

/**
 * The indexes in an order drawn by weight without replacement: each place goes to one of those left, with a chance in
 * proportion to its weight. A weight of 0 is left out. `random` gives each index a number in [0, 1), evenly spread;
 * where it always gives an index the same, the order of the others stays as it is when one is added or taken away.
 *
 * Efraimidis and Spirakis, Weighted random sampling with a reservoir (2006): in descending order of ln(u) / weight. Each place is
 * looked for when it is asked for, which most are not.
 */
export function* weightedOrder(weights: readonly number[], random: (index: number) => number): Generator<number> {
  const ranks = weights.map((weight, index) => (weight > 0 ? Math.log(random(index)) / weight : TAKEN))
  for (let next = highest(ranks); next !== -1; next = highest(ranks)) {
    ranks[next] = TAKEN
    yield next
  }
}

/** Neither more nor less than any rank. */
const TAKEN = Number.NaN

/** The first place of the highest number; -1 if there is none. */
function highest(ranks: readonly number[]): number {
  let best = -1
  for (const [index, rank] of ranks.entries()) {
    if (!Number.isNaN(rank) && (best === -1 || rank > (ranks[best] as number))) best = index
  }
  return best
}

/** A number in [0, 1), evenly spread, that is always the same for the same words. */
export function stickyNumber(...words: readonly string[]): number {
  return createHash('sha256').update(JSON.stringify(words)).digest().readUIntBE(0, 6) / 2 ** 48
}
