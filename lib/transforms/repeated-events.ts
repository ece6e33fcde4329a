import { ownCopy } from '../own-copy.ts'
import type { Usage } from '../types/chunk.ts'
import type { ChunkInit, JsonPath, PieceKind, PlainText, ToolCallDelta, WireEvent } from '../types/provider.ts'
import { type EventTemplate, pieceIn, templateOf } from './event-template.ts'

/**
 * Reads events that differ from an earlier one in a piece of text alone, without parsing them: most of a stream's. By
 * construction the answer is what the decoder would give, or undefined.
 */
export interface RepeatedEvents {
  /** What this event tells, if it is like a learned one. The decoder has heard of it then. */
  read(event: WireEvent): Piece | undefined
  /** Learns from an event that was decoded: the one plain piece that it told. Undefined, for any other, forgets all. */
  learn(event: WireEvent, piece: Piece | undefined): void
  /** The usage that the events so far told, as far as they were read here, since the last call; undefined: none. */
  usage(): Usage | undefined
}

/** A piece of the first choice. */
export interface Piece {
  readonly kind: PieceKind
  readonly text: string
  /** The call that goes on, if it is a piece of arguments. */
  readonly call: ToolCallDelta | undefined
}

interface Lesson {
  readonly event: string | undefined
  readonly template: EventTemplate
  readonly kind: PieceKind
  readonly call: ToolCallDelta | undefined
}

/** Learning costs about as much as parsing, so it is given up after as many events that were like none before. */
const MOST_LESSONS = 16
/** In characters: learning from more would cost more than the next pieces can save. */
const LONGEST_LESSON = 4096
/** Forms of an event that are known at a time: some providers' events have a member now and then. */
const MOST_FORMS = 3

export function repeatedEvents(plain: PlainText): RepeatedEvents {
  const { places, idle = [], usage: counts } = plain
  const jsonOf = plain.unwrapped ?? ((data: string) => data)
  /** The last one that was of use stands first. */
  let known: Lesson[] = []
  let lessons = 0
  /** The last event with usage that nobody has asked for. */
  let uncounted: string | undefined

  const lessonOf = ({ event, data }: WireEvent, { kind, text, call }: Piece): Lesson | undefined => {
    const json = jsonOf(data)
    if (json === undefined || text.length > LONGEST_LESSON || plain.mayRepeat?.() === false) return undefined
    const value: unknown = JSON.parse(json)
    const place = places.find((each) => each.kind === kind && valueAt(value, each.path) === text)
    const template = place && templateOf(json, { piece: place.path, idle, counts: counts?.path })
    return template && { event: event && ownCopy(event), template, kind, call }
  }

  const readAs = (lesson: Lesson, json: string): Piece | undefined => {
    const text = pieceIn(json, lesson.template)
    if (!text) return undefined
    lessons = 0
    if (counts !== undefined) uncounted = json
    plain.noted?.(lesson.kind, text)
    return { kind: lesson.kind, text, call: lesson.call }
  }

  return {
    read({ event, data }) {
      const json = known[0]?.event === event ? jsonOf(data) : undefined
      if (json === undefined) return undefined
      for (let at = 0; at < known.length; at += 1) {
        const lesson = known[at] as Lesson
        const piece = readAs(lesson, json)
        if (piece === undefined) continue
        if (at > 0) known = [lesson, ...known.toSpliced(at, 1)]
        return piece
      }
      return undefined
    },
    learn(event, piece) {
      if (piece === undefined || event.event !== known[0]?.event) known = []
      if (piece === undefined || lessons === MOST_LESSONS) return
      lessons += 1
      const lesson = lessonOf(event, piece)
      known = lesson === undefined ? [] : [lesson, ...known.slice(0, MOST_FORMS - 1)]
    },
    usage() {
      if (uncounted === undefined) return undefined
      const value: unknown = JSON.parse(uncounted)
      uncounted = undefined
      return counts?.read(valueAt(value, counts.path))
    },
  }
}

/** What may stand beside a piece: what is known by then, and usage. */
const BESIDE: ReadonlySet<string> = new Set(['id', 'created', 'model', 'service_tier', 'system_fingerprint', 'usage'])

/** The plain piece that an event told; undefined if it told anything more. */
export function plainPiece(inits: readonly ChunkInit[]): Piece | undefined {
  let piece: Piece | undefined
  for (const init of inits) {
    for (const key in init) {
      const value = init[key as keyof ChunkInit]
      if (!value || BESIDE.has(key) || (Array.isArray(value) && value.length === 0)) continue
      const plain = pieceOf(key, init)
      if (piece !== undefined || plain === undefined) return undefined
      piece = plain
    }
  }
  return piece
}

function pieceOf(key: string, { content = '', reasoning = '', toolCalls = [] }: ChunkInit): Piece | undefined {
  if (key === 'content') return { kind: 'content', text: content, call: undefined }
  if (key === 'reasoning') return { kind: 'reasoning', text: reasoning, call: undefined }
  const [call] = toolCalls
  if (key !== 'toolCalls' || toolCalls.length > 1 || !call?.arguments) return undefined
  const isHead = call.id || call.name || call.type || call.state || call.lessState
  return isHead ? undefined : { kind: 'arguments', text: call.arguments, call }
}

function valueAt(json: unknown, path: JsonPath): unknown {
  let value = json
  for (const key of path) value = (value as Record<string | number, unknown> | null | undefined)?.[key]
  return value
}
