import { inBandFailure } from '../../errors.ts'
import type { Annotation } from '../../types/chunk.ts'
import type { ChunkInit, Endpoint, ToolCallDelta } from '../../types/provider.ts'
import { COMMON_ENDS, finishOf } from '../ends.ts'
import { count, isObject, type Json, object, objects, scalarText, text, words } from '../json.ts'
import { callStateReader } from './call-state.ts'
import { toolCallReader } from './calls.ts'
import { choiceError } from './errors.ts'
import { unknownFields } from './fields.ts'
import { readLogprobs } from './logprobs.ts'

/** Reads one choice in the frames of a stream. */
export interface ChoiceReader {
  /** Yields nothing, one piece, or several: a list of content parts keeps its order. */
  read(choice: Json): Iterable<ChunkInit>
  /** Whether the choice spoke without giving a reason for its end, as OpenAI's audio answers do. */
  endsInAudio(): boolean
  /** Characters of what waits for a call to go back with. */
  kept(): number
  /** Whether the last call that was read names nothing, so that its like goes on with it, whatever has come of it by then. */
  goesOn(): boolean
  /** Hears of more arguments of the last call. */
  noted(fragment: string): void
}

/** What of a stream is known beforehand. */
export type Expected = Pick<Endpoint, 'strict' | 'finishReasons'> & { readonly model: string }

export function choiceReader({ strict, finishReasons, model }: Expected): ChoiceReader {
  const calls = toolCallReader()
  const states = callStateReader(model)
  const legacyCalls = toolCallReader()
  let streams = false
  let audio = false
  let finished = false

  /** Some servers have a `message`, or a `text`, where a delta should be; behind deltas it says the same again. */
  function deltaOf(choice: Json): Json {
    const delta = object(choice.delta)
    streams ||= Object.entries(delta).some(([name, value]) => name !== 'role' && value != null && value !== '')
    if (streams) return delta
    return isObject(choice.message) ? choice.message : { ...delta, content: choice.text }
  }

  function toolCalls(delta: Json): ToolCallDelta[] {
    const stateOf = states.read(delta)
    const pieces = objects(delta.tool_calls).map((piece) => {
      const state = stateOf(piece)
      return { ...calls.read(piece), ...(state !== undefined && { state }) }
    })
    if (!isObject(delta.function_call)) return pieces
    return [...pieces, { ...legacyCalls.read({ index: 0, function: delta.function_call }), key: 'function_call' }]
  }

  const within: WithinChoice = {
    deltaOf,
    toolCalls,
    onAudio() {
      audio = true
    },
    onFinish() {
      finished = true
    },
  }
  return {
    read: (choice) => piecesIn(choice, within, { strict, finishReasons }),
    endsInAudio: () => audio && !finished,
    kept: states.kept,
    goesOn: calls.goesOn,
    noted: calls.noted,
  }
}

/** What one choice's frames are read with. */
interface WithinChoice {
  deltaOf(choice: Json): Json
  toolCalls(delta: Json): ToolCallDelta[]
  onAudio(): void
  onFinish(): void
}

function* piecesIn(
  choice: Json,
  { deltaOf, toolCalls, onAudio, onFinish }: WithinChoice,
  { strict, finishReasons }: Omit<Expected, 'model'>,
): Iterable<ChunkInit> {
  const delta = deltaOf(choice)
  const parts = Array.isArray(delta.content) ? delta.content : []
  for (const part of parts) yield* contentPart(part)

  const piece: ChunkInit = {}
  const content = parts.length > 0 ? '' : words(delta.content)
  const reasoning = reasoningText(delta.reasoning_content) || reasoningText(delta.reasoning)
  const refusal = words(delta.refusal)
  const called = toolCalls(delta)
  const annotations = objects(delta.annotations).flatMap(citation)
  const logprobs = readLogprobs(choice, content)
  if (content !== '') piece.content = content
  if (reasoning !== '') piece.reasoning = reasoning
  if (refusal !== '') piece.refusal = refusal
  if (called.length > 0) piece.toolCalls = called
  if (annotations.length > 0) piece.annotations = annotations
  if (isObject(delta.audio)) piece.audio = scalars(delta.audio)
  if (logprobs !== undefined) piece.logprobs = logprobs
  if (piece.audio !== undefined) onAudio()

  const vendor = strict ? undefined : vendorFields(choice, delta)
  if (vendor !== undefined) piece.vendor = vendor
  if (Object.keys(piece).length > 0) yield piece

  const error = choiceError(choice.error) ?? choiceError(delta.error)
  if (error !== undefined) throw inBandFailure(error)
  const finish = finishOf(choice.finish_reason, COMMON_ENDS, finishReasons)
  if (finish === undefined) return
  onFinish()
  yield { finish }
}

/** One of a list of parts: text under any name, or Mistral's thinking; references and images have no place in OpenAI's stream. */
function* contentPart(part: unknown): Iterable<ChunkInit> {
  const { type, thinking, refusal, text: content } = object(part)
  if (type === 'thinking') {
    const reasoning = reasoningText(thinking)
    if (reasoning !== '') yield { reasoning }
  } else if (type === 'refusal') {
    yield { refusal: words(refusal) }
  } else if (typeof type !== 'string' || content !== undefined) {
    const said = words([part])
    if (said !== '') yield { content: said }
  }
}

/** Thoughts are no part of the answer: what of them cannot be read is left out. */
function reasoningText(value: unknown): string {
  const parts = Array.isArray(value) ? value : [value]
  return parts.map((part) => scalarText(isObject(part) ? part.text : part) ?? '').join('')
}

function scalars(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => ['string', 'number'].includes(typeof value)))
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
  ...['index', 'delta', 'message', 'logprobs', 'finish_reason', 'usage', 'error'],
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
