import type { ChatRequest } from './chat.ts'
import type { Annotation, FinishReason, Logprobs, Usage } from './chunk.ts'

/** The vocabulary of the engine and its providers: framings, events, decoders, requests for the wire, errors. Types only. */

/** The ways to cut a response's bytes into events. */
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
 * A piece of a tool call as a provider sends it. `key` is whatever identifies a call within its choice (an index, a block
 * number); calls get their dense `index` from the order in which keys first appear. `arguments` (or a custom tool's
 * input) is the next fragment of text.
 */
export interface ToolCallDelta {
  key: string | number
  id?: string
  type?: 'function' | 'custom'
  /** The name so far; a later one replaces it. */
  name?: string
  arguments?: string
  /**
   * Opaque text that this provider wants back with the call on the next turn (a thought signature, thinking blocks).
   * It comes back as `state` of the request's ToolCall, through any client.
   */
  state?: string
  /** What must come back in any case, and goes in place of `state` where that would make the id too long. */
  lessState?: string
}

/**
 * A piece of an answer, as a decoder yields it: the fields of one event alone. The stage after it adds the envelope, the
 * role, dense indexes and the order (see transforms/chunk-assembler.ts).
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
  /** May come any number of times; the last one wins and goes out once, at the end. */
  finish?: FinishReason
  /** A part of the answer that chunks have no form for, such as the work of a tool that the provider runs: it is not empty. */
  opaque?: true
  /** Running or final total; the last one wins and goes out once, at the end. */
  usage?: Usage
  /**
   * The model has paused within its turn: no end. More of the answer comes in the response to the request that this makes of
   * the first one, read by the same decoder. Nothing more of this response is looked at.
   */
  pause?: (encoded: HttpRequest) => HttpRequest
  /**
   * The provider's own terminal was seen: the stream is whole. Nothing after it is looked at. Without it a stream is whole at a
   * clean end of the body, once each choice has its finish reason.
   */
  end?: true
  /** OpenAI's verdict on the prompt and the answer, where it was asked for; it goes out as it came. */
  moderation?: Record<string, unknown>
  /** Fields OpenAI does not define; go out only if `strict_open_ai_compliance` is false. */
  vendor?: { chunk?: Record<string, unknown>; choice?: Record<string, unknown>; delta?: Record<string, unknown> }
}

/** Reads the events of one stream, whose state it has. */
export interface Decoder {
  /**
   * Turns one event into zero, one or many pieces; synchronous. Throws UpstreamError for an error inside the stream and for
   * events it cannot read. Ignores events it does not know.
   */
  decode(event: WireEvent): Iterable<ChunkInit>
  /**
   * For streams in which many events differ from the one before in one piece of text alone: where that stands, so that such
   * events need not be parsed each. Given only by a decoder to which nothing else of an event counts whose like said this piece
   * and no more.
   */
  plainText?: PlainText
  /**
   * How much of earlier events it keeps, in characters: the stream fails beyond `maxHeldBytes`. Left out: nothing whose amount a
   * provider could choose.
   */
  kept?(): number
}

/** A place in JSON, key by key. */
export type JsonPath = readonly (string | number)[]

/** The pieces of text that an event may tell: of the answer, of thoughts, of a call's arguments. */
export type PieceKind = 'content' | 'reasoning' | 'arguments'

/** How the events of a stream tell plain text. */
export interface PlainText {
  /** Where a piece of each kind stands in an event. */
  readonly places: readonly { kind: PieceKind; path: JsonPath }[]
  /** Scalars that may differ beside it and say nothing: padding, or an envelope that is known by then. */
  readonly idle?: readonly JsonPath[]
  /** The totals so far, as each event has them, and what they come to. `read` is called with the last ones, which stand for all. */
  readonly usage?: { readonly path: JsonPath; read(counts: unknown): Usage | undefined }
  /** The JSON within an event's data, where it is wrapped in something; undefined: this event is another one. */
  unwrapped?(data: string): string | undefined
  /** Whether one like the event that was decoded last would be read as it was, whatever comes between. @default true */
  mayRepeat?(): boolean
  /** Hears of a piece that was read without the decoder. */
  noted?(kind: PieceKind, piece: string): void
}

/** A request ready for the wire. `body` is the exact text that is sent (and was signed). Header names in lower case. */
export interface HttpRequest {
  url: URL
  headers: Record<string, string>
  body: string
  /** The request's parameters that had no native form and were left out, for `x-streamgate-dropped-params`. */
  dropped?: readonly string[]
  /** The kinds of changes that made the conversation and its tools fit the provider, for `x-streamgate-adjusted`. */
  adjusted?: readonly string[]
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
  /** The wait that the body asks for, in ms; headers are read elsewhere. */
  retryAfter?: number
}

/** The provider's side of a target, as given in the config. */
export interface ProviderFields {
  /** azure-openai */
  resource_name?: string
  deployment_id?: string
  api_version?: string
  azure_ad_token?: string
  /** The model behind a deployment or a profile's ARN, whose name is another (azure-openai, bedrock). */
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
  /** openai, azure-openai: the API to ask, whatever is known of the model. */
  openai_api?: 'chat' | 'responses'
}

/** Keys for AWS signatures. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** The target, as far as its provider may know it. */
export interface Endpoint {
  /** The key to use: the target's own, else the client's bearer token; undefined if there is none. */
  readonly apiKey: string | undefined
  /** Replaces the provider's base URL. No trailing slash. */
  readonly customHost: string | undefined
  readonly fields: Readonly<ProviderFields>
  /** false: pass on the provider's own fields too. */
  readonly strict: boolean
  /** Finish reasons that this target has beside those of its dialect, such as `{ eos_token: 'stop' }`. */
  readonly finishReasons?: Readonly<Record<string, FinishReason>> | undefined
  /**
   * Fetches an image or a PDF from an http(s) URL of the request, for providers that take bytes only; `data` is base64. The
   * same URL is fetched once an attempt. Rejects with RequestError if it may not be or cannot be fetched.
   */
  readonly fetchMedia: (url: string) => Promise<{ mime: string; data: string }>
  /**
   * A body of OpenAI's form without what this model was found to refuse, whatever a table says; the request itself has lost it
   * already. Left out: nothing was refused.
   */
  readonly fitted?: <B extends object>(body: B) => B
  /** false: this model was found not to stream this, and is to be asked for its whole answer. @default true */
  readonly stream?: boolean
  /** The API that this model was found to be served by, in the word of its provider's `otherApi`. */
  readonly api?: string | undefined
}

/** A request whose client speaks a dialect that some providers speak, too. */
export interface NativeRequest {
  readonly dialect: 'messages' | 'responses'
  /** The model that the client asked for; `body` has the target's. */
  readonly asked?: string
  /** As the client wrote it, with the target's `override_params` and model. Frozen. */
  readonly body: Readonly<Record<string, unknown>>
  /** Those of the client's headers that belong to the dialect, such as `anthropic-beta`. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * Fields of the body for a target that cannot read what another one keeps, or has sealed: the whole conversation, in words that
   * all know. Undefined ones are left out. Left out: there is nothing of the kind in it, or it is not known here.
   */
  readonly portable?: () => Readonly<Record<string, unknown>>
}

/** An event of the provider's on its way to a client that speaks the same. */
export interface NativeEvent {
  /** The name of its SSE frame. */
  readonly event: string
  /** The data of its SSE frame: the provider's own text. */
  readonly data: string
  /**
   * `with-next`: it ends a part, and waits for what comes next, since a broken part may be gone on with. `with-terminal`: it, and
   * all behind it, waits until the answer is whole: an end, and a call, which a client runs as soon as it has all of it.
   */
  readonly goes: 'at-once' | 'with-next' | 'with-terminal'
  /** Whether it shows what no other attempt could go on with or repeat: the work of a tool that the provider runs. */
  readonly opaque: boolean
}

/** The way of one request, and of its answer, past the translations. */
export interface NativePassage {
  /** Throws RequestError, as Provider.encode. Asks for a stream, unless the target was found to have none. */
  encode(): HttpRequest | Promise<HttpRequest>
  /** Says what the events mean: for the gate, deadlines, recovery, usage. It never pauses. */
  decoder(): Decoder
  /** Undefined: an event that is not passed on. */
  read(event: WireEvent): NativeEvent | undefined
  /**
   * An answer in one piece as the event that ends it, for a client that wants one piece. Left out: it is translated, as it is for
   * every client that wants a stream.
   */
  readWhole?(event: WireEvent): NativeEvent
  /** The provider's other API, if the target refused the request since it does not have the one of the passage. */
  otherApi?(failure: ApiError): string | undefined
  /** Whether the target refused what another one keeps, or has sealed. Left out: there is no `portable` form to ask it with. */
  refusesForeign?(failure: ApiError): boolean
}

/** A question of how many tokens a request has, and its answer. */
export interface TokenCount {
  /** Throws RequestError, as Provider.encode. */
  encode(endpoint: Endpoint): HttpRequest | Promise<HttpRequest>
  /** Reads the body of a 200; undefined if it says nothing. */
  read(body: string): number | undefined
}

/** Below the path of the Responses API: a conversation made shorter, the number of its tokens. */
export type ResponsesPath = 'compact' | 'input_tokens'

/** What OpenAI's API for embeddings takes: checked, with the target's model. Frozen. Other fields are the client's own. */
export interface EmbeddingsRequest {
  readonly model: string
  /** One text, or several, or tokens of one or of several. */
  readonly input: string | readonly (string | number | readonly number[])[]
  readonly encoding_format?: unknown
  readonly [field: string]: unknown
}

/** One dialect: an OpenAI request out, a provider's stream in. Plain functions without state. */
export interface Provider {
  readonly name: string
  /** The framing of a 200's body, from its headers; `sse-or-json-array` where only the body itself shows it. */
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
   * Passes a request on as the client wrote it, where this target speaks the client's dialect; `request` is its translation.
   * Undefined: it is translated.
   */
  native?(native: NativeRequest, request: ChatRequest, endpoint: Endpoint): NativePassage | undefined
  /** Has a target count the tokens of a request in the client's own words. Undefined: it cannot count this one. */
  countTokens?(native: NativeRequest, request: ChatRequest, fields: Readonly<ProviderFields>): TokenCount | undefined
  /**
   * Builds a request to what stands beside the answers of the Responses API, in the client's own words; what comes back is the
   * client's as it is. Undefined: this target does not speak that API.
   */
  besideResponses?(
    path: ResponsesPath,
    native: NativeRequest,
    request: ChatRequest,
    fields: Readonly<ProviderFields>,
  ): ((endpoint: Endpoint) => HttpRequest) | undefined
  /**
   * Whether this model goes on with a text that the last message, the assistant's, begins. Left out: no model does, as far as
   * is known.
   */
  prefill?(model: string, fields: Readonly<ProviderFields>): boolean
  /**
   * Builds a request for embeddings, whose answer is in OpenAI's form. Throws RequestError for what it cannot serve. Left out: the
   * provider has none in this form.
   */
  embeddings?(request: EmbeddingsRequest, endpoint: Endpoint): HttpRequest
  /**
   * Reads from an error that it is the provider's other API that serves this, and names it in a word that `endpoint.api` has at
   * the next try; undefined for every other error. Left out: the provider has one API.
   */
  otherApi?(error: ApiError, request: ChatRequest, endpoint: Pick<Endpoint, 'fields' | 'api'>): string | undefined
  /** Reads a non-2xx body (at most 64 KB of it), in whatever form it came, and headers in lower case. Never throws. */
  error(status: number, body: string, headers?: Readonly<Record<string, string | string[] | undefined>>): ApiError
}
