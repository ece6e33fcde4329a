import type { Chunk, ChunkChoice, ChunkDelta } from '../types.ts'

/**
 * The verified splice. After a stream broke in the middle the next attempt answers from the beginning; what of it equals
 * what the client already has, from the first character on, is held back, and if all of that comes again the client never
 * learns of the break. Pure; nothing here writes.
 */

/** What the client has been sent, in order, for each choice. */
export interface Transcript {
  add(chunk: Chunk): void
  /** Compares a new answer with it, from the beginning. */
  splice(): Splice
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

const TEXT_FIELDS = ['reasoning_content', 'content', 'refusal'] as const

/** Remembers at most `maxBytes` characters; a longer answer is never spliced. */
export function transcript(maxBytes: number): Transcript {
  const runs = new Map<number, Run[]>()
  let size = 0

  return {
    add(chunk) {
      for (const { index, delta } of chunk.choices) {
        for (const run of runsOf(delta)) {
          size += run.text.length
          if (size > maxBytes) runs.clear()
          else append(runs, index, run)
        }
      }
    },
    splice() {
      return size > maxBytes ? neverEqual() : compare(runs, maxBytes)
    },
  }
}

function append(runs: Map<number, Run[]>, index: number, run: Run): void {
  const known = runs.get(index) ?? []
  runs.set(index, known)
  const last = known.at(-1)
  if (last?.kind === run.kind) last.text += run.text
  else known.push(run)
}

function neverEqual(): Splice {
  return { accept: (chunk) => ({ type: 'differs', chunks: [chunk] }), held: () => [] }
}

function compare(sent: ReadonlyMap<number, readonly Run[]>, maxBytes: number): Splice {
  const positions = new Map([...sent].map(([index, runs]) => [index, { runs, run: 0, offset: 0 }]))
  const held: Chunk[] = []
  const beyond: Chunk[] = []
  let size = 0

  const differs = (): Verdict => ({ type: 'differs', chunks: held })

  /** How many characters of this run the client has; undefined if they are not the same. */
  const advance = (index: number, { kind, text }: Run): number | undefined => {
    const position = positions.get(index)
    const run = position?.runs[position.run]
    if (position === undefined || run === undefined) return 0
    const expected = run.text.slice(position.offset, position.offset + text.length)
    if (run.kind !== kind || !text.startsWith(expected)) return undefined
    position.offset += expected.length
    if (position.offset < run.text.length) return expected.length
    const last = position.run === position.runs.length - 1
    if (expected.length < text.length && !last) return undefined
    position.run += 1
    position.offset = 0
    return expected.length
  }

  const complete = () => [...positions.values()].every(({ runs, run }) => run === runs.length)

  return {
    held: () => held,
    accept(chunk) {
      held.push(chunk)
      for (const choice of chunk.choices) {
        for (const run of runsOf(choice.delta)) {
          size += run.text.length
          const known = advance(choice.index, run)
          if (known === undefined || size > 2 * maxBytes) return differs()
          if (known < run.text.length) beyond.push({ ...chunk, choices: [rest(choice, run, known)] })
        }
      }
      return complete() ? { type: 'joined', chunks: beyond } : { type: 'held' }
    },
  }
}

function rest(choice: ChunkChoice, { kind, text }: Run, known: number): ChunkChoice {
  if (known === 0) return choice
  // Log probabilities belong to whole tokens, which the cut may have divided.
  return { ...choice, delta: { [kind]: text.slice(known) }, logprobs: null }
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
