import { isOpaque, nativeOf } from '../../chunk.ts'
import type { Annotation, Chunk, ChunkChoice } from '../../types/chunk.ts'
import type { Run } from './call-runs.ts'
import { callRuns } from './call-runs.ts'
import { compare, isEmpty, neverEqual, type Splice } from './splice.ts'

/** The texts that the client has been sent, in order, for each choice. */
export interface Transcript {
  add(chunk: Chunk): void
  /** A comparison of a new answer with the transcript, from the beginning. */
  splice(): Splice
  /** The chunk without the annotations that the client has; undefined if nothing is left of it, nor of its own events. */
  withoutSentAnnotations(chunk: Chunk): Chunk | undefined
  /**
   * The content of one answer of text alone, to be continued; empty after reasoning alone. Undefined for any other answer, and
   * for one that is not remembered in full.
   */
  text(): string | undefined
}

interface SentRun extends Run {
  /** Of the choice. */
  index: number
}

/** Remembers at most `maxBytes` characters; a longer answer is never spliced, nor is one with an opaque event. */
export function transcript(maxBytes: number): Transcript {
  let runs: SentRun[] = []
  /** The run of the last text: most texts continue it. */
  let last: SentRun | undefined
  let annotations: Set<string> | undefined
  let size = 0

  const forget = () => {
    size = Number.POSITIVE_INFINITY
    runs = []
    last = undefined
    annotations = undefined
  }

  const hasRoom = (characters: number): boolean => {
    size += characters
    if (size > maxBytes) forget()
    return size <= maxBytes
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
      if (isOpaque(chunk)) return forget()
      for (const { index, delta } of chunk.choices) {
        if (delta.annotations !== undefined) {
          for (const annotation of delta.annotations) noteAnnotation(keyOf(index, annotation))
        }
        // A loop over the names would cost more than all the rest, at every chunk.
        note(index, 'reasoning_content', delta.reasoning_content)
        note(index, 'content', delta.content)
        note(index, 'refusal', delta.refusal)
        if (delta.audio !== undefined) note(index, 'audio', JSON.stringify(delta.audio))
        for (const { kind, text } of callRuns(delta)) note(index, kind, text)
      }
    },
    splice() {
      if (size > maxBytes) return neverEqual()
      return compare(
        Map.groupBy(runs, ({ index }) => index),
        maxBytes,
      )
    },
    withoutSentAnnotations(chunk) {
      const choices = chunk.choices.map(({ index, delta, ...choice }): ChunkChoice => {
        const { annotations: given, ...rest } = delta
        const left = given?.filter((each) => !annotations?.has(keyOf(index, each)))
        return { ...choice, index, delta: left?.length ? { ...rest, annotations: left } : rest }
      })
      const empty = choices.length > 0 && choices.every(({ delta, finish_reason }) => isEmpty(delta) && !finish_reason)
      return empty && !nativeOf(chunk)?.length ? undefined : { ...chunk, choices }
    },
    text() {
      const plain = runs.every(({ index, kind }) => index === 0 && (kind === 'content' || kind === 'reasoning_content'))
      if (size > maxBytes || runs.length === 0 || !plain) return undefined
      return runs.map(({ kind, text }) => (kind === 'content' ? text : '')).join('')
    },
  }
}

function keyOf(index: number, annotation: Annotation): string {
  return `${index} ${JSON.stringify(annotation)}`
}
