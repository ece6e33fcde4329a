/**
 * Tells of an answer in events with a `type` whether it has kinds of things, or an order of their first ones, that none before
 * it had. What is said of how a client reads each of them is said with the first.
 */
export function newKinds(): (answer: string) => boolean {
  const known = new Set<string>()
  return (answer) => {
    const kinds = new Set([...answer.matchAll(/"type":"([^"]+)"/g)].map(([, type]) => type))
    const before = known.size
    return known.add([...kinds].join(' ')).size > before
  }
}
