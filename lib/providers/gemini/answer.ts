import { apiError, inBandFailure } from '../../errors.ts'
import type { FinishReason } from '../../types/chunk.ts'
import type { ChunkInit } from '../../types/provider.ts'
import { type Json, list, object, text } from '../json.ts'
import { type FunctionCall, functionCalls } from './function-calls.ts'
import { annotations, characterIndexes, logprobs } from './grounding.ts'

/** Reads one answer (a candidate), which comes in any number of frames, even after its finish reason. */
export interface AnswerDecoder {
  decode(candidate: Json): Iterable<ChunkInit>
  /** The prompt was refused, so this answer never comes. */
  block(): Iterable<ChunkInit>
  /** Whether its finish reason was read. */
  readonly finished: boolean
}

/** `json` names the function whose call is the text of the answer (see tools.ts). */
export function answerDecoder(index: number, options: { json: string | undefined; strict: boolean }): AnswerDecoder {
  const calls = functionCalls()
  let callCount = 0
  let said = ''
  let spoke = false
  let grounding: unknown
  let indexes: { of: string; characters: ReturnType<typeof characterIndexes> } | undefined
  let finished = false

  const callPiece = ({ id, name, arguments: json, signature }: FunctionCall): ChunkInit => {
    spoke = true
    if (name === options.json) return { index, content: json }
    const state = signature === '' ? {} : { state: signature }
    return { index, toolCalls: [{ key: callCount++, id, name, arguments: json, ...state }] }
  }

  function* readPart(part: Json): Iterable<ChunkInit> {
    if (part.functionCall != null) {
      yield* calls.add(part).map(callPiece)
      return
    }
    const words = text(part.text)
    if (part.thought === true) {
      if (words !== '') yield { index, reasoning: words }
      return
    }
    if (words !== '') {
      said += words
      spoke = true
      yield { index, content: words }
    }
    const { mimeType, data } = object(part.inlineData)
    if (text(data) !== '') {
      spoke = true
      yield { index, ...media(text(mimeType), text(data)) }
    }
  }

  const finish = (reason: string, message: string): ChunkInit => {
    if (BROKEN.has(reason) && !spoke) {
      throw inBandFailure(apiError(502, message || `Gemini ended its answer with ${reason}.`))
    }
    finished = true
    const native = FINISH_REASONS.get(reason) ?? 'stop'
    return { index, finish: native === 'stop' && callCount > 0 ? 'tool_calls' : native }
  }

  return {
    *decode(candidate) {
      for (const part of list(object(candidate.content).parts)) yield* readPart(object(part))
      const tokens = logprobs(candidate.logprobsResult)
      if (tokens !== undefined) yield { index, logprobs: tokens }
      if (!options.strict) yield { index, vendor: { choice: extras(candidate) } }

      const reason = finishReasonName(candidate.finishReason)
      if (reason !== '') {
        yield* calls.close().map(callPiece)
        yield finish(reason, text(candidate.finishMessage))
      }

      // Frames may repeat the sources of the answer so far: the last one has them all.
      if (list(object(candidate.groundingMetadata).groundingSupports).length > 0)
        grounding = candidate.groundingMetadata
      if (finished && grounding !== undefined) {
        // Sources may come in many frames after the words.
        if (indexes?.of !== said) indexes = { of: said, characters: characterIndexes(said) }
        yield { index, annotations: annotations(grounding, indexes.characters) }
        grounding = undefined
      }
    },
    *block() {
      if (!finished) yield { index, finish: 'content_filter' }
      finished = true
    },
    get finished() {
      return finished
    },
  }
}

/** OpenAI's chat has no images in its answers: they become Markdown. */
function media(mimeType: string, data: string): ChunkInit {
  if (mimeType.startsWith('audio/')) return { audio: { data } }
  return { content: `![image](data:${mimeType};base64,${data})` }
}

/** Fields that OpenAI does not have. */
function extras(candidate: Json): Record<string, unknown> {
  return Object.fromEntries(Object.entries(candidate).filter(([key]) => EXTRAS.has(key)))
}

const EXTRAS = new Set(['safetyRatings', 'citationMetadata', 'groundingMetadata', 'urlContextMetadata'])

/** Numbers come from servers asked for `enum-encoding=int`; these are the ones that AI Studio and Vertex agree on. */
function finishReasonName(reason: unknown): string {
  return typeof reason === 'number' ? (NUMBERED[reason] ?? 'OTHER') : text(reason)
}

const NUMBERED = ['FINISH_REASON_UNSPECIFIED', 'STOP', 'MAX_TOKENS', 'SAFETY', 'RECITATION', 'OTHER']

/** All others are `stop`. Source: ai.google.dev/api/generate-content#FinishReason, @google/genai `FinishReason`. */
const FINISH_REASONS = new Map<string, FinishReason>([
  ['MAX_TOKENS', 'length'],
  ['CONTINUATION', 'length'],
  ['SAFETY', 'content_filter'],
  ['RECITATION', 'content_filter'],
  ['BLOCKLIST', 'content_filter'],
  ['PROHIBITED_CONTENT', 'content_filter'],
  ['SPII', 'content_filter'],
  ['IMAGE_SAFETY', 'content_filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
  ['IMAGE_RECITATION', 'content_filter'],
])

/** The model said something that Gemini could not read: without an answer before it, that is a failure. */
const BROKEN = new Set(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'MALFORMED_RESPONSE'])
