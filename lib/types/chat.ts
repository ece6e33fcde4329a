/** The request of OpenAI's chat API, as providers get it. Types only. */

/** Marks the end of what is to be cached: in OpenAI's words, or in Anthropic's, as most clients of gateways write it. */
export interface Cacheable {
  prompt_cache_breakpoint?: { mode: 'explicit'; ttl?: string }
  cache_control?: { type: 'ephemeral'; ttl?: string }
}

export interface TextPart extends Cacheable {
  type: 'text'
  text: string
}
export interface ImagePart extends Cacheable {
  type: 'image_url'
  image_url: { url: string; detail?: string }
}
export interface AudioPart {
  type: 'input_audio'
  input_audio: { data: string; format: string }
}
export interface FilePart extends Cacheable {
  type: 'file'
  file: { file_data?: string; file_id?: string; filename?: string }
  /** Asks for citations of this document, in Anthropic's words; they come as annotations. */
  citations?: { enabled: boolean }
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
  /** Parts of tools that Gemini ran itself, as an answer that need not be strict had them. */
  gemini_parts?: unknown
  name?: string
}
export interface ToolMessage {
  role: 'tool'
  /** OpenAI's own type has text alone here; agents that look at screens send images. */
  content: string | (TextPart | ImagePart | FilePart)[]
  tool_call_id: string
}
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/** A call in an assistant message of the request. `arguments` is JSON text, as the model wrote it. */
export interface ToolCall {
  id: string
  type: 'function' | 'custom'
  function?: { name: string; arguments: string }
  custom?: { name: string; input: string }
  /** Opaque text of the provider that made this call, exactly as its decoder gave it (see ToolCallDelta). */
  state?: string
}

export interface FunctionTool extends Pick<Cacheable, 'cache_control'> {
  type: 'function'
  function: { name: string; description?: string; parameters?: Record<string, unknown>; strict?: boolean | null }
}
export interface CustomTool {
  type: 'custom'
  function?: undefined
  custom: { name: string; description?: string; format?: unknown }
}
/** A tool that a provider itself defines, in its own words: `{"type": "web_search_20250305", "name": "web_search"}`. */
export interface NativeTool {
  type: string
  function?: undefined
  custom?: undefined
  readonly [field: string]: unknown
}
/** Told apart by `function` and `custom`: `type` of a native tool can be anything else. */
export type Tool = FunctionTool | CustomTool | NativeTool

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
