import { createHash } from 'node:crypto'

/**
 * The indexes in an order drawn by weight without replacement: each place goes to one of those left, with a chance in
 * proportion to its weight. A weight of 0 is left out. `random` gives each index a number in [0, 1), evenly spread;
 * where it always gives an index the same, the order of the others stays as it is when one is added or taken away.
 *
 * Efraimidis and Spirakis, Weighted random sampling with a reservoir (2006): in descending order of ln(u) / weight.
 */
export function weightedOrder(weights: readonly number[], random: (index: number) => number): number[] {
  return weights
    .flatMap((weight, index) => (weight > 0 ? [{ index, rank: Math.log(random(index)) / weight }] : []))
    .sort((a, b) => b.rank - a.rank || 0) // two of -Infinity differ by NaN
    .map(({ index }) => index)
}

/** A number in [0, 1), evenly spread, that is always the same for the same words. */
export function stickyNumber(...words: readonly string[]): number {
  return createHash('sha256').update(JSON.stringify(words)).digest().readUIntBE(0, 6) / 2 ** 48
}
