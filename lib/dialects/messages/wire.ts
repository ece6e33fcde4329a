/**
 * The Messages request as clients send it, checked by request-schema.ts as far as it is typed here. Source: @anthropic-ai/sdk
 * `resources/messages/messages.ts`. Types only.
 */

export interface CacheControl {
  type: 'ephemeral'
  ttl?: string
}
interface Cacheable {
  cache_control?: CacheControl | null
}

export interface TextBlock extends Cacheable {
  type: 'text'
  text: string
  /** Of any shape. */
  citations?: unknown
}
export type ImageSource =
  | { type: 'base64'; media_type: string; data: string }
  | { type: 'url'; url: string }
  | { type: 'file'; file_id: string }
export interface ImageBlock extends Cacheable {
  type: 'image'
  source: ImageSource
}
export interface DocumentBlock extends Cacheable {
  type: 'document'
  source: ImageSource | { type: 'text'; data: string } | { type: 'content'; content: string | ResultBlock[] }
  title?: string | null
  context?: string | null
  citations?: { enabled?: boolean | null } | null
}
export interface SearchResultBlock extends Cacheable {
  type: 'search_result'
  source: string
  title: string
  content: TextBlock[]
}
export interface ToolReferenceBlock {
  type: 'tool_reference'
  tool_name: string
}
export type ResultBlock = TextBlock | ImageBlock | DocumentBlock | SearchResultBlock | ToolReferenceBlock

export interface ToolUseBlock extends Cacheable {
  type: 'tool_use'
  id: string
  name: string
  input: Record<string, unknown>
}
export interface ToolResultBlock extends Cacheable {
  type: 'tool_result'
  tool_use_id: string
  content?: string | ResultBlock[] | null
  is_error?: boolean | null
}
export interface ThinkingBlock {
  type: 'thinking'
  thinking: string
  signature?: string | null
}
export interface RedactedThinkingBlock {
  type: 'redacted_thinking'
  data: string
}
export type Block = ResultBlock | ToolUseBlock | ToolResultBlock | ThinkingBlock | RedactedThinkingBlock

export interface MessageParam {
  role: 'user' | 'assistant' | 'system'
  content: string | Block[]
}

export interface ClientTool extends Cacheable {
  type?: 'custom' | null
  name: string
  description?: string | null
  input_schema: Record<string, unknown>
  strict?: boolean | null
  defer_loading?: boolean | null
}
/** Of another type: a tool that Anthropic defines. */
export type ToolParam = ClientTool | { type: string; readonly [field: string]: unknown }

export type ToolChoice =
  | { type: 'auto' | 'any' | 'none'; disable_parallel_tool_use?: boolean | null }
  | { type: 'tool'; name: string; disable_parallel_tool_use?: boolean | null }

interface JsonFormat {
  type: string
  schema?: Record<string, unknown> | null
}

export interface MessagesRequest {
  model: string
  messages: MessageParam[]
  max_tokens?: number
  system?: string | TextBlock[] | null
  stream?: boolean | null
  temperature?: number | null
  top_p?: number | null
  top_k?: number | null
  stop_sequences?: string[] | null
  tools?: ToolParam[] | null
  tool_choice?: ToolChoice | null
  thinking?: { type: string; budget_tokens?: number | null } | null
  output_config?: { effort?: string | null; format?: JsonFormat | null } | null
  output_format?: JsonFormat | null
  metadata?: { user_id?: string | null } | null
  service_tier?: string | null
  readonly [field: string]: unknown
}
