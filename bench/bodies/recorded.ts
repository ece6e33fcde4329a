import { existsSync, readFileSync } from 'node:fs'
import { type Reader, reader } from '../contestants/floor-streams.ts'
import { type Body, type Content, type Dialect, RAW_MARKS } from './body.ts'
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

/** The answers with the most events in a row of this content, the longest first; of `prose`, those with no other content. */
export function recordedBodies(
  dialect: Dialect,
  content: Content,
  source: 'recorded' | 'prose' = 'recorded',
): readonly Body[] {
  const key = `${dialect} ${content} ${source}`
  const before = known.get(key)
  if (before !== undefined) return before
  const bodies = recordingsOf(dialect)
    .flatMap((recording) => bodyOf(recording, dialect, content, source) ?? [])
    .filter(({ middle }) => middle.length >= SHORTEST_MIDDLE && (content !== 'text' || isMarked(dialect, middle)))
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

/** Whether the load knows each of its events when a gateway passes them as they are. */
function isMarked(dialect: Dialect, middle: readonly Buffer[]): boolean {
  const mark = RAW_MARKS[dialect]
  return mark === undefined || middle.every((event) => event.includes(mark))
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

/** Undefined if the answer did not end well, or has no such content, or more than is wanted. */
function bodyOf(
  recording: Recording,
  dialect: Dialect,
  content: Content,
  source: 'recorded' | 'prose',
): Body | undefined {
  const framing = FRAMINGS[recording.framing]
  const body = readFileSync(new URL(recording.file, CORPUS))
  // The floor draws no images.
  if (body.includes('inlineData')) return undefined
  const frames = framesOf(framing, body)
  const told = toldBy(dialect, frames)
  if (told === undefined || (source === 'prose' && !isProse(told, body))) return undefined
  const { from, to } = longestRun(told, content)
  return {
    type: recording.content_type ?? TYPES[framing],
    start: Buffer.concat(frames.slice(0, from)),
    middle: frames.slice(from, to),
    end: Buffer.concat(frames.slice(to)),
  }
}

const GOOD_ENDS: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls'])

type Told = Content | 'call' | 'finish'

const PROSE: ReadonlySet<Told> = new Set(['text', 'finish'])
/** What Anthropic's model has thought in secret, and the tools that it uses itself: no gateway tells them in OpenAI's dialect. */
const UNTOLD = /"type": ?"[a-z_]*(thinking|tool)/

function isProse(told: readonly Told[][], body: Buffer): boolean {
  return told.flat().every((kind) => PROSE.has(kind)) && !UNTOLD.test(body.toString('latin1'))
}

/** What each frame tells, by what the floor reads in it. Undefined for an answer that is not read to a good end. */
function toldBy(dialect: Dialect, frames: readonly Buffer[]): Told[][] | undefined {
  let seen: Told[] = []
  const ends: string[] = []
  const note = (kind: Told) => () => {
    seen.push(kind)
  }
  const read: Reader = reader(dialect, {
    start: () => {},
    text: note('text'),
    reasoning: note('reasoning'),
    call: note('call'),
    fragment: note('tools'),
    finish(reason) {
      seen.push('finish')
      ends.push(reason)
    },
  })
  try {
    const told = frames.map((frame) => {
      seen = []
      read(frame)
      return seen
    })
    return ends.length === 1 && GOOD_ENDS.has(ends[0] as string) ? told : undefined
  } catch {
    return undefined
  }
}

/** The first frame is never one of them: it may say more than its like. */
function longestRun(told: readonly Told[][], content: Content): { from: number; to: number } {
  const isOne = (frame: readonly Told[] | undefined) => frame?.length === 1 && frame[0] === content
  let longest = { from: 0, to: 0 }
  for (let from = 1; from < told.length; ) {
    let to = from
    while (isOne(told[to])) to += 1
    if (to - from > longest.to - longest.from) longest = { from, to }
    from = Math.max(to, from + 1)
  }
  return longest
}
