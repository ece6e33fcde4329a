import { streamFailure } from '../errors.ts'
import type { Chunk, ChunkDelta, ChunkToolCall, FinishReason, Usage } from '../types/chunk.ts'
import type { ChunkInit, Decoder, WireEvent } from '../types/provider.ts'
import { repeatedText } from './repeated-text.ts'
import { type ChunkOfOne, type Envelope, LONGEST_TEXT, makeChunk, partsOf, type Tell } from './told.ts'
import { type ToolCalls, toolCalls } from './tool-calls.ts'

export interface ChunkDecodeOptions {
  decoder: Decoder
  /** What stands in the envelope until the provider tells its own. */
  envelope: { id: string; created: number; model: string }
  toolCalls: 'whole' | 'live'
  /** false: pass on fields that OpenAI does not define. */
  strict: boolean
  maxToolCallBytes: number
  /**
   * Called at each piece of content: text, reasoning, refusal, a tool call, audio, a finish reason. `characters` is how much
   * there is of it; a finish reason alone has none.
   */
  onContent: (characters: number) => void
  /** Called with each total that the provider tells. */
  onUsage: (usage: Usage) => void
  /** Why the body broke off; undefined at a clean end. */
  broken: () => Error | undefined
  /** Called once, when the provider's terminal was seen. */
  onWhole: () => void
}

/** Turns the events of one stream into OpenAI chunks. */
export interface ChunkDecoder {
  /** Whether the provider's terminal was seen: nothing after it is looked at. */
  ended(): boolean
  decode(event: WireEvent, push: Tell): void
  /** The body has ended or broken off. Not to be called once the terminal was seen. */
  end(push: Tell): void
}

/**
 * The wire rules, whatever came in. Each chunk has the full envelope; tool indexes are dense; empty pieces are dropped; the
 * finish reason of each choice goes out once, followed by one usage chunk, and only when the provider's terminal was seen. A
 * body that ends before is the error `truncated`: the one place that tells whole from cut.
 */
export function chunkDecode(options: ChunkDecodeOptions): ChunkDecoder {
  const { decoder } = options
  const repeated = decoder.plainText && repeatedText(decoder.plainText)
  const envelope: Envelope = { ...options.envelope, object: 'chat.completion.chunk' }
  let told: Partial<Envelope> = {}
  /** A list: few streams have more than one, and a Map takes 300 bytes for it. */
  const choices: Choice[] = []
  /** What texts are told like, as long as nothing else comes. */
  let like: Chunk | undefined
  let usage: Usage | undefined
  let held = 0
  let wholeAtEof = false
  let ended = false

  const hold = (characters: number) => {
    held += characters
    if (held <= options.maxToolCallBytes) return
    throw streamFailure('malformed', `Tool calls exceed maxToolCallBytes (${options.maxToolCallBytes}).`)
  }

  const choice = (index: number): Choice => {
    const known = choices.find((each) => each.index === index)
    if (known !== undefined) return known
    if (choices.length === MAX_CHOICES) throw streamFailure('malformed', `The stream has over ${MAX_CHOICES} choices.`)
    const fresh: Choice = { index, calls: undefined, finish: undefined }
    choices.push(fresh)
    return fresh
  }

  const callsOf = (index: number): ToolCalls => {
    const known = choice(index)
    known.calls ??= toolCalls(options.toolCalls, hold)
    return known.calls
  }

  const chunk = (index: number, delta: ChunkDelta, finish?: FinishReason): ChunkOfOne => {
    // From the first chunk on the envelope stands, told or not.
    told = envelope
    return makeChunk(envelope, index, delta, finish)
  }

  const piece = (init: ChunkInit, push: Tell): void => {
    like = undefined
    identify(envelope, told, init)
    if (init.usage !== undefined) {
      usage = init.usage
      options.onUsage(usage)
    }
    if (init.finish !== undefined) choice(init.index ?? 0).finish = init.finish
    const size = sizeOf(init)
    if (size !== undefined) options.onContent(size)

    const index = init.index ?? 0
    // Log probabilities belong to the whole of it.
    const [content, ...parts] = partsOf(init.logprobs === undefined ? init.content : undefined)
    const calls = init.toolCalls?.flatMap((call) => callsOf(index).add(call))
    // Behind the whole of the text.
    const others = calls?.splice(parts.length > 0 ? 0 : 1)
    const delta = deltaOf(init, content ?? init.content, calls)
    const vendor = options.strict ? undefined : init.vendor
    if (delta === undefined && init.logprobs === undefined && vendor === undefined) return
    choice(index)
    const result = chunk(index, { ...vendor?.delta, ...delta })
    if (init.logprobs !== undefined) result.choices[0].logprobs = init.logprobs
    if (vendor === undefined) push(result)
    else push({ ...vendor.chunk, ...result, choices: [{ ...vendor.choice, ...result.choices[0] }] })
    if (parts.length > 0) tellParts(chunk(index, { content: '' }), parts, push)
    if (others !== undefined) apart(index, others, push)
  }

  /** Calls in a chunk each, as OpenAI tells them: LlamaIndex reads the first of a chunk only. */
  const apart = (index: number, calls: ChunkToolCall[], push: Tell) => {
    for (const call of calls) push(chunk(index, { tool_calls: [call] }))
  }

  const finish = (push: Tell) => {
    if (choices.length === 0 || choices.some((each) => each.finish === undefined)) {
      throw streamFailure('truncated', 'The provider ended its stream without a finish reason.')
    }
    ended = true
    options.onWhole()
    choices.sort((a, b) => a.index - b.index)
    for (const { index, calls, finish: reason = 'stop' } of choices) {
      if (calls !== undefined) apart(index, calls.finish(reason === 'length'), push)
      push(chunk(index, {}, finishReason(reason, calls?.count() ?? 0)))
    }
    if (usage !== undefined) push({ ...envelope, choices: [], usage })
  }

  return {
    ended: () => ended,
    decode(event, push) {
      if (ended) return
      const content = repeated?.read(event)
      if (content !== undefined) {
        // Text like that of the event before: all that is to be told of it is the text.
        decoder.plainText?.noted?.(content.length)
        options.onContent(content.length)
        like ??= chunk(0, { content: '' })
        if (content.length > LONGEST_TEXT) tellParts(like, partsOf(content), push)
        else push(like, content)
        return
      }
      let count = 0
      let last: ChunkInit | undefined
      for (const init of decoder(event)) {
        count += 1
        last = init
        piece(init, push)
        if (init.endAtEof) wholeAtEof = true
        if (init.end) return finish(push)
      }
      if (repeated !== undefined) repeated.learn(event, count === 1 && last && isPlain(last) ? last.content : undefined)
    },
    end(push) {
      const cause = options.broken()
      if (!wholeAtEof || cause !== undefined) {
        throw streamFailure('truncated', 'The provider broke off its stream before the end.', cause)
      }
      finish(push)
    },
  }
}

/** What may stand beside a text that is told without the decoder: the envelope, which was told before. */
const BESIDE_TEXT: ReadonlySet<string> = new Set([
  ...['content', 'id', 'created', 'model', 'service_tier', 'system_fingerprint'],
])

/** Whether a piece is content of the first choice and nothing else. */
function isPlain(init: ChunkInit): boolean {
  for (const key in init) {
    const value = init[key as keyof ChunkInit]
    if (value && !BESIDE_TEXT.has(key)) return false
  }
  return true
}

/** The most that a client can ask for. */
const MAX_CHOICES = 128

interface Choice {
  index: number
  /** Undefined as long as it calls none. */
  calls: ToolCalls | undefined
  finish: FinishReason | undefined
}

/** The first id, time and model told before any chunk are kept: providers that change them in mid-stream would confuse clients. */
function identify(envelope: Envelope, told: Partial<Envelope>, init: ChunkInit): void {
  if (init.id && told.id === undefined) envelope.id = told.id = init.id
  if (init.created && told.created === undefined) envelope.created = told.created = init.created
  if (init.model && told.model === undefined) envelope.model = told.model = init.model
  if (init.service_tier) envelope.service_tier = init.service_tier
  if (init.system_fingerprint) envelope.system_fingerprint = init.system_fingerprint
}

/** Undefined if there is no content. */
function sizeOf(init: ChunkInit): number | undefined {
  let size = (init.content?.length ?? 0) + (init.reasoning?.length ?? 0) + (init.refusal?.length ?? 0)
  for (const { name, arguments: text } of init.toolCalls ?? []) size += 1 + (name?.length ?? 0) + (text?.length ?? 0)
  if (init.audio) size += 1
  return size > 0 || init.finish !== undefined ? size : undefined
}

function tellParts(like: Chunk, parts: readonly string[], push: Tell): void {
  for (const part of parts) push(like, part)
}

function deltaOf(
  init: ChunkInit,
  content: string | undefined,
  calls: ChunkToolCall[] | undefined,
): ChunkDelta | undefined {
  const delta: ChunkDelta = {}
  if (content) delta.content = content
  if (init.reasoning) delta.reasoning_content = init.reasoning
  if (init.refusal) delta.refusal = init.refusal
  if (init.annotations?.length) delta.annotations = init.annotations
  if (init.audio) delta.audio = init.audio
  if (calls?.length) delta.tool_calls = calls
  for (const _ in delta) return delta
  return undefined
}

/** Clients run tools when, and only when, the reason says so. */
function finishReason(told: FinishReason, calls: number): FinishReason {
  if (told === 'stop' && calls > 0) return 'tool_calls'
  if ((told === 'tool_calls' || told === 'function_call') && calls === 0) return 'stop'
  return told === 'function_call' ? 'tool_calls' : told
}
