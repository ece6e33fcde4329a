import type { Usage } from '../../../types/chunk.ts'
import { count, isObject, object } from '../../json.ts'

/** The counts of a response under OpenAI's older names; undefined if there are none. */
export function responsesUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const prompt = count(value.input_tokens)
  const completion = count(value.output_tokens)
  if (prompt === undefined && completion === undefined) return undefined
  const promptDetails = counts(value.input_tokens_details)
  const completionDetails = counts(value.output_tokens_details)
  return {
    prompt_tokens: prompt ?? 0,
    completion_tokens: completion ?? 0,
    total_tokens: (prompt ?? 0) + (completion ?? 0),
    ...(promptDetails && { prompt_tokens_details: promptDetails }),
    ...(completionDetails && { completion_tokens_details: completionDetails }),
  }
}

function counts(details: unknown): Record<string, number> | undefined {
  const entries = Object.entries(object(details)).flatMap(([name, value]) => {
    const number = count(value)
    return number === undefined ? [] : [[name, number] as const]
  })
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}
