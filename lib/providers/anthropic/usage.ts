import type { Usage } from '../../types/chunk.ts'
import { count, type Json, list, object } from '../json.ts'

/** Those that are counted here. A server that names others without end would fill the memory with them. */
const TOTALS = [
  ...['input_tokens', 'output_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens', 'cache_creation'],
  ...['output_tokens_details', 'server_tool_use', 'iterations', 'service_tier'],
]

/** The running totals after an event's usage: totals are cumulative, and null says nothing. */
export function mergeUsage(known: Json, usage: unknown): Json {
  const news = object(usage)
  const totals = { ...known }
  for (const name of TOTALS) if (news[name] != null) totals[name] = news[name]
  return totals
}

/**
 * Totals in OpenAI's terms; undefined before there are any. The top level leaves out what compaction cost, so the
 * iterations of the model itself count, unless another model took over: then the top level is the bill.
 */
export function usageOf(totals: Json): Usage | undefined {
  if (totals.input_tokens === undefined && totals.output_tokens === undefined) return undefined
  const entries = list(totals.iterations).map(object)
  const own = entries.filter(({ type }) => type === 'message' || type === 'compaction')
  const tookOver = entries.some(({ type }) => type === 'fallback_message')
  const parts = own.length > 0 && !tookOver ? own : [totals]
  const sum = (field: string) => parts.reduce((total, part) => total + (count(part[field]) ?? 0), 0)

  const cached = sum('cache_read_input_tokens')
  const written = sum('cache_creation_input_tokens')
  const prompt = sum('input_tokens') + cached + written
  const completion = sum('output_tokens')
  const { thinking_tokens: thinking } = object(totals.output_tokens_details)
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written, ...extraCounts(totals) },
    ...(typeof thinking === 'number' && { completion_tokens_details: { reasoning_tokens: thinking } }),
  }
}

/** Cache writes by the time that they are kept, which have prices of their own, and web searches; those that there were. */
function extraCounts({ cache_creation, server_tool_use }: Json): Record<string, number> {
  const { ephemeral_5m_input_tokens, ephemeral_1h_input_tokens } = object(cache_creation)
  const short = count(ephemeral_5m_input_tokens)
  const long = count(ephemeral_1h_input_tokens)
  const searches = count(object(server_tool_use).web_search_requests)
  return {
    ...(short && { cache_write_5m_tokens: short }),
    ...(long && { cache_write_1h_tokens: long }),
    ...(searches && { web_search_requests: searches }),
  }
}
