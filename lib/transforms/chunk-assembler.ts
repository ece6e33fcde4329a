import { type ChunkOfOne, callParts, type Envelope, makeChunk, partsOf } from '../chunk.ts'
import { streamFailure, unusableAnswer } from '../errors.ts'
import type { Chunk, ChunkDelta, ChunkToolCall, FinishReason, Usage } from '../types/chunk.ts'
import type { ChunkInit, Decoder, WireEvent } from '../types/provider.ts'
import { latestUsage } from './latest-usage.ts'
import { lineParts } from './line-parts.ts'
import { type Piece, plainPiece, repeatedEvents } from './repeated-events.ts'
import { type ToolCalls, toolCalls } from './tool-calls.ts'
import { type Demands, unusable } from './usable.ts'

export interface ChunkAssemblerOptions {
  decoder: Decoder
  /** How many choices were asked for: fewer are no whole answer, unless the provider's terminal says so. */
  choices: number
  /** What stands in the envelope until the provider gives its own. */
  envelope: { id: string; created: number; model: string }
  toolCalls: 'whole' | 'live'
  /** false: pass on fields that OpenAI does not define. */
  strict: boolean
  maxToolCallBytes: number
  /** Of earlier events, in the decoder. */
  maxHeldBytes: number
  /** How the answer can be used. An answer of JSON over `maxJsonBytes` cannot be looked at, and is an error. */
  demands: Demands
  maxJsonBytes: number
  /**
   * Called at each piece of content (`contentSize`). `characters` is how much there is of it; a finish reason alone has none.
   */
  onContent: (characters: number) => void
  /** Called once, when the provider's terminal was seen. */
  onWhole: () => void
}

type PushChunk = (chunk: Chunk) => void

/** Turns the events of one stream into OpenAI chunks. */
export interface ChunkAssembler {
  /** Whether the provider's terminal, or a pause, was seen: nothing of the body after it is looked at. */
  ended(): boolean
  /** The pause that the model has made, until `endPause`; undefined: none. */
  pause(): ChunkInit['pause']
  /** The provider's last total so far; undefined: none has come. */
  usage(): Usage | undefined
  /** The events to come are those of the next body, which has more of the answer. */
  endPause(): void
  add(event: WireEvent, push: PushChunk): void
  /** The body broke off: the connection, or a stage in front of this one, failed. The first cause counts. */
  cut(cause: Error): void
  /** The body has come to its end, or to where it was cut. Not to be called once the terminal was seen. */
  end(push: PushChunk): void
}

/**
 * The wire rules, whatever came in. Each chunk has the full envelope; tool indexes are dense; empty pieces are dropped; the
 * finish reason of each choice goes out once, followed by one usage chunk, and only for a whole answer: the provider's terminal
 * was seen, or the body came to a clean end with a reason for each choice. Else the error is `truncated`: the one place that
 * decides between whole and cut.
 */
export function chunkAssembler(options: ChunkAssemblerOptions): ChunkAssembler {
  const { decoder, demands } = options
  const repeated = decoder.plainText && repeatedEvents(decoder.plainText)
  const envelope: Envelope = { ...options.envelope, object: 'chat.completion.chunk' }
  /** What of the envelope is the provider's own. */
  let own: Partial<Envelope> = {}
  /** A list: few streams have more than one, and a Map takes 300 bytes for it. */
  const choices: Choice[] = []
  let usage: Usage | undefined
  let held = 0
  let ended = false
  let pause: ChunkInit['pause']
  /** What cut the body off. */
  let cause: Error | undefined

  const hold = (characters: number) => {
    held += characters
    if (held <= options.maxToolCallBytes) return
    throw tooMuch('Tool calls', 'maxToolCallBytes', options.maxToolCallBytes)
  }

  const choice = (index: number): Choice => {
    // Mostly the only one.
    const known = choices[0]?.index === index ? choices[0] : choices.find((each) => each.index === index)
    if (known !== undefined) return known
    if (choices.length === MAX_CHOICES) throw streamFailure('malformed', `The stream has over ${MAX_CHOICES} choices.`)
    const fresh: Choice = {
      index,
      calls: undefined,
      finish: undefined,
      begun: false,
      empty: true,
      refused: false,
      text: '',
    }
    choices.push(fresh)
    return fresh
  }

  const callsOf = (index: number): ToolCalls => {
    const known = choice(index)
    known.calls ??= toolCalls(options.toolCalls, hold)
    return known.calls
  }

  const chunk = (index: number, delta: ChunkDelta, finish?: FinishReason): ChunkOfOne => {
    // From the first chunk on the envelope stands.
    own = envelope
    choice(index).begun = true
    return makeChunk(envelope, index, delta, finish)
  }

  /** A chunk for each call, as OpenAI does it: LlamaIndex reads the first of a chunk only. */
  const pushCalls = (index: number, calls: readonly ChunkToolCall[], push: PushChunk) => {
    for (const call of calls.flatMap(callParts)) push(chunk(index, { tool_calls: [call] }))
  }

  const note = (index: number, { content, refusal, audio, opaque, vendor }: ChunkInit) => {
    if (!content && !refusal && !audio && !opaque && !vendor?.delta?.images) return
    const to = choice(index)
    to.empty = false
    if (refusal) to.refused = true
    if (content) noteText(to, content)
  }

  const noteText = (to: Choice, content: string) => {
    to.empty = false
    if (!demands.json) return
    to.text += content
    if (to.text.length > options.maxJsonBytes) {
      throw tooMuch('The answer of JSON', 'maxAnswerBytes', options.maxJsonBytes)
    }
  }

  const addInit = (init: ChunkInit, push: PushChunk): void => {
    for (const part of lineParts(init)) addPart(part, push)
  }

  const addPart = (init: ChunkInit, push: PushChunk): void => {
    identify(envelope, own, init)
    if (init.usage !== undefined) usage = latestUsage(usage, init.usage)
    if (init.finish !== undefined) end(choice(init.index ?? 0), init.finish)
    const size = contentSize(init)
    if (size !== undefined) options.onContent(size)

    const index = init.index ?? 0
    note(index, init)
    const calls = init.toolCalls?.flatMap((call) => callsOf(index).add(call))
    const delta = deltaOf(init)
    const vendor = options.strict ? undefined : init.vendor
    const { logprobs, moderation } = init
    if (delta ?? logprobs ?? vendor ?? moderation) {
      const result: ChunkOfOne & Pick<Chunk, 'moderation'> = chunk(index, { ...vendor?.delta, ...delta })
      if (logprobs !== undefined) result.choices[0].logprobs = logprobs
      if (moderation !== undefined) result.moderation = moderation
      if (vendor === undefined) push(result)
      else push({ ...vendor.chunk, ...result, choices: [{ ...vendor.choice, ...result.choices[0] }] })
    }
    if (calls === undefined || init.toolCalls?.length === 0) return
    pushCalls(index, calls, push)
    // A call that is held is an answer that has begun: the client and the balancers are to see it.
    if (!choice(index).begun) push(chunk(index, { role: 'assistant' }))
  }

  /** The same for a plain piece of the first choice, which most are. */
  const addPiece = ({ kind, text, call }: Piece, push: PushChunk) => {
    if (call !== undefined) return addInit({ toolCalls: [{ ...call, arguments: text }] }, push)
    options.onContent(text.length)
    if (kind === 'content') {
      noteText(choice(0), text)
      for (const content of partsOf(text)) push(chunk(0, { content }))
    } else {
      for (const reasoning_content of partsOf(text)) push(chunk(0, { reasoning_content }))
    }
  }

  const finish = (push: PushChunk) => {
    if (choices.length === 0 || choices.some((each) => each.finish === undefined)) {
      throw streamFailure('truncated', 'The provider ended its stream without a finish reason.')
    }
    choices.sort((a, b) => a.index - b.index)
    const valid = demands.failOn.includes('invalid_tool_calls')
    const ends = choices.map(({ index, calls, finish = 'stop', empty, refused, text }) => {
      const count = calls?.count() ?? 0
      const why = unusable({ finish, empty, refused, calls: count, text }, demands)
      if (why !== undefined) throw unusableAnswer(why)
      const held = calls?.finish({ reason: finish, valid }) ?? []
      return { index, held, reason: finishReason(finish, count) }
    })
    ended = true
    options.onWhole()
    for (const { index, held, reason } of ends) {
      pushCalls(index, held, push)
      push(chunk(index, {}, reason))
    }
    if (usage !== undefined) push({ ...envelope, choices: [], usage })
  }

  const checkKept = () => {
    const kept = decoder.kept?.() ?? 0
    if (kept > options.maxHeldBytes) throw tooMuch('What cannot be sent yet', 'maxHeldBytes', options.maxHeldBytes)
  }

  /** Takes the usage of events that were not decoded. */
  const countUsage = () => {
    const total = repeated?.usage()
    if (total !== undefined) usage = latestUsage(usage, total)
  }

  return {
    ended: () => ended,
    usage() {
      countUsage()
      return usage
    },
    pause: () => pause,
    endPause() {
      ended = false
      pause = undefined
      cause = undefined
    },
    add(event, push) {
      const piece = repeated?.read(event)
      if (piece !== undefined) {
        addPiece(piece, push)
        return checkKept()
      }
      countUsage()
      const inits: ChunkInit[] = []
      for (const init of decoder.decode(event)) {
        inits.push(init)
        addInit(init, push)
        if (init.end) return finish(push)
        if (init.pause !== undefined) {
          ended = true
          pause = init.pause
          return
        }
      }
      checkKept()
      repeated?.learn(event, plainPiece(inits))
    },
    cut(error) {
      cause ??= error
    },
    end(push) {
      countUsage()
      if (cause !== undefined || choices.length < options.choices) {
        throw streamFailure('truncated', 'The provider broke off its stream before the end.', cause)
      }
      finish(push)
    },
  }
}

function tooMuch(what: string, limit: string, size: number): Error {
  return streamFailure('malformed', `${what}: more than ${limit} (${size}).`)
}

/** The most that a client can ask for. */
const MAX_CHOICES = 128

interface Choice {
  index: number
  /** Undefined as long as it calls none. */
  calls: ToolCalls | undefined
  finish: FinishReason | undefined
  /** Whether there is a chunk of it. */
  begun: boolean
  /** Whether there was no text, refusal, audio, image or opaque part. Reasoning alone is no answer. */
  empty: boolean
  refused: boolean
  /** All of its text, if JSON was asked for. */
  text: string
}

/** The first id, time and model before any chunk are kept: providers that change them in mid-stream would confuse clients. */
function identify(envelope: Envelope, own: Partial<Envelope>, init: ChunkInit): void {
  if (init.id && own.id === undefined) envelope.id = own.id = init.id
  if (init.created && own.created === undefined) envelope.created = own.created = init.created
  if (init.model && own.model === undefined) envelope.model = own.model = init.model
  if (init.service_tier) envelope.service_tier = init.service_tier
  if (init.system_fingerprint) envelope.system_fingerprint = init.system_fingerprint
}

/** Some servers give more than one reason: what is said to be cut or filtered is not whole, whatever else they say. */
function end(choice: Choice, reason: FinishReason): void {
  if (choice.finish === 'length' || choice.finish === 'content_filter') return
  choice.finish = reason
}

/** The characters of content: text, reasoning, a refusal, a call, audio, a finish reason. Undefined if there is none of these. */
function contentSize(init: ChunkInit): number | undefined {
  let size = (init.content?.length ?? 0) + (init.reasoning?.length ?? 0) + (init.refusal?.length ?? 0)
  for (const { name, arguments: text } of init.toolCalls ?? []) size += 1 + (name?.length ?? 0) + (text?.length ?? 0)
  if (init.audio) size += 1
  return size > 0 || init.finish !== undefined ? size : undefined
}

function deltaOf(init: ChunkInit): ChunkDelta | undefined {
  const delta: ChunkDelta = {}
  if (init.content) delta.content = init.content
  if (init.reasoning) delta.reasoning_content = init.reasoning
  if (init.refusal) delta.refusal = init.refusal
  if (init.annotations?.length) delta.annotations = init.annotations
  if (init.audio) delta.audio = init.audio
  for (const _ in delta) return delta
  return undefined
}

/** Clients run tools when, and only when, the reason says so. */
function finishReason(reason: FinishReason, calls: number): FinishReason {
  if (reason === 'stop' && calls > 0) return 'tool_calls'
  if ((reason === 'tool_calls' || reason === 'function_call') && calls === 0) return 'stop'
  return reason === 'function_call' ? 'tool_calls' : reason
}
