import { existsSync, readFileSync } from 'node:fs'
import { type Reader, reader } from '../contestants/floor-streams.ts'
import type { Body, Content, Dialect } from './body.ts'
import { type Framing, framesOf } from './frames.ts'

/**
 * Answers that providers really sent. They are kept beside the checkout and are no part of this project: without them the
 * bench plays those of our own making alone, and says so.
 */
const CORPUS = new URL('../../../shared/corpus/', import.meta.url)

interface Recording {
  file: string
  provider: string
  model: string | null
  url: string
  framing: 'sse' | 'json' | 'jsonl' | 'eventstream'
  content_type: string | null
}

const index = existsSync(CORPUS) ? (JSON.parse(readFileSync(new URL('index.json', CORPUS), 'utf8')) as Recording[]) : []

/** Whether the recordings are at hand. */
export const recorded = index.length > 0

/** Bodies of one dialect and content. */
const MOST_BODIES = 8
/** Events in a row with a piece of the content: what is repeated should have some variety. */
const SHORTEST_MIDDLE = 3

const known = new Map<string, Body[]>()

/** The answers with the most events in a row of this content, the longest first. */
export function recordedBodies(dialect: Dialect, content: Content): readonly Body[] {
  const key = `${dialect} ${content}`
  const before = known.get(key)
  if (before !== undefined) return before
  const bodies = recordingsOf(dialect)
    .flatMap((recording) => bodyOf(recording, dialect, content) ?? [])
    .filter(({ middle }) => middle.length >= SHORTEST_MIDDLE)
    .sort((a, b) => b.middle.length - a.middle.length)
    .slice(0, MOST_BODIES)
  known.set(key, bodies)
  return bodies
}

/** All streams of a dialect, as they were recorded. */
export function recordedStreams(dialect: Dialect): { bytes: Buffer; model: string }[] {
  return recordingsOf(dialect).map(({ file, url, model }) => ({
    bytes: readFileSync(new URL(file, CORPUS)),
    model: decodeURIComponent(/\/model\/([^/?]+)\//.exec(url)?.[1] ?? model ?? ''),
  }))
}

function recordingsOf(dialect: Dialect): Recording[] {
  return index.filter(
    (recording) => dialectOf(recording) === dialect && !/\.(error|response|request)\.json$/.test(recording.file),
  )
}

function dialectOf({ provider, url, model, framing }: Recording): Dialect | undefined {
  if (provider === 'gemini') return framing === 'json' ? 'gemini-array' : 'gemini'
  if (provider === 'cohere') return framing === 'jsonl' ? 'cohere-v1' : 'cohere'
  if (provider !== 'bedrock') return provider as Dialect
  if (!/\/invoke(-with-response-stream)?$/.test(url)) return 'bedrock'
  // The gateway reads an invoked model's own format, which it knows by the model's name.
  return /anthropic/.test(`${url} ${model}`) ? 'bedrock-invoke' : undefined
}

const FRAMINGS: Readonly<Record<Recording['framing'], Framing>> = {
  sse: 'sse',
  json: 'json-array',
  jsonl: 'json-lines',
  eventstream: 'aws-eventstream',
}
const TYPES: Readonly<Record<Framing, string>> = {
  sse: 'text/event-stream',
  'json-array': 'application/json',
  'json-lines': 'application/stream+json',
  'aws-eventstream': 'application/vnd.amazon.eventstream',
}

/** Undefined if the answer did not end well, or has no such content. */
function bodyOf(recording: Recording, dialect: Dialect, content: Content): Body | undefined {
  const framing = FRAMINGS[recording.framing]
  const body = readFileSync(new URL(recording.file, CORPUS))
  // The floor draws no images.
  if (body.includes('inlineData')) return undefined
  const frames = framesOf(framing, body)
  const kinds = kindsOf(dialect, frames)
  if (kinds === undefined) return undefined
  const { from, to } = longestRun(kinds, content)
  return {
    type: recording.content_type ?? TYPES[framing],
    start: Buffer.concat(frames.slice(0, from)),
    middle: frames.slice(from, to),
    end: Buffer.concat(frames.slice(to)),
  }
}

const GOOD_ENDS: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls'])

/** The kind of each frame, by what the floor reads in it. Undefined for an answer that is not read to a good end. */
function kindsOf(dialect: Dialect, frames: readonly Buffer[]): (Content | 'other')[] | undefined {
  let seen: (Content | 'other')[] = []
  const ends: string[] = []
  const note = (kind: Content | 'other') => () => {
    seen.push(kind)
  }
  const read: Reader = reader(dialect, {
    start: () => {},
    text: note('text'),
    reasoning: note('reasoning'),
    call: note('other'),
    fragment: note('tools'),
    finish(reason) {
      seen.push('other')
      ends.push(reason)
    },
  })
  try {
    const kinds = frames.map((frame) => {
      seen = []
      read(frame)
      return seen.length === 1 ? (seen[0] ?? 'other') : 'other'
    })
    return ends.length === 1 && GOOD_ENDS.has(ends[0] as string) ? kinds : undefined
  } catch {
    return undefined
  }
}

/** The first frame is never one of them: it may say more than its like. */
function longestRun(kinds: readonly string[], content: Content): { from: number; to: number } {
  let longest = { from: 0, to: 0 }
  for (let from = 1; from < kinds.length; ) {
    let to = from
    while (kinds[to] === content) to += 1
    if (to - from > longest.to - longest.from) longest = { from, to }
    from = Math.max(to, from + 1)
  }
  return longest
}
