/**
 * Gives each name that is taken a number behind it, from 2 on. Linear for thousands that are the same: each goes on where the
 * one before it ended.
 */
export function numberedNames(
  isTaken: (name: string) => boolean,
  withNumber: (base: string, number: number) => string,
): (base: string) => string {
  const numbers = new Map<string, number>()
  return (base) => {
    if (!isTaken(base)) return base
    // Bases that are cut to make room for the number share it.
    const shared = withNumber(base, 0)
    let number = numbers.get(shared) ?? 2
    while (isTaken(withNumber(base, number))) number += 1
    numbers.set(shared, number)
    return withNumber(base, number)
  }
}
