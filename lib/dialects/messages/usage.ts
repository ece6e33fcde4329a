import type { Usage } from '../../types/chunk.ts'

/** The counts of a `message_delta`. Source: @anthropic-ai/sdk `MessageDeltaUsage`. */
export interface DeltaUsage {
  input_tokens: number
  cache_creation_input_tokens: number
  cache_read_input_tokens: number
  output_tokens: number
  output_tokens_details: { thinking_tokens: number } | null
  server_tool_use: { web_search_requests: number; web_fetch_requests: number } | null
}

/** Source: @anthropic-ai/sdk `Usage`. */
export interface MessageUsage extends DeltaUsage {
  cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number } | null
  inference_geo: string | null
  service_tier: 'standard' | 'priority' | 'batch' | null
}

/** Tokens in Anthropic's terms, where those of the cache are beside the input. */
export function deltaUsage(usage: Usage): DeltaUsage {
  const { prompt_tokens_details: input = {}, completion_tokens_details: output = {} } = usage
  const cached = input.cached_tokens ?? 0
  const written = input.cache_write_tokens ?? 0
  const thinking = output.reasoning_tokens
  const searches = input.web_search_requests
  return {
    input_tokens: Math.max(0, usage.prompt_tokens - cached - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached,
    output_tokens: usage.completion_tokens,
    output_tokens_details: thinking === undefined ? null : { thinking_tokens: thinking },
    server_tool_use: searches === undefined ? null : { web_search_requests: searches, web_fetch_requests: 0 },
  }
}

/** `tier`: the answer's, in OpenAI's words. */
export function messageUsage(usage: Usage, tier: string | undefined): MessageUsage {
  const { cache_write_5m_tokens: short, cache_write_1h_tokens: long } = usage.prompt_tokens_details ?? {}
  const isKnown = short !== undefined || long !== undefined
  return {
    ...deltaUsage(usage),
    cache_creation: isKnown ? { ephemeral_5m_input_tokens: short ?? 0, ephemeral_1h_input_tokens: long ?? 0 } : null,
    inference_geo: null,
    service_tier: tier === 'default' ? 'standard' : tier === 'priority' ? tier : null,
  }
}

/** Before anything was counted: what the request may come to. */
export function estimatedUsage(input: number): Usage {
  return { prompt_tokens: input, completion_tokens: 0, total_tokens: input }
}
