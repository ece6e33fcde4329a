import type { Annotation, Chunk, ChunkDelta, ChunkToolCall, FinishReason, Logprobs, Usage } from '../../types/chunk.ts'

export interface CompletionMessage {
  role: 'assistant'
  content: string | null
  refusal: string | null
  reasoning_content?: string
  annotations?: Annotation[]
  audio?: Record<string, unknown>
  tool_calls?: Omit<ChunkToolCall, 'index'>[]
  function_call?: { name: string; arguments: string }
  [vendorField: string]: unknown
}

/** OpenAI's `chat.completion`: the answer to `stream: false`. */
export interface Completion {
  id: string
  object: 'chat.completion'
  created: number
  model: string
  service_tier?: string
  system_fingerprint?: string
  choices: {
    index: number
    message: CompletionMessage
    logprobs: Logprobs | null
    finish_reason: FinishReason | null
  }[]
  usage?: Usage
  [vendorField: string]: unknown
}

/** Folds the chunks of a whole answer into one completion. */
export function collect(): { add(chunk: Chunk): void; result(): Completion } {
  let merged: Chunk | undefined
  let usage: Usage | undefined
  const choices = new Map<number, Completion['choices'][number]>()

  return {
    add(chunk) {
      merged = Object.assign(merged ?? {}, chunk)
      usage = chunk.usage ?? usage
      for (const { index, delta, logprobs, finish_reason, ...vendor } of chunk.choices) {
        const choice = choices.get(index) ?? newChoice(index)
        choices.set(index, choice)
        fold(choice.message, delta)
        if (logprobs !== null)
          choice.logprobs = joinLogprobs(choice.logprobs ?? { content: null, refusal: null }, logprobs)
        if (finish_reason !== null) choice.finish_reason = finish_reason
        // Some send a message beside the delta.
        Object.assign(choice, { ...vendor, message: choice.message })
      }
    },
    result() {
      if (merged === undefined) throw new Error('there is no chunk to fold')
      const { object: _, choices: __, usage: ___, ...envelope } = merged
      const inOrder = [...choices.values()].sort((a, b) => a.index - b.index)
      return { ...envelope, object: 'chat.completion', choices: inOrder, ...(usage && { usage }) }
    },
  }
}

function newChoice(index: number): Completion['choices'][number] {
  return { index, message: { role: 'assistant', content: null, refusal: null }, logprobs: null, finish_reason: null }
}

function fold(message: CompletionMessage, delta: ChunkDelta): void {
  const {
    role: _,
    content,
    refusal,
    reasoning_content,
    tool_calls,
    function_call,
    annotations,
    audio,
    ...vendor
  } = delta
  if (content != null) message.content = (message.content ?? '') + content
  if (refusal != null) message.refusal = (message.refusal ?? '') + refusal
  if (reasoning_content !== undefined) message.reasoning_content = (message.reasoning_content ?? '') + reasoning_content
  if (annotations !== undefined) message.annotations = joinLists(message.annotations, annotations)
  if (audio !== undefined) message.audio = joinAudio(message.audio ?? {}, audio)
  if (function_call !== undefined) {
    message.function_call ??= { name: '', arguments: '' }
    const call = message.function_call
    call.name ||= function_call.name ?? ''
    call.arguments += function_call.arguments ?? ''
  }
  for (const piece of tool_calls ?? []) message.tool_calls = joinCall(message.tool_calls ?? [], piece)
  for (const [key, value] of Object.entries(vendor)) {
    const known = message[key]
    message[key] = Array.isArray(value) ? joinLists(known, value) : value
  }
}

function joinCall(calls: Omit<ChunkToolCall, 'index'>[], piece: ChunkToolCall) {
  const { index, ...start } = piece
  const call = calls[index]
  if (call === undefined) {
    calls[index] = start
    return calls
  }
  if (call.function !== undefined) {
    call.function = { ...call.function, arguments: (call.function.arguments ?? '') + (piece.function?.arguments ?? '') }
  }
  if (call.custom !== undefined) {
    call.custom = { ...call.custom, input: (call.custom.input ?? '') + (piece.custom?.input ?? '') }
  }
  return calls
}

function joinAudio(audio: Record<string, unknown>, piece: Record<string, unknown>): Record<string, unknown> {
  const joined: Record<string, unknown> = { ...audio, ...piece }
  for (const key of ['data', 'transcript']) {
    if (typeof audio[key] === 'string' && typeof piece[key] === 'string') joined[key] = audio[key] + piece[key]
  }
  return joined
}

function joinLogprobs(known: Logprobs, { content, refusal }: Logprobs): Logprobs {
  if (content !== null) known.content = joinLists(known.content, content)
  if (refusal !== null) known.refusal = joinLists(known.refusal, refusal)
  return known
}

/** Grows the first list, which is ours: a copy for each chunk would cost the square of their number. */
function joinLists<T>(known: unknown, more: readonly T[]): T[] {
  if (!Array.isArray(known)) return [...more]
  for (const each of more) known.push(each)
  return known
}
