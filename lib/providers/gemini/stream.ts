import { inBandFailure, parseJson, streamFailure } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Usage } from '../../types/chunk.ts'
import type { ChunkInit, Decoder, Endpoint } from '../../types/provider.ts'
import { count, type Json, object, objects, text } from '../json.ts'
import { summedUsage } from '../usage.ts'
import { type AnswerDecoder, answerDecoder } from './answer.ts'
import { streamError } from './errors.ts'
import { jsonFunction } from './tools.ts'

/** The most that a client can ask for. */
const MAX_ANSWERS = 128

/**
 * Reads a stream of GenerateContentResponse, each frame with the new parts only. Gemini has no terminal but a clean end of the
 * body.
 */
export function geminiDecoder(request: ChatRequest, endpoint: Endpoint): Decoder {
  const { strict, finishReasons } = endpoint
  const options = { json: jsonFunction(request)?.name, strict, finishReasons }
  const expected = request.n ?? 1
  const answers = new Map<number, AnswerDecoder>()
  /** The usage of responses before the last pause, and with that of this response. */
  let spent: Usage | undefined
  let counted: Usage | undefined

  const answer = (index: number) => {
    const known = answers.get(index) ?? answerDecoder(index, options)
    answers.set(index, known)
    if (answers.size > MAX_ANSWERS) throw streamFailure('malformed', 'Gemini sent too many candidates.')
    return known
  }

  return function* (event) {
    const frame = unwrap(parseJson(event.data))
    if (frame.error != null) throw inBandFailure(streamError(frame.error))
    const head = envelope(frame, spent)
    counted = head.usage ?? counted
    yield head
    for (const candidate of objects(frame.candidates)) {
      for (const piece of answer(count(candidate.index) ?? 0).decode(candidate)) {
        if (piece.pause !== undefined) spent = counted
        yield piece
      }
    }
    if (isBlocked(object(frame.promptFeedback).blockReason)) {
      for (let index = 0; index < expected; index++) yield* answer(index).block()
    }
  }
}

/** An error may come in an array of one. */
function unwrap(frame: unknown): Json {
  return object(Array.isArray(frame) ? frame[0] : frame)
}

function envelope(frame: Json, spent: Usage | undefined): ChunkInit {
  const init: ChunkInit = {}
  const id = text(frame.responseId)
  const model = text(frame.modelVersion)
  if (id !== '') init.id = `chatcmpl-${id}`
  if (model !== '') init.model = model
  const metadata = object(frame.usageMetadata)
  const tier = text(metadata.serviceTier)
  if (tier !== '') init.service_tier = tier === 'standard' ? 'default' : tier
  const total = usage(metadata)
  const all = total && summedUsage(spent, total)
  if (all !== undefined) init.usage = all
  return init
}

/** Running totals; the first frames may have none, or only some of the counts. */
function usage(metadata: Json): Usage | undefined {
  const prompt = count(metadata.promptTokenCount)
  const total = count(metadata.totalTokenCount)
  if (prompt === undefined && total === undefined) return undefined
  const thoughts = count(metadata.thoughtsTokenCount)
  const cached = count(metadata.cachedContentTokenCount)
  const prompt_tokens = (prompt ?? 0) + (count(metadata.toolUsePromptTokenCount) ?? 0)
  const completion_tokens = (count(metadata.candidatesTokenCount) ?? 0) + (thoughts ?? 0)
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: total ?? prompt_tokens + completion_tokens,
    ...(cached !== undefined && { prompt_tokens_details: { cached_tokens: cached } }),
    ...(thoughts !== undefined && { completion_tokens_details: { reasoning_tokens: thoughts } }),
  }
}

function isBlocked(reason: unknown): boolean {
  return text(reason) !== '' && !text(reason).endsWith('_UNSPECIFIED')
}
