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

/** Tells of a stream whether none before it, of the same system, was made of events of the same types and reasons. */
export function newStreams(): (system: string, body: Buffer) => boolean {
  const known = new Set<string>()
  return (system, body) => {
    const before = known.size
    return known.add([system, ...new Set(toldIn(body).sort())].join(' ')).size > before
  }
}

/** So many bytes before a cut and behind it tell what it cuts. */
const AROUND = 3

/**
 * Tells of a cut in an event of one system whether none before was like it: in an event of the same types and reasons, between
 * the same signs. Words are one sign, and so are numbers.
 */
export function newCuts(): (system: string, event: Buffer) => (at: number) => boolean {
  const known = new Map<string, Set<string>>()
  const signs = new Map<string, string>()
  const signsIn = (side: string) => {
    const told = signs.get(side) ?? signsOf(side)
    signs.set(side, told)
    return told
  }
  return (system, event) => {
    const kind = [system, ...new Set(toldIn(event))].join(' ')
    const ofKind = known.get(kind) ?? new Set()
    known.set(kind, ofKind)
    const text = event.toString('latin1')
    return (at) => {
      const sides = [text.slice(Math.max(0, at - AROUND), at), text.slice(at, at + AROUND)]
      const before = ofKind.size
      return ofKind.add(sides.map(signsIn).join(' ')).size > before
    }
  }
}

/** The types and reasons that events name. */
function toldIn(bytes: Buffer): string[] {
  return bytes.toString('latin1').match(/"\w*(?:[tT]ype|[rR]eason)" ?: ?"[^"]*"/g) ?? []
}

function signsOf(text: string): string {
  return text
    .replaceAll(/[a-zA-Z]+/g, 'a')
    .replaceAll(/\d+/g, '0')
    .replaceAll(/[^\x20-\x7e\n]/g, '~')
}
