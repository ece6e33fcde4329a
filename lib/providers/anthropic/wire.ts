/** The parts of Anthropic's Messages request that we build. Source: @anthropic-ai/sdk `resources/messages/messages.ts`. */

export interface CacheControl {
  type: 'ephemeral'
  ttl?: '5m' | '1h'
}

interface Cacheable {
  cache_control?: CacheControl
}

export interface TextBlock extends Cacheable {
  type: 'text'
  text: string
}
export interface ImageBlock extends Cacheable {
  type: 'image'
  source: { type: 'base64'; media_type: ImageType; data: string } | { type: 'url'; url: string }
}
export interface DocumentBlock extends Cacheable {
  type: 'document'
  source:
    | { type: 'base64'; media_type: 'application/pdf'; data: string }
    | { type: 'text'; media_type: 'text/plain'; data: string }
    | { type: 'url'; url: string }
  title?: string
  citations?: { enabled: true }
}
export interface ToolUseBlock extends Cacheable {
  type: 'tool_use'
  id: string
  name: string
  input: Record<string, unknown>
}
export interface ToolResultBlock extends Cacheable {
  type: 'tool_result'
  tool_use_id: string
  content?: (TextBlock | ImageBlock | DocumentBlock)[]
}
export type ThinkingBlock =
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'redacted_thinking'; data: string }

export type ImageType = 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp'
export type UserBlock = TextBlock | ImageBlock | DocumentBlock | ToolResultBlock
export type AssistantBlock = TextBlock | ToolUseBlock | ThinkingBlock

export type MessageParam =
  | { role: 'user'; content: UserBlock[] }
  | { role: 'assistant'; content: AssistantBlock[] }
  | { role: 'system'; content: TextBlock[] }

export type JsonSchema = Record<string, unknown>

export interface FunctionToolParam extends Cacheable {
  name: string
  description?: string
  input_schema: { type: 'object' } & JsonSchema
  strict?: true
}
export interface WebSearchTool {
  type: 'web_search_20250305'
  name: 'web_search'
  user_location?: { type: 'approximate'; city?: string; country?: string; region?: string; timezone?: string }
}
/** Another tool of Anthropic's own, in the client's words; this one stands for all of them. */
export interface NativeToolParam extends Cacheable {
  type: 'bash_20250124'
  name: 'bash'
}
export type ToolParam = FunctionToolParam | WebSearchTool | NativeToolParam

export type ToolChoiceParam =
  | { type: 'auto' | 'any'; disable_parallel_tool_use?: true }
  | { type: 'tool'; name: string; disable_parallel_tool_use?: true }
  | { type: 'none' }

export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max'

export type ThinkingParam =
  | { type: 'adaptive'; display: 'summarized' }
  | { type: 'enabled'; budget_tokens: number }
  | { type: 'disabled' }
  | { type: 'between_tools' }

export interface MessagesBody {
  model: string
  max_tokens: number
  messages: MessageParam[]
  stream: true
  system?: TextBlock[]
  temperature?: number
  top_p?: number
  top_k?: number
  stop_sequences?: string[]
  thinking?: ThinkingParam
  output_config?: { effort?: Effort; format?: { type: 'json_schema'; schema: JsonSchema } }
  tools?: ToolParam[]
  tool_choice?: ToolChoiceParam
  metadata?: { user_id: string }
  service_tier?: 'auto' | 'standard_only'
}
