import type { Usage } from '../../types/chunk.ts'
import type { ResponsesBody, ToolSpec } from './request-schema.ts'

/** What a response is called, for all of its stream. `created_at` is in seconds. */
export interface ResponseHead {
  readonly id: string
  readonly created_at: number
  readonly model: string
}

export type ResponseStatus = 'in_progress' | 'completed' | 'incomplete' | 'failed'

/** What changes of a response in the course of its stream. */
export interface ResponseState {
  readonly status: ResponseStatus
  readonly output: readonly OutputItem[]
  readonly completed_at: number | null
  readonly service_tier: string
  readonly usage: ResponseUsage | null
  readonly error: { code: string; message: string } | null
  readonly incomplete_details: { reason: string } | null
}

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

export interface OutputItem {
  readonly id: string
  readonly type: string
  readonly [field: string]: unknown
}

export interface ResponseUsage {
  readonly input_tokens: number
  readonly input_tokens_details: Readonly<Record<string, number>>
  readonly output_tokens: number
  readonly output_tokens_details: Readonly<Record<string, number>>
  readonly total_tokens: number
}

/** The response object: all that its schema demands. */
export type ResponseObject = ResponseHead &
  ResponseState & { readonly object: 'response' } & Readonly<Record<string, unknown>>

/**
 * What the response says of its request, the same in all of its events. Where the client left something open there stands what
 * OpenAI has by default: clients check for numbers and strings. `stored`: whether it can be referred to later.
 * Source: the zod schemas of the compliance test of Open Responses, 2026-04-24.
 */
export function requestEcho(body: ResponsesBody, stored: boolean): Readonly<Record<string, unknown>> {
  return {
    background: false,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body.max_tool_calls ?? null,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    reasoning: { effort: body.reasoning?.effort ?? null, summary: body.reasoning?.summary ?? null },
    safety_identifier: body.safety_identifier ?? null,
    store: stored,
    temperature: body.temperature ?? 1,
    text: { ...body.text, format: body.text?.format ?? { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: (body.tools ?? []).map(toolEcho),
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? 1,
    truncation: 'disabled',
    presence_penalty: 0,
    frequency_penalty: 0,
    user: body.user ?? null,
    metadata: body.metadata ?? {},
  }
}

/** A function's tool has all of its members, where the client left some out. */
function toolEcho(tool: ToolSpec): unknown {
  return tool.type === 'function' ? { description: null, parameters: null, strict: null, ...tool } : tool
}

/** Usage in the words of this API: all five numbers, zeros where they are not known. */
export function responseUsage(usage: Usage | undefined): ResponseUsage {
  const { prompt_tokens: input = 0, completion_tokens: output = 0 } = usage ?? {}
  const { cached_tokens: cached = 0, cache_write_tokens: written } = usage?.prompt_tokens_details ?? {}
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached, ...(written !== undefined && { cache_write_tokens: written }) },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage?.completion_tokens_details?.reasoning_tokens ?? 0 },
    total_tokens: usage?.total_tokens ?? input + output,
  }
}
