/** Text that comes in several places (items, parts, summaries) and is one in a chat: an empty line stands between two of them. */
export interface Passages {
  /** The next piece of a place's text, with the empty line before it where it begins. */
  add(place: string, piece: string): string
  /** Where the place's text begins in the whole; 0 for one without text. */
  start(place: string): number
  /** Whether the place has had any text. */
  has(place: string): boolean
}

export function passages(): Passages {
  const starts = new Map<string, number>()
  let last: string | undefined
  let length = 0
  return {
    add(place, piece) {
      if (piece === '') return ''
      const gap = last === undefined || last === place ? '' : '\n\n'
      last = place
      if (!starts.has(place)) starts.set(place, length + gap.length)
      length += gap.length + piece.length
      return gap + piece
    },
    start: (place) => starts.get(place) ?? 0,
    has: (place) => starts.has(place),
  }
}
