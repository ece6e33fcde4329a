import type { Annotation, Chunk, ChunkChoice, ChunkDelta } from '../../types/chunk.ts'
import type { Sent } from './continuation.ts'

/**
 * The verified splice. After a stream broke in the middle the next attempt answers from the beginning; what of it equals
 * what the client already has, from the first character on, is held back, and if all of that comes again the client never
 * learns of the break. Pure; nothing here writes.
 */

/** What the client has been sent, in order, for each choice. */
export interface Transcript {
  add(chunk: Chunk): void
  /** As a chunk of nothing but this content of a choice. */
  addText(index: number, text: string): void
  /** Compares a new answer with it, from the beginning. */
  splice(): Splice
  /** The chunk without the annotations that the client has; undefined if nothing is left of it. */
  withoutKnown(chunk: Chunk): Chunk | undefined
  /** What of it may be continued: one answer of text alone, remembered in full; undefined for any other. */
  sent(): Sent | undefined
}

/**
 * - `held`: equal so far, nothing to send
 * - `joined`: all of the transcript has come again; `chunks` are what goes beyond it. Ends the comparison.
 * - `differs`: the new answer is another one; `chunks` are all of it so far. Ends the comparison.
 */
export type Verdict = { type: 'held' } | { type: 'joined' | 'differs'; chunks: Chunk[] }

export interface Splice {
  accept(chunk: Chunk): Verdict
  /** What was held back: the new answer ended within the transcript, so it is another one. */
  held(): Chunk[]
}

/** A stretch of one kind of text. */
interface Run {
  kind: string
  text: string
}

interface SentRun extends Run {
  /** Of the choice. */
  index: number
}

const TEXT_FIELDS = ['reasoning_content', 'content', 'refusal'] as const

/** Remembers at most `maxBytes` characters; a longer answer is never spliced. */
export function transcript(maxBytes: number): Transcript {
  let runs: SentRun[] = []
  /** The run that the last text went to: most texts go on with it. */
  let last: SentRun | undefined
  let annotations: Set<string> | undefined
  let size = 0

  const hasRoom = (characters: number): boolean => {
    size += characters
    if (size <= maxBytes) return true
    runs = []
    last = undefined
    annotations = undefined
    return false
  }

  const note = (index: number, kind: string, text: string | null | undefined) => {
    if (!text || !hasRoom(text.length)) return
    if (last?.index !== index) last = runs.findLast((run) => run.index === index)
    if (last?.kind === kind) last.text += text
    else {
      last = { index, kind, text }
      runs.push(last)
    }
  }

  const noteAnnotation = (key: string) => {
    if (!hasRoom(key.length)) return
    annotations ??= new Set()
    annotations.add(key)
  }

  return {
    add(chunk) {
      if (size > maxBytes) return
      for (const { index, delta } of chunk.choices) {
        if (delta.annotations !== undefined) {
          for (const annotation of delta.annotations) noteAnnotation(keyOf(index, annotation))
        }
        // Not in a loop over the names: that would cost more than all the rest, at every chunk.
        note(index, 'reasoning_content', delta.reasoning_content)
        note(index, 'content', delta.content)
        note(index, 'refusal', delta.refusal)
        if (delta.audio !== undefined) note(index, 'audio', JSON.stringify(delta.audio))
      }
    },
    addText(index, text) {
      if (size <= maxBytes) note(index, 'content', text)
    },
    splice() {
      return size > maxBytes
        ? neverEqual()
        : compare(
            Map.groupBy(runs, ({ index }) => index),
            maxBytes,
          )
    },
    withoutKnown(chunk) {
      const choices = chunk.choices.map(({ index, delta, ...choice }): ChunkChoice => {
        const { annotations: told, ...rest } = delta
        const left = told?.filter((each) => !annotations?.has(keyOf(index, each)))
        return { ...choice, index, delta: left?.length ? { ...rest, annotations: left } : rest }
      })
      const empty = choices.length > 0 && choices.every(({ delta, finish_reason }) => isEmpty(delta) && !finish_reason)
      return empty ? undefined : { ...chunk, choices }
    },
    sent() {
      const plain = runs.every(({ index, kind }) => index === 0 && (kind === 'content' || kind === 'reasoning_content'))
      if (size > maxBytes || runs.length === 0 || !plain) return undefined
      return { content: runs.map(({ kind, text }) => (kind === 'content' ? text : '')).join('') }
    },
  }
}

function keyOf(index: number, annotation: Annotation): string {
  return `${index} ${JSON.stringify(annotation)}`
}

function neverEqual(): Splice {
  return { accept: (chunk) => ({ type: 'differs', chunks: [chunk] }), held: () => [] }
}

function compare(sent: ReadonlyMap<number, readonly Run[]>, maxBytes: number): Splice {
  const positions = new Map([...sent].map(([index, runs]): [number, Position] => [index, { runs, run: 0, offset: 0 }]))
  const held: Chunk[] = []
  const beyond: Chunk[] = []
  let size = 0

  return {
    held: () => held,
    accept(chunk) {
      held.push(chunk)
      size += sizeOf(chunk)
      if (size > 2 * maxBytes) return { type: 'differs', chunks: held }
      for (const choice of chunk.choices) {
        const rest = advance(positions.get(choice.index), choice)
        if (rest === 'differs') return { type: 'differs', chunks: held }
        if (rest !== 'known') beyond.push({ ...chunk, choices: [rest] })
      }
      return [...positions.values()].every(atEnd) ? { type: 'joined', chunks: beyond } : { type: 'held' }
    },
  }
}

/** How far into what was sent of one choice a new answer has come. */
interface Position {
  runs: readonly Run[]
  run: number
  offset: number
}

function atEnd({ runs, run }: Position): boolean {
  return run === runs.length
}

/** Moves a position over a piece of the new answer; answers what of it the client does not have. */
function advance(position: Position | undefined, choice: ChunkChoice): ChunkChoice | 'known' | 'differs' {
  if (position === undefined || atEnd(position)) return choice
  const { tool_calls, function_call } = choice.delta
  const delta: ChunkDelta = { ...(tool_calls && { tool_calls }), ...(function_call && { function_call }) }
  const calls = !isEmpty(delta)
  for (const { kind, text } of runsOf(choice.delta)) {
    const known = match(position, kind, text)
    if (known === undefined) return 'differs'
    if (known < text.length) delta[kind] = known === 0 ? choice.delta[kind] : text.slice(known)
  }
  // Nothing is spliced once a call was sent: the client has none, least of all before the end of what it has.
  if (calls && !atEnd(position)) return 'differs'
  // Log probabilities belong to whole tokens, which the cut may have divided.
  return isEmpty(delta) ? 'known' : { ...choice, delta, logprobs: null }
}

function isEmpty(delta: ChunkDelta): boolean {
  return Object.keys(delta).length === 0
}

/** How many characters of a run the client has; undefined if it has something else in their place. */
function match(position: Position, kind: string, text: string): number | undefined {
  const run = position.runs[position.run]
  if (run === undefined) return 0
  const expected = run.text.slice(position.offset, position.offset + text.length)
  if (run.kind !== kind || !text.startsWith(expected)) return undefined
  position.offset += expected.length
  if (position.offset < run.text.length) return expected.length
  position.run += 1
  position.offset = 0
  return expected.length === text.length || atEnd(position) ? expected.length : undefined
}

/** In characters of text; what has no text, as it is on the wire. */
function sizeOf({ choices }: Chunk): number {
  const text = choices.flatMap(({ delta }) => runsOf(delta)).reduce((sum, run) => sum + run.text.length, 0)
  return text > 0 ? text : JSON.stringify(choices).length
}

/** What a client shows of a delta. Audio is compared as it is on the wire. */
function runsOf(delta: ChunkDelta): Run[] {
  const runs: Run[] = []
  for (const kind of TEXT_FIELDS) {
    const text = delta[kind]
    if (text) runs.push({ kind, text })
  }
  if (delta.audio !== undefined) runs.push({ kind: 'audio', text: JSON.stringify(delta.audio) })
  return runs
}
