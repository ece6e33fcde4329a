import type { Json } from '../../json.ts'
import type { ReasoningStep } from './reasoning-trace.ts'

/** What is sent to the Responses API. Source: openai 7.57, `resources/responses`. */

export type InputPart =
  | { type: 'input_text'; text: string; prompt_cache_breakpoint?: CacheBreakpoint }
  | {
      type: 'input_image'
      image_url: string
      detail: ImageDetail
      prompt_cache_breakpoint?: CacheBreakpoint
    }
  | {
      type: 'input_file'
      file_data?: string
      file_url?: string
      file_id?: string
      filename?: string
      prompt_cache_breakpoint?: CacheBreakpoint
    }

export type ImageDetail = 'low' | 'high' | 'auto' | 'original'

export interface CacheBreakpoint {
  mode: 'explicit'
  ttl?: '30m' | '12h'
}

export type OutputPart = { type: 'output_text'; text: string; annotations: [] } | { type: 'refusal'; refusal: string }

export type InputItem =
  | { type: 'message'; role: 'system' | 'developer' | 'user'; content: InputPart[] }
  /** Without an id: OpenAI takes its own alone. */
  | { type: 'message'; role: 'assistant'; content: OutputPart[]; phase?: 'commentary' | 'final_answer' }
  | ReasoningStep
  | { type: 'function_call'; call_id: string; name: string; arguments: string }
  | { type: 'custom_tool_call'; call_id: string; name: string; input: string }
  | { type: 'function_call_output' | 'custom_tool_call_output'; call_id: string; output: string | InputPart[] }

export type ResponsesTool =
  | { type: 'function'; name: string; description?: string; parameters: Json; strict: boolean }
  | { type: 'custom'; name: string; description?: string; format?: unknown }
  | Json

export interface ResponsesBody {
  model: string
  input: InputItem[]
  stream: boolean
  store: false
  [field: string]: unknown
}
