/** A tool call as a provider told it, or as a client heard it. */
export interface Call {
  /** The provider's own; undefined where it has none. */
  id: string | undefined
  name: string
  /** The arguments' text. */
  json: string
}

/** All that one choice of an answer says. */
export interface Choice {
  text: string
  reasoning: string
  refusal: string
  calls: Call[]
  /** In OpenAI's words. */
  finish: string | undefined
}

export interface Counts {
  prompt: number
  completion: number
  cached?: number | undefined
  reasoning?: number | undefined
}

/** What a body says, up to its end or to where it fails. */
export interface Reading {
  choices: Map<number, Choice>
  usage: Counts | undefined
  /** The provider's terminal was seen, or the body came to a proper end. */
  whole: boolean
  /** An error inside of the stream, with the HTTP status that it stands for if it tells one. */
  error: { status: number | undefined } | undefined
}

export function newReading(): Reading {
  return { choices: new Map(), usage: undefined, whole: false, error: undefined }
}

/** Notes how a choice ends, in OpenAI's words; a reason that stands in no row of the table is an error. */
export function finish(
  reading: Reading,
  choice: Choice,
  table: Readonly<Record<string, string>>,
  reason: string | number,
): void {
  const known = table[reason]
  if (known === undefined) reading.error = { status: 502 }
  else choice.finish = known
}

export function choiceOf(reading: Reading, index = 0): Choice {
  const choice = reading.choices.get(index) ?? newChoice()
  reading.choices.set(index, choice)
  return choice
}

export function newChoice(): Choice {
  return { text: '', reasoning: '', refusal: '', calls: [], finish: undefined }
}
