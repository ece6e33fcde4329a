import type { ChatRequest } from '../../types/chat.ts'
import { isFunctionTool } from '../content.ts'
import { rowsOf } from '../model-table.ts'
import { nearestEffort } from './efforts.ts'
import { without } from './fields.ts'
import { OPENAI_MODELS, type OpenAIModelRow } from './model-rules.ts'

/** A fine-tuned model has its base's name in its own. */
const TUNED = /^ft:/

/** Names that only OpenAI gives. */
const OWN = /^(ft:)?(gpt-(?!oss)|o\d+(-|$)|chatgpt-|codex-|computer-use-|davinci|babbage)/

/** Whether OpenAI made the model; other makers' models are served in its form by many hosts. */
export function isOwnModel(model: string): boolean {
  return OWN.test(model)
}

/** The name without what fine-tuning has put in front of it. */
export function untuned(model: string): string {
  return model.replace(TUNED, '')
}

/** Whether the model reasons before it answers; undefined where no row knows it. */
export function reasons(model: string): boolean | undefined {
  const rows = rowsOf(OPENAI_MODELS, untuned(model))
  if (lastOf(rows, 'samples') !== undefined) return true
  return lastOf(rows, 'efforts') === undefined ? undefined : false
}

/** The effort that was asked for, as `model` knows it; undefined if none was, or if it knows none. */
export function fittedEffort({ reasoning_effort: asked }: ChatRequest, model: string): string | undefined {
  const efforts = lastOf(rowsOf(OPENAI_MODELS, untuned(model)), 'efforts')
  if (asked == null) return undefined
  return efforts === undefined ? asked : nearestEffort(efforts, asked)
}

function lastOf<Key extends keyof OpenAIModelRow>(
  rows: readonly OpenAIModelRow[],
  key: Key,
): OpenAIModelRow[Key] | undefined {
  return rows.findLast((row) => row[key] !== undefined)?.[key]
}

/** The request with what `model` refuses left out, its limit and its effort as `model` knows them, by one of OpenAI's APIs. */
export function fitModel(request: ChatRequest, model: string, api: 'chat' | 'responses' = 'chat'): ChatRequest {
  const rows = rowsOf(OPENAI_MODELS, untuned(model))
  const { max_completion_tokens: newer, max_tokens: older, tools } = request
  const renamed = lastOf(rows, 'completionLimit') === true || newer != null
  const limit = newer ?? older
  const isUnreasoned = api === 'chat' && lastOf(rows, 'toolsUnreasoned') && tools?.some(isFunctionTool)
  const effort = isUnreasoned ? 'none' : fittedEffort(request, model)

  const refused = rows.flatMap(({ refuses = [] }) => refuses).filter((name) => name !== 'n' || request.n === 1)
  const samples = lastOf(rows, 'samples')
  if (samples === 'never' || (samples === 'unreasoned' && effort !== 'none')) refused.push('temperature', 'top_p')
  if (renamed) refused.push('max_tokens')
  // OpenAI's 400s: "[] is too short - 'tools'", "'tool_choice' is only allowed when 'tools' are specified".
  if (!tools?.length) refused.push('tools', 'tool_choice', 'parallel_tool_calls')
  if (effort === undefined) refused.push('reasoning_effort')

  return {
    ...(without(request, refused) as ChatRequest),
    ...(renamed && limit != null && { max_completion_tokens: limit }),
    ...(effort !== undefined && effort !== request.reasoning_effort && { reasoning_effort: effort }),
  }
}
