import { inBandFailure, parseJson, streamFailure } from '../../errors.ts'
import type { ChunkInit, Decoder, PlainText, WireEvent } from '../../types/provider.ts'
import { isDoneMark } from '../done-mark.ts'
import { count, isObject, type Json, object, objects, text } from '../json.ts'
import { servedTier } from '../served-tier.ts'
import { type ChoiceReader, choiceReader, type Expected } from './choice.ts'
import { readStreamError } from './errors.ts'
import { unknownFields } from './fields.ts'
import { readUsage } from './usage.ts'

/**
 * Reads the streams of OpenAI and of all who copied them, whatever they made of it: missing deltas and indexes, nulls,
 * content as a list of parts, usage in odd places, finish reasons of their own. With `strict: false` the fields that
 * OpenAI does not define are read too.
 */
export function decodeStream(expected: Expected): Decoder {
  const choices = new Map<number, ChoiceReader>()
  const kept = () => {
    let size = 0
    for (const choice of choices.values()) size += choice.kept()
    return size
  }
  return { decode: (event) => piecesIn(event, choices, expected), plainText: plainText(choices, kept), kept }
}

function* piecesIn(event: WireEvent, choices: Map<number, ChoiceReader>, expected: Expected): Iterable<ChunkInit> {
  if (isDoneMark(event.data)) {
    for (const [index, choice] of choices) if (choice.endsInAudio()) yield { index, finish: 'stop' }
    yield { end: true }
    return
  }

  const frame = parseJson<unknown>(event.data)
  const error = readStreamError(event, frame)
  if (error !== undefined) throw inBandFailure(error)
  if (!isObject(frame)) throw streamFailure('malformed', 'The provider sent an event that is not a JSON object.')

  // The frame's fields of the whole answer go with its first piece.
  let whole = readAnswer(frame, expected.strict)
  for (const [position, frameChoice] of objects(frame.choices).entries()) {
    const index = count(frameChoice.index) ?? position
    const choice = choices.get(index) ?? choiceReader(expected)
    choices.set(index, choice)
    if (choices.size > MAX_CHOICES) throw streamFailure('malformed', 'The provider sent too many choices.')
    for (const piece of choice.read(frameChoice)) {
      yield joined(whole, piece, index)
      whole = {}
    }
  }
  if (Object.keys(whole).length > 0) yield whole
}

/** Where text stands with OpenAI, and with those who have thoughts too. */
const PLACES = [
  { kind: 'content', path: ['choices', 0, 'delta', 'content'] },
  { kind: 'reasoning', path: ['choices', 0, 'delta', 'reasoning_content'] },
  { kind: 'reasoning', path: ['choices', 0, 'delta', 'reasoning'] },
  // Mistral
  { kind: 'reasoning', path: ['choices', 0, 'delta', 'content', 0, 'thinking', 0, 'text'] },
  { kind: 'arguments', path: ['choices', 0, 'delta', 'tool_calls', 0, 'function', 'arguments'] },
] as const

/** Padding; the envelope, which Groq's compound models change at each event; Together's number of a token, and its text again. */
const IDLE = [
  ...[['obfuscation'], ['p'], ['id'], ['created']],
  ['choices', 0, 'text'],
  ['choices', 0, 'delta', 'token_id'],
] as const

function plainText(choices: ReadonlyMap<number, ChoiceReader>, kept: () => number): PlainText {
  const first = () => choices.get(0)
  return {
    places: PLACES,
    idle: IDLE,
    usage: { path: ['usage'], read: readUsage },
    mayRepeat: () => kept() === 0 && first()?.goesOn() === true,
    noted(kind, piece) {
      if (kind === 'arguments') first()?.noted(piece)
    },
  }
}

/** The most that a client can ask for. */
const MAX_CHOICES = 128

const FRAME_FIELDS: ReadonlySet<string> = new Set([
  ...['id', 'object', 'created', 'model', 'choices', 'usage', 'service_tier', 'system_fingerprint'],
  'moderation',
  // Padding against guessing by length (OpenAI, Mistral): it belongs to the upstream's frames, not to ours.
  ...['obfuscation', 'p'],
])

/** Azure's filter frames come with an empty id and model and `created: 0`; nothing is taken from those. */
function readAnswer(frame: Json, strict: boolean): ChunkInit {
  const piece: ChunkInit = {}
  const id = text(frame.id)
  const created = count(frame.created)
  const model = text(frame.model)
  const tier = servedTier(frame.service_tier)
  const fingerprint = text(frame.system_fingerprint)
  if (id !== '') piece.id = id
  if (created) piece.created = created
  if (model !== '') piece.model = model
  if (tier !== undefined) piece.service_tier = tier
  if (fingerprint !== '') piece.system_fingerprint = fingerprint
  if (isObject(frame.moderation)) piece.moderation = frame.moderation

  const groq = object(frame.x_groq)
  const usage = readUsage(frame.usage) ?? readUsage(groq.usage) ?? readUsage(objects(frame.choices)[0]?.usage)
  if (usage !== undefined) piece.usage = usage

  const vendor = strict || id === '' ? undefined : unknownFields(frame, FRAME_FIELDS)
  if (vendor !== undefined) piece.vendor = { chunk: vendor }
  return piece
}

function joined(whole: ChunkInit, piece: ChunkInit, index: number): ChunkInit {
  const both: ChunkInit = { ...whole, ...piece, index }
  if (whole.vendor !== undefined) both.vendor = { ...whole.vendor, ...piece.vendor }
  return both
}
