import { apiError, inBandFailure } from '../../errors.ts'
import type { Annotation, FinishReason } from '../../types/chunk.ts'
import type { ChunkInit, ToolCallDelta } from '../../types/provider.ts'
import { count, isObject, type Json, object, objects, text } from '../json.ts'
import { toolCallReader } from './calls.ts'
import { unknownFields } from './fields.ts'
import { readLogprobs } from './logprobs.ts'

/** Reads one choice in the frames of a stream. */
export interface ChoiceReader {
  /** Nothing, one piece, or several: a list of content parts keeps its order. */
  read(choice: Json): Iterable<ChunkInit>
  /** Whether the choice spoke without giving a reason for its end, as OpenAI's audio answers do. */
  endsInAudio(): boolean
}

export function choiceReader(strict: boolean): ChoiceReader {
  const readCall = toolCallReader()
  const readLegacyCall = toolCallReader()
  let audio = false
  let finished = false

  function toolCalls(delta: Json): ToolCallDelta[] {
    const calls = objects(delta.tool_calls).map(readCall)
    if (!isObject(delta.function_call)) return calls
    return [...calls, { ...readLegacyCall({ index: 0, function: delta.function_call }), key: 'function_call' }]
  }

  return {
    *read(choice) {
      const delta = object(choice.delta)
      yield* contentParts(delta.content)

      const piece: ChunkInit = {}
      const content = text(delta.content)
      const reasoning = text(delta.reasoning_content) || text(delta.reasoning)
      const refusal = text(delta.refusal)
      const calls = toolCalls(delta)
      const annotations = objects(delta.annotations).flatMap(citation)
      const logprobs = readLogprobs(choice, content)
      const finish = readFinish(choice.finish_reason)
      if (content !== '') piece.content = content
      if (reasoning !== '') piece.reasoning = reasoning
      if (refusal !== '') piece.refusal = refusal
      if (calls.length > 0) piece.toolCalls = calls
      if (annotations.length > 0) piece.annotations = annotations
      if (isObject(delta.audio)) piece.audio = scalars(delta.audio)
      if (logprobs !== undefined) piece.logprobs = logprobs
      if (finish !== undefined) piece.finish = finish
      audio ||= piece.audio !== undefined
      finished ||= finish !== undefined

      const vendor = strict ? undefined : vendorFields(choice, delta)
      if (vendor !== undefined) piece.vendor = vendor
      if (Object.keys(piece).length > 0) yield piece
    },
    endsInAudio: () => audio && !finished,
  }
}

/** Mistral's list of parts: text and thinking; references and images have no place in OpenAI's stream. */
function* contentParts(content: unknown): Iterable<ChunkInit> {
  for (const part of objects(content)) {
    if (part.type === 'text') {
      const content = text(part.text)
      if (content !== '') yield { content }
    } else if (part.type === 'thinking') {
      const reasoning = objects(part.thinking)
        .map(({ text: thought }) => text(thought))
        .join('')
      if (reasoning !== '') yield { reasoning }
    }
  }
}

function scalars(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => ['string', 'number'].includes(typeof value)))
}

const FINISH: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool_calls'],
  ['function_call', 'tool_calls'],
  ['content_filter', 'content_filter'],
  ['eos', 'stop'],
  ['model_length', 'length'],
])

function readFinish(value: unknown): FinishReason | undefined {
  const reason = text(value)
  if (reason === '') return undefined
  if (reason === 'error') throw inBandFailure(apiError(500, 'The provider ended its answer with an error.'))
  return FINISH.get(reason) ?? 'stop'
}

/** Groq also cites documents and functions, which OpenAI's schema does not know. */
function citation({ type, url_citation: cited }: Json): Annotation[] {
  if (type !== 'url_citation' || !isObject(cited) || typeof cited.url !== 'string') return []
  const { url, title, start_index, end_index } = cited
  return [
    {
      type,
      url_citation: {
        start_index: count(start_index) ?? 0,
        end_index: count(end_index) ?? 0,
        url,
        title: text(title),
      },
    },
  ]
}

const CHOICE_FIELDS: ReadonlySet<string> = new Set([
  ...['index', 'delta', 'logprobs', 'finish_reason', 'usage'],
  // Together: the delta's role and text again, a seed that JSON numbers cannot hold, the other half of its log
  // probabilities.
  ...['role', 'text', 'seed', 'top_logprobs'],
])
const DELTA_FIELDS: ReadonlySet<string> = new Set([
  ...['role', 'content', 'reasoning_content', 'reasoning', 'refusal', 'tool_calls', 'function_call'],
  ...['annotations', 'audio'],
  // Together's token number, and the choice's index again (Mistral).
  ...['token_id', 'index'],
])

function vendorFields(choice: Json, delta: Json): ChunkInit['vendor'] {
  const ofChoice = unknownFields(choice, CHOICE_FIELDS)
  const ofDelta = unknownFields(delta, DELTA_FIELDS)
  if (ofChoice === undefined && ofDelta === undefined) return undefined
  return { ...(ofChoice && { choice: ofChoice }), ...(ofDelta && { delta: ofDelta }) }
}
