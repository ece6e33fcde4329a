import { awsFrameEnds } from './oracle/wire.ts'
import type { Recording } from './recordings.ts'

/** As much of a long body's begin, and as much of its end, is kept. */
const KEPT = 2 * 1024

/** A long body without the events in its middle: word after word, which says nothing new about how it ends. */
export function shortened(recording: Recording, body: Buffer): Buffer {
  if (recording.framing === 'json' || body.length <= 3 * KEPT) return body
  const ends = endsIn(recording, body)
  const begin = ends.find((end) => end >= KEPT) ?? 0
  const rest = ends.findLast((end) => end <= body.length - KEPT) ?? 0
  return rest <= begin ? body : Buffer.concat([body.subarray(0, begin), body.subarray(rest)])
}

/** Where each event of a body begins, and where the next one does. */
export function eventsIn(recording: Recording, body: Buffer): [from: number, to: number][] {
  const ends = [...endsIn(recording, body).filter((end) => end < body.length), body.length]
  return ends.map((end, at) => [ends[at - 1] ?? 0, end])
}

function endsIn({ framing }: Recording, body: Buffer): number[] {
  return framing === 'eventstream' ? awsFrameEnds(body) : blockEnds(body, framing === 'jsonl' ? '\n' : '\n\n')
}

function blockEnds(body: Buffer, blank: string): number[] {
  const ends: number[] = []
  for (let at = body.indexOf(blank); at !== -1; at = body.indexOf(blank, at + 1)) ends.push(at + blank.length)
  return ends
}
