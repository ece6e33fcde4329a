/** A change that was made to a request so that a provider takes it; the names stand in the header `x-streamgate-adjusted`. */
export type Adjustment =
  /** Turns without a word were left out. */
  | 'blank-turns'
  /** Calls whose ids repeat got ids of their own. */
  | 'call-ids'
  /** A call without a result got one that says so. */
  | 'missing-results'
  /** A result of no call became words of the user's. */
  | 'unknown-results'
  /** Several results of one call were joined. */
  | 'repeated-results'
  /** Results were moved to their calls. */
  | 'moved-results'
  /** Images and files of results were moved to the user's next turn. */
  | 'media-of-results'
  /** Images that a model drew were moved to the user's next turn. */
  | 'drawn-images'
  /** Instructions without a conversation became the user's turn. */
  | 'instructions-as-user'
  /** Instructions in the middle became a turn of the user's. */
  | 'later-instructions'
  /** A turn of the user's was put in front. */
  | 'first-turn'
  /** A turn of the user's was put at the end. */
  | 'last-turn'
  /** Turns that mix what the model wants apart were taken apart. */
  | 'mixed-turns'
  /** Calls and results of the history are told as text. */
  | 'calls-as-text'
  /** Tools of the history were declared, and forbidden. */
  | 'history-tools'
  /** Names of tools were changed; the client gets its own back. */
  | 'tool-names'
  /** Of several tools with one name one was sent. */
  | 'same-tools'
  /** Names of properties were changed; the client gets its own back. */
  | 'property-names'
  /** A schema was rewritten. */
  | 'schemas'

/** Hears of each kind of change, any number of times. */
export type Note = (adjustment: Adjustment) => void

/** Collects the kinds of changes of one request. */
export function adjustments(): { note: Note; list(): Adjustment[] } {
  const kinds = new Set<Adjustment>()
  return { note: (kind) => kinds.add(kind), list: () => [...kinds].sort() }
}
