import type { ChunkInit, Endpoint } from '../../types/provider.ts'
import { withChangedBody } from '../changed-body.ts'
import { drawnImage } from '../drawn-images.ts'
import { finishOf } from '../ends.ts'
import { isObject, type Json, list, object, sizeOf, text, words } from '../json.ts'
import { GEMINI_ENDS } from './ends.ts'
import { type FunctionCall, functionCalls } from './function-calls.ts'
import { annotations, characterIndexes, logprobs } from './grounding.ts'
import { isServerPart, serverParts, writtenState } from './turn-state.ts'
import type { Platform } from './wire.ts'

/** Reads one answer (a candidate), which comes in any number of frames, even after its finish reason. */
export interface AnswerDecoder {
  decode(candidate: Json): Iterable<ChunkInit>
  /** The prompt was refused, so this answer never comes. */
  block(): ChunkInit[]
  /** Hears of text that was read past it. */
  said(content: string): void
  /** Characters of what it keeps: the text, whose places sources name, the sources, and a call that is not whole. */
  kept(): number
}

export interface AnswerOptions extends Pick<Endpoint, 'strict' | 'finishReasons'> {
  /** The one that signs. */
  platform: Platform
  /** The function whose call is the text of the answer (see tools.ts). */
  json: string | undefined
}

export function answerDecoder(index: number, options: AnswerOptions): AnswerDecoder {
  const calls = functionCalls()
  let callCount = 0
  let said = ''
  let grounding: unknown
  /** Characters of the sources that wait for the end. */
  let waiting = 0
  let indexes: { of: string; characters: ReturnType<typeof characterIndexes> } | undefined
  let finished = false

  const server = serverParts()
  /** The calls so far that have ids: some servers send a call in two frames. */
  const known = new Set<string>()

  const callPieces = ({ id, name, arguments: json, signature }: FunctionCall): ChunkInit[] => {
    if (name === options.json) return [{ index, content: json }]
    const call = JSON.stringify([id, name, json])
    if (id !== '' && known.has(call)) return []
    known.add(call)
    const state = writtenState(options.platform, signature, server.take())
    const lessState = writtenState(options.platform, signature, [])
    const kept = {
      ...(state !== undefined && { state }),
      ...(lessState !== undefined && lessState !== state && { lessState }),
    }
    return [{ index, toolCalls: [{ key: callCount++, id, name, arguments: json, ...kept }] }]
  }

  const readPart = (part: Json): ChunkInit[] => {
    if (part.functionCall != null) return calls.add(part).flatMap(callPieces)
    if (isServerPart(part)) {
      server.add(part)
      if (options.strict) return []
      return [{ index, vendor: { delta: { gemini_parts: [{ platform: options.platform, ...part }] } } }]
    }
    const content = words(part.text)
    if (part.thought === true) return content === '' ? [] : [{ index, reasoning: content }]
    said += content
    const { mimeType, data } = object(part.inlineData)
    return [
      ...(content === '' ? [] : [{ index, content }]),
      ...(text(data) === '' ? [] : [{ index, ...media(text(mimeType), text(data)) }]),
    ]
  }

  /** `finishMessage` may quote the model, so it is not looked at. */
  const readEnd = ({ finishReason, continuationToken }: Json): ChunkInit[] => {
    const reason = finishReasonName(finishReason)
    if (reason === 'CONTINUATION' && text(continuationToken) !== '') {
      return [{ index, pause: (encoded) => withChangedBody(encoded, (body) => ({ ...body, continuationToken })) }]
    }
    const finish = finishOf(reason, GEMINI_ENDS, options.finishReasons)
    if (finish === undefined) return []
    const open = calls.close().flatMap(callPieces)
    finished = true
    return [...open, { index, finish: finish === 'stop' && callCount > 0 ? 'tool_calls' : finish }]
  }

  const readSources = (metadata: unknown): ChunkInit[] => {
    // Frames may repeat the sources of the answer so far: the last one has them all.
    if (list(object(metadata).groundingSupports).length > 0) {
      grounding = metadata
      waiting = finished ? 0 : sizeOf(grounding)
    }
    if (!finished || grounding === undefined) return []
    // Sources may come in many frames after the words.
    if (indexes?.of !== said) indexes = { of: said, characters: characterIndexes(said) }
    const found = annotations(grounding, indexes.characters)
    grounding = undefined
    return [{ index, annotations: found }]
  }

  const answer = { index, strict: options.strict, readPart, readEnd, readSources }
  return {
    decode: (candidate) => piecesIn(candidate, answer),
    block() {
      const pieces: ChunkInit[] = finished ? [] : [{ index, finish: 'content_filter' }]
      finished = true
      return pieces
    },
    said(content) {
      said += content
    },
    kept: () => said.length + waiting + calls.kept(),
  }
}

/** What the parts of one answer's frames are read with. */
interface WithinAnswer {
  index: number
  strict: boolean
  readPart(part: Json): ChunkInit[]
  /** Throws for a reason that is a failure. */
  readEnd(candidate: Json): ChunkInit[]
  readSources(metadata: unknown): ChunkInit[]
}

function* piecesIn(
  candidate: Json,
  { index, strict, readPart, readEnd, readSources }: WithinAnswer,
): Iterable<ChunkInit> {
  for (const part of partsOf(candidate.content)) yield* readPart(part)
  const tokens = logprobs(candidate.logprobsResult)
  if (tokens !== undefined) yield { index, logprobs: tokens }
  if (!strict) yield { index, vendor: { choice: extras(candidate) } }
  yield* readEnd(candidate)
  yield* readSources(candidate.groundingMetadata)
}

/** Some servers send a bare text in place of parts, or of a part. */
function partsOf(content: unknown): Json[] {
  const parts = isObject(content) ? content.parts : content
  return (Array.isArray(parts) ? parts : [parts]).map((part) => (isObject(part) ? part : { text: part }))
}

function media(mimeType: string, data: string): ChunkInit {
  if (mimeType.startsWith('audio/')) return { audio: { data } }
  return { content: drawnImage(mimeType, data) }
}

/** Fields that OpenAI does not have. */
function extras(candidate: Json): Record<string, unknown> {
  return Object.fromEntries(Object.entries(candidate).filter(([key]) => EXTRAS.has(key)))
}

const EXTRAS = new Set(['safetyRatings', 'citationMetadata', 'groundingMetadata', 'urlContextMetadata'])

/** Numbers come from servers asked for `enum-encoding=int`; these are the ones that AI Studio and Vertex agree on. */
function finishReasonName(reason: unknown): unknown {
  return typeof reason === 'number' ? (NUMBERED[reason] ?? reason) : reason
}

const NUMBERED = ['FINISH_REASON_UNSPECIFIED', 'STOP', 'MAX_TOKENS', 'SAFETY', 'RECITATION', 'OTHER']
