/** OpenAI's chunks, as clients get them. Types only. Wire fields keep their snake_case. */

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call'

export interface Usage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  prompt_tokens_details?: Record<string, number>
  completion_tokens_details?: Record<string, number>
}

export interface TokenLogprob {
  token: string
  logprob: number
  bytes: number[] | null
  top_logprobs: { token: string; logprob: number; bytes: number[] | null }[]
}
export interface Logprobs {
  content: TokenLogprob[] | null
  refusal: TokenLogprob[] | null
}

export interface Annotation {
  type: 'url_citation'
  url_citation: { start_index: number; end_index: number; url: string; title: string }
}

/** A piece of a tool call on the wire: `id`, `type` and the name once, in the first piece. */
export interface ChunkToolCall {
  index: number
  id?: string
  type?: 'function' | 'custom'
  function?: { name?: string; arguments?: string }
  custom?: { name?: string; input?: string }
}

export interface ChunkDelta {
  role?: 'assistant'
  content?: string | null
  reasoning_content?: string
  refusal?: string | null
  tool_calls?: ChunkToolCall[]
  function_call?: { name?: string; arguments?: string }
  annotations?: Annotation[]
  audio?: Record<string, unknown>
  [vendorField: string]: unknown
}

export interface ChunkChoice {
  index: number
  delta: ChunkDelta
  logprobs: Logprobs | null
  finish_reason: FinishReason | null
  [vendorField: string]: unknown
}

/** One OpenAI `chat.completion.chunk`. `created` is in seconds. `choices` is empty only beside `usage`. */
export interface Chunk {
  id: string
  object: 'chat.completion.chunk'
  created: number
  model: string
  service_tier?: string
  system_fingerprint?: string
  choices: ChunkChoice[]
  usage?: Usage | null
  moderation?: Record<string, unknown>
  [vendorField: string]: unknown
}
