import { isOpaque, withoutNative } from '../../chunk.ts'
import type { Chunk, ChunkChoice, ChunkDelta } from '../../types/chunk.ts'
import { addRestOfCall, callRuns, isCallRun, type Run } from './call-runs.ts'

/**
 * - `held`: equal so far, nothing to send
 * - `joined`: all of the transcript has come again; `chunks` are the rest, beyond it. Ends the comparison.
 * - `differs`: the new answer is another one; `chunks` are all of it so far. Ends the comparison.
 */
export type SpliceVerdict = { type: 'held' } | { type: 'joined' | 'differs'; chunks: Chunk[] }

/**
 * The verified splice. After a stream broke in the middle the next attempt answers from the beginning; the part that equals
 * what the client already has, from the first character on, is held back, and if all of that comes again the client never
 * notices the break.
 */
export interface Splice {
  accept(chunk: Chunk): SpliceVerdict
  /** The chunks held back: the new answer ended within the transcript, so it is another one. */
  held(): Chunk[]
}

const TEXT_FIELDS = ['reasoning_content', 'content', 'refusal'] as const

/** The splice of an answer that is not remembered in full. */
export function neverEqual(): Splice {
  return { accept: (chunk) => ({ type: 'differs', chunks: [chunk] }), held: () => [] }
}

/** Compares a new answer with the runs sent of each choice; holds at most twice `maxBytes` characters of it. */
export function compare(sent: ReadonlyMap<number, readonly Run[]>, maxBytes: number): Splice {
  const positions = new Map([...sent].map(([index, runs]): [number, Position] => [index, { runs, run: 0, offset: 0 }]))
  const held: Chunk[] = []
  const beyond: Chunk[] = []
  let size = 0

  return {
    held: () => held,
    accept(chunk) {
      held.push(chunk)
      size += sizeOf(chunk)
      // The client would never see it.
      if (size > 2 * maxBytes || isOpaque(chunk)) return { type: 'differs', chunks: held }
      for (const choice of chunk.choices) {
        const rest = advance(positions.get(choice.index), choice)
        if (rest === 'differs') return { type: 'differs', chunks: held }
        // The events of a text of which the client has a part say all of it.
        if (rest !== 'known') beyond.push({ ...(rest === choice ? chunk : withoutNative(chunk)), choices: [rest] })
      }
      return [...positions.values()].every(atEnd) ? { type: 'joined', chunks: beyond } : { type: 'held' }
    },
  }
}

/** How far a new answer has come into the runs sent of one choice. */
interface Position {
  runs: readonly Run[]
  run: number
  offset: number
}

function atEnd({ runs, run }: Position): boolean {
  return run === runs.length
}

/** Moves a position over a piece of the new answer; returns the part that the client lacks. */
function advance(position: Position | undefined, choice: ChunkChoice): ChunkChoice | 'known' | 'differs' {
  if (position === undefined || atEnd(position)) return choice
  const delta: ChunkDelta = {}
  for (const run of runsOf(choice.delta)) {
    const known = match(position, run.kind, run.text)
    if (known === undefined) return 'differs'
    if (known < run.text.length) addRest(delta, choice.delta, run, known)
  }
  // Log probabilities belong to whole tokens, which the cut may have divided.
  return isEmpty(delta) ? 'known' : { ...choice, delta, logprobs: null }
}

export function isEmpty(delta: ChunkDelta): boolean {
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

/** Characters of text; without any, those of the wire. */
function sizeOf({ choices }: Chunk): number {
  const text = choices.flatMap(({ delta }) => runsOf(delta)).reduce((sum, run) => sum + run.text.length, 0)
  return text > 0 ? text : JSON.stringify(choices).length
}

/** The texts of a delta that a client shows. Audio is compared as it is on the wire. */
function runsOf(delta: ChunkDelta): Run[] {
  const runs: Run[] = []
  for (const kind of TEXT_FIELDS) {
    const text = delta[kind]
    if (text) runs.push({ kind, text })
  }
  if (delta.audio !== undefined) runs.push({ kind: 'audio', text: JSON.stringify(delta.audio) })
  return [...runs, ...callRuns(delta)]
}

/** Adds the part of a run that lies behind its first `known` characters. */
function addRest(delta: ChunkDelta, from: ChunkDelta, { kind, text }: Run, known: number): void {
  if (kind === 'audio') delta.audio = from.audio ?? {}
  else if (isCallRun(kind)) addRestOfCall(delta, from, kind, known === 0 ? undefined : text.slice(known))
  else delta[kind] = text.slice(known)
}
