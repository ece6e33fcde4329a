/**
 * The vocabulary. Types only; imports nothing.
 *
 * Wire fields keep their snake_case; names of our own are camelCase. Times are milliseconds, sizes bytes.
 */

// ---------------------------------------------------------------------------------------------- the chat request

export interface TextPart {
  type: 'text'
  text: string
  prompt_cache_breakpoint?: { mode: 'explicit'; ttl?: string }
}
export interface ImagePart {
  type: 'image_url'
  image_url: { url: string; detail?: string }
  prompt_cache_breakpoint?: { mode: 'explicit'; ttl?: string }
}
export interface AudioPart {
  type: 'input_audio'
  input_audio: { data: string; format: string }
}
export interface FilePart {
  type: 'file'
  file: { file_data?: string; file_id?: string; filename?: string }
  prompt_cache_breakpoint?: { mode: 'explicit'; ttl?: string }
}
export interface RefusalPart {
  type: 'refusal'
  refusal: string
}
export type UserPart = TextPart | ImagePart | AudioPart | FilePart

export interface SystemMessage {
  role: 'system' | 'developer'
  content: string | TextPart[]
  name?: string
}
export interface UserMessage {
  role: 'user'
  content: string | UserPart[]
  name?: string
}
export interface AssistantMessage {
  role: 'assistant'
  content?: string | (TextPart | RefusalPart)[] | null
  refusal?: string | null
  tool_calls?: ToolCall[]
  audio?: { id: string } | null
  /** The reasoning that a client sends back, if it keeps it. */
  reasoning_content?: string | null
  name?: string
}
export interface ToolMessage {
  role: 'tool'
  content: string | TextPart[]
  tool_call_id: string
}
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/** A call in an assistant message of the request. `arguments` is JSON text, as the model wrote it. */
export interface ToolCall {
  id: string
  type: 'function' | 'custom'
  function?: { name: string; arguments: string }
  custom?: { name: string; input: string }
  /** What the provider that made this call wants back with it, exactly as its decoder gave it (see ToolCallDelta). */
  state?: string
}

export interface FunctionTool {
  type: 'function'
  function: { name: string; description?: string; parameters?: Record<string, unknown>; strict?: boolean | null }
}
export interface CustomTool {
  type: 'custom'
  custom: { name: string; description?: string; format?: unknown }
}
export type Tool = FunctionTool | CustomTool

export type ToolChoice =
  | 'none'
  | 'auto'
  | 'required'
  | { type: 'function'; function: { name: string } }
  | { type: 'custom'; custom: { name: string } }
  | { type: 'allowed_tools'; allowed_tools: { mode: 'auto' | 'required'; tools: Record<string, unknown>[] } }

export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | {
      type: 'json_schema'
      json_schema: { name: string; description?: string; schema?: Record<string, unknown>; strict?: boolean | null }
    }

/**
 * An OpenAI chat request as providers get it: checked, `override_params` applied, the legacy `functions` and
 * `function_call` rewritten to `tools` and `tool_choice`, messages of role `function` to role `tool`. Frozen, and shared
 * by all attempts: never change it. Fields without a type here are the client's own and unchecked.
 */
export interface ChatRequest {
  readonly model: string
  readonly messages: readonly Message[]
  readonly stream?: boolean | null
  readonly stream_options?: { include_usage?: boolean; include_obfuscation?: boolean } | null
  readonly max_tokens?: number | null
  readonly max_completion_tokens?: number | null
  readonly temperature?: number | null
  readonly top_p?: number | null
  readonly top_k?: number | null
  readonly n?: number | null
  readonly stop?: string | string[] | null
  readonly seed?: number | null
  readonly presence_penalty?: number | null
  readonly frequency_penalty?: number | null
  readonly logit_bias?: Record<string, number> | null
  readonly logprobs?: boolean | null
  readonly top_logprobs?: number | null
  readonly tools?: readonly Tool[]
  readonly tool_choice?: ToolChoice
  readonly parallel_tool_calls?: boolean
  readonly response_format?: ResponseFormat
  readonly reasoning_effort?: string | null
  readonly verbosity?: string | null
  readonly modalities?: string[] | null
  readonly service_tier?: string | null
  readonly user?: string
  readonly safety_identifier?: string
  readonly metadata?: Record<string, string> | null
  readonly [field: string]: unknown
}

// --------------------------------------------------------------------------------------------- what goes out again

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
  [vendorField: string]: unknown
}

// ------------------------------------------------------------------------------------------------------- providers

/** How a response's bytes are cut into events. */
export type Framing = 'sse' | 'json-lines' | 'json-array' | 'aws-eventstream'

/**
 * One event as cut from the wire. For `sse`: the `event:` field and the joined `data:` fields. For the JSON framings: one
 * value's text. For `aws-eventstream`: the `:event-type` and the payload as text; of exceptions `exception:` followed by
 * the `:exception-type` or `:error-code`, and `{"message": …}` as text.
 */
export interface WireEvent {
  readonly event: string | undefined
  readonly data: string
}

/**
 * A piece of a tool call as a provider tells it. `key` is whatever tells the calls of one choice apart (an index, a block
 * number); calls get their dense `index` from the order in which keys first appear. `arguments` (or a custom tool's
 * input) is the next fragment of text.
 */
export interface ToolCallDelta {
  key: string | number
  id?: string
  type?: 'function' | 'custom'
  name?: string
  arguments?: string
  /**
   * Opaque text that this provider wants back with the call on the next turn (a thought signature, thinking blocks).
   * It comes back as `state` of the request's ToolCall, through any client.
   */
  state?: string
}

/**
 * What a decoder yields: only what this event told. All fields are optional; the stage after it adds the envelope, the
 * role, dense indexes and the order (see transforms/chunk-decode.ts).
 */
export interface ChunkInit {
  id?: string
  /** Seconds since 1970. */
  created?: number
  model?: string
  service_tier?: string
  system_fingerprint?: string
  /** The choice this is about; 0 if left out. */
  index?: number
  content?: string
  reasoning?: string
  refusal?: string
  toolCalls?: ToolCallDelta[]
  annotations?: Annotation[]
  audio?: Record<string, unknown>
  logprobs?: Logprobs
  /** Told any number of times; the last one wins and goes out once, at the end. */
  finish?: FinishReason
  /** Running or final total; the last one wins and goes out once, at the end. */
  usage?: Usage
  /** The provider's own terminal was seen: the stream is whole. Nothing after it is looked at. */
  end?: true
  /** From now on a clean end of the body counts as whole, a reset does not: for providers without a terminal. */
  endAtEof?: true
  /** Fields OpenAI does not define; go out only if `strict_open_ai_compliance` is false. */
  vendor?: { chunk?: Record<string, unknown>; choice?: Record<string, unknown>; delta?: Record<string, unknown> }
}

/**
 * Turns one event into zero, one or many pieces; synchronous, with the state of one stream in its closure. Throws
 * UpstreamError for an error inside the stream and for events it cannot read. Ignores events it does not know.
 */
export interface Decoder {
  (event: WireEvent): Iterable<ChunkInit>
  /**
   * For streams whose events differ in their text alone: where it stands, so that such events need not be parsed each. Given
   * only by decoders that look at nothing else of an event whose like told content and no more.
   */
  plainText?: PlainText
}

/** Where plain text stands in the JSON of an event. */
export interface PlainText {
  readonly path: readonly (string | number)[]
  /** Hears of text that was read without the decoder: so many characters of content. */
  noted?(characters: number): void
}

/** A request ready for the wire. `body` is the exact text that is sent (and was signed). Header names in lower case. */
export interface HttpRequest {
  url: URL
  headers: Record<string, string>
  body: string
  /** The request's parameters that had no native form and were left out, for `x-streamgate-dropped-params`. */
  dropped?: readonly string[]
}

/** An error in the terms of OpenAI's envelope, with what the engine needs to know about it. */
export interface ApiError {
  /** The HTTP status the client would get. */
  status: number
  message: string
  type: string
  param: string | null
  code: string | null
  /** Whether the same request may work on the same target later. */
  retryable: boolean
  /** How long the provider asks to wait, told in the body; headers are read elsewhere. */
  retryAfter?: number
}

/** The provider's side of a target, as given in the config. */
export interface ProviderFields {
  /** azure-openai */
  resource_name?: string
  deployment_id?: string
  api_version?: string
  azure_ad_token?: string
  /** The model behind a deployment or a profile's ARN, whose name does not tell it (azure-openai, bedrock). */
  base_model?: string
  /** bedrock */
  aws_access_key_id?: string
  aws_secret_access_key?: string
  aws_session_token?: string
  aws_region?: string
  bedrock_api?: 'converse' | 'invoke'
  /** vertex-ai */
  vertex_project_id?: string
  vertex_region?: string
  /** anthropic */
  anthropic_version?: string
  anthropic_beta?: string
  /** openai */
  openai_organization?: string
  openai_project?: string
}

/** Keys for AWS signatures. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** What a provider may know of the target it speaks for. */
export interface Endpoint {
  /** The key to use: the target's own, else the client's bearer token; undefined if there is none. */
  readonly apiKey: string | undefined
  /** Replaces the provider's base URL. No trailing slash. */
  readonly customHost: string | undefined
  readonly fields: Readonly<ProviderFields>
  /** false: pass on the provider's own fields too. */
  readonly strict: boolean
  /**
   * Fetches an image or a PDF from an http(s) URL of the request, for providers that take bytes only; `data` is base64. The
   * same URL is fetched once an attempt. Rejects with RequestError if it may not be or cannot be fetched.
   */
  readonly fetchMedia: (url: string) => Promise<{ mime: string; data: string }>
}

/** One dialect: an OpenAI request out, a provider's stream in. Plain functions without state. */
export interface Provider {
  readonly name: string
  /** How a 200's body is framed, from its headers; `sse-or-json-array` where only the body itself tells. */
  framing(
    headers: Readonly<Record<string, string | string[] | undefined>>,
    request: ChatRequest,
    endpoint: Endpoint,
  ): Framing | 'sse-or-json-array'
  /**
   * Credentials that this machine itself has, for a target of the operator's that was given none; asked before the client's
   * token is used. Resolves to undefined if there is nothing to ask.
   */
  ownCredentials?(): Promise<AwsCredentials | undefined>
  /** Builds the streaming request. Throws RequestError for what this provider cannot serve. */
  encode(request: ChatRequest, endpoint: Endpoint): HttpRequest | Promise<HttpRequest>
  /** A fresh decoder for one stream, the answer to this request. */
  decoder(request: ChatRequest, endpoint: Endpoint): Decoder
  /**
   * Whether this model goes on with a text that the last message, the assistant's, begins. Left out: no model does, as far as
   * is known.
   */
  prefill?(model: string, fields: Readonly<ProviderFields>): boolean
  /** Reads a non-2xx body (at most 64 KB of it), in whatever form it came. Never throws. */
  error(status: number, body: string): ApiError
}
