import { inBandFailure, parseJson, streamFailure } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Usage } from '../../types/chunk.ts'
import type { ChunkInit, Decoder, Endpoint, PlainText, WireEvent } from '../../types/provider.ts'
import { isDoneMark } from '../done-mark.ts'
import { count, isObject, type Json, object, objects, text } from '../json.ts'
import { raiseForeignError } from '../openai/errors.ts'
import { servedTier } from '../served-tier.ts'
import { summedUsage } from '../usage.ts'
import { type AnswerDecoder, answerDecoder } from './answer.ts'
import { streamError } from './errors.ts'
import { jsonFunction } from './tools.ts'
import { mergedCounts, usageOf } from './usage.ts'
import type { Platform } from './wire.ts'

/** The most that a client can ask for. */
const MAX_ANSWERS = 128

/**
 * Reads a stream of GenerateContentResponse, each frame with the new parts only. Gemini has no terminal but a clean end of the
 * body.
 */
export function geminiDecoder(request: ChatRequest, endpoint: Endpoint, platform: Platform): Decoder {
  const { strict, finishReasons } = endpoint
  const options = { json: jsonFunction(request)?.name, platform, strict, finishReasons }
  const expected = request.n ?? 1
  const answers = new Map<number, AnswerDecoder>()
  /** The usage of responses before the last pause, and with that of this response. */
  let spent: Usage | undefined
  let counted: Usage | undefined
  /** What this response has counted so far. */
  let counts: Json = {}

  const answer = (index: number) => {
    const known = answers.get(index) ?? answerDecoder(index, options)
    answers.set(index, known)
    if (answers.size > MAX_ANSWERS) throw streamFailure('malformed', 'Gemini sent too many candidates.')
    return known
  }

  const readUsage = (metadata: unknown): Usage | undefined => {
    counts = mergedCounts(counts, metadata)
    counted = summedUsage(spent, usageOf(counts))
    return counted
  }

  const onPause = () => {
    spent = counted
    counts = {}
  }
  const kept = () => {
    let size = 0
    for (const each of answers.values()) size += each.kept()
    return size
  }
  const plainText: PlainText = {
    places: PLACES,
    usage: { path: ['usageMetadata'], read: readUsage },
    noted(kind, piece) {
      if (kind === 'content') answer(0).said(piece)
    },
  }
  const stream = { expected, answer, readUsage, onPause }
  return { decode: (event) => piecesIn(event, stream), plainText, kept }
}

/** What a stream's frames are read with. */
interface WithinStream {
  /** How many answers were asked for. */
  expected: number
  answer(index: number): AnswerDecoder
  readUsage(metadata: unknown): Usage | undefined
  onPause(): void
}

function* piecesIn(event: WireEvent, { expected, answer, readUsage, onPause }: WithinStream): Iterable<ChunkInit> {
  if (isDoneMark(event.data)) return
  const frame = unwrap(parseJson(event.data))
  if (frame.error != null) throw inBandFailure(streamError(frame.error))
  if (frame.candidates === undefined) raiseForeignError(frame)
  yield envelope(frame)
  if (isObject(frame.usageMetadata)) {
    const usage = readUsage(frame.usageMetadata)
    if (usage !== undefined) yield { usage }
  }
  for (const candidate of objects(frame.candidates)) {
    for (const piece of answer(count(candidate.index) ?? 0).decode(candidate)) {
      if (piece.pause !== undefined) onPause()
      yield piece
    }
  }
  if (isBlocked(object(frame.promptFeedback).blockReason)) {
    for (let index = 0; index < expected; index++) yield* answer(index).block()
  }
}

const TEXT = ['candidates', 0, 'content', 'parts', 0, 'text'] as const
const PLACES: PlainText['places'] = [
  { kind: 'content', path: TEXT },
  { kind: 'reasoning', path: TEXT },
]

/** An error may come in an array of one. */
function unwrap(frame: unknown): Json {
  return object(Array.isArray(frame) ? frame[0] : frame)
}

function envelope(frame: Json): ChunkInit {
  const init: ChunkInit = {}
  const id = text(frame.responseId)
  const model = text(frame.modelVersion)
  if (id !== '') init.id = `chatcmpl-${id}`
  if (model !== '') init.model = model
  const tier = servedTier(object(frame.usageMetadata).serviceTier)
  if (tier !== undefined) init.service_tier = tier
  return init
}

function isBlocked(reason: unknown): boolean {
  return text(reason) !== '' && !text(reason).endsWith('_UNSPECIFIED')
}
